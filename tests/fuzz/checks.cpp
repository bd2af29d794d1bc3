// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <cstdlib>

#include "fuzz/input.hpp"

namespace soc::test {

void broken(const char *what)
{
    std::fprintf(stderr, "invariant broken: %s\n", what);
    std::abort();
}

std::vector<uint8_t> saved(const Device &device)
{
    StateWriter out;
    device.save(out);
    return out.data();
}

void check_state(Device &device)
{
    const std::vector<uint8_t> state = saved(device);
    device.reset();
    StateReader in(state);
    device.load(in);
    if (!in.complete())
        broken("own state refused");
    if (saved(device) != state)
        broken("state differs after a load");
}

void check_answer(const Transaction &txn, const TranslateResult &answer, const TranslateResult &seen)
{
    // A debugger does not wait, so it sees the fault that others are held for.
    const bool refused = !std::holds_alternative<Translation>(answer);
    if (refused == std::holds_alternative<Translation>(seen))
        broken("a debugger sees another answer");
    if (std::holds_alternative<Held>(answer) && !txn.may_hold)
        broken("held, though it cannot wait");
    if (refused)
        return;
    const auto &translation = std::get<Translation>(answer);
    if (translation.address != std::get<Translation>(seen).address)
        broken("a debugger sees another address");
    if (translation.mask & (translation.mask + 1))
        broken("a mask that is no block");
    if ((translation.address ^ txn.address) & translation.mask & 7)
        broken("the offset in the block changed");
    // ATS answers what there is, which may be nothing.
    if (!txn.ats_request && !allows(translation.perm, txn.access))
        broken("passed without permission");
}

}  // namespace soc::test
