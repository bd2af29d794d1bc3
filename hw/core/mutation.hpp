// Faults that the tests build into every model on purpose, to prove that a step of the guest program can fail: each
// turns exactly the step of its name red. A plugin built with Meson's option `mutations` has them, and its argument
// mutation=NAME sets one; in a normal build each is a constant `false`.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string_view>

#include "mutation-config.h"
#include "soc-iommu/transaction.hpp"

namespace soc::mutation {

// dma:       what a device writes lands elsewhere in the page.
// isolation: an address that nothing maps passes untranslated.
// readonly:  whatever is mapped may be written.
// stale:     a translation, once cached, outlives every invalidation.
#if SOC_MUTATIONS
extern bool dma, isolation, readonly, stale;
#else
inline constexpr bool dma = false, isolation = false, readonly = false, stale = false;
#endif

// Sets one, before any model exists. False where there is none of that name, and in a normal build.
bool set(std::string_view name);

// `dma` takes the last block of the same page, so that nothing but the device's own page is spoiled.
inline void misdirect(Translation &out, const Transaction &txn)
{
    if (!dma || txn.access != Access::write)
        return;
    out.address |= out.mask & ~uint64_t(63);
    out.mask = 63;
}

}  // namespace soc::mutation
