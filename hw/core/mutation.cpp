// Which of them is set.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mutation.hpp"

namespace soc::mutation {

#if SOC_MUTATIONS

bool dma, isolation, readonly, stale;

bool set(std::string_view name)
{
    const struct {
        std::string_view name;
        bool &value;
    } all[] = {{"dma", dma}, {"isolation", isolation}, {"readonly", readonly}, {"stale", stale}};
    for (const auto &one : all) {
        if (one.name == name)
            return one.value = true;
    }
    return false;
}

#else

bool set(std::string_view)
{
    return false;
}

#endif

}  // namespace soc::mutation
