// SPDX-License-Identifier: GPL-2.0-or-later
#include "error_report.hpp"

namespace soc::tegra {

ErrorReport::ErrorReport(const McSoc &soc, RegisterBank &bank)
    : soc_(soc), pending_(report_.add(bank, {.name = "INTSTATUS", .offset = 0x00, .write_one_to_clear = soc.interrupts},
                                      soc.interrupts)),
      mask_(bank.add({.name = "INTMASK", .offset = 0x04, .writable = soc.interrupts}))
{
    for (const ErrorRegisters &pair : soc.errors) {
        statuses_.push_back(report_.add(bank, {.name = pair.status, .offset = pair.offset}));
        report_.add(bank, {.name = pair.address, .offset = pair.offset + 4});
    }
}

void ErrorReport::raise(uint32_t interrupts, uint32_t status, uint32_t address)
{
    report_.update([&](std::span<uint32_t> word) {
        for (size_t i = 0; i < statuses_.size(); ++i) {
            const uint32_t own = soc_.errors[i].interrupts;
            if (!(own & interrupts) || own & word[pending_])
                continue;
            word[statuses_[i]] = status;
            word[statuses_[i] + 1] = address;
        }
        word[pending_] |= interrupts;
    });
}

bool ErrorReport::line() const
{
    return report_.get(pending_) & mask_.get();
}

}  // namespace soc::tegra
