// Faults that the tests build into a model on purpose, to prove that a step of the guest program can fail: each
// turns exactly the step of its name red. Meson's option `mutation` sets one; a normal build has none.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "mutation-config.h"
#include "soc-iommu/transaction.hpp"

namespace soc::mutation {

// What a device writes lands elsewhere in the page.
inline constexpr bool dma = SOC_MUTATION_DMA;
// It is the last block of the same page, so that nothing but the device's own page is spoiled.
inline void misdirect(Translation &out, const Transaction &txn)
{
    if (!dma || txn.access != Access::write)
        return;
    out.address |= out.mask & ~uint64_t(63);
    out.mask = 63;
}

// An address that nothing maps passes untranslated.
inline constexpr bool isolation = SOC_MUTATION_ISOLATION;

// Whatever is mapped may be written.
inline constexpr bool readonly = SOC_MUTATION_READONLY;

// A translation, once cached, outlives every invalidation.
inline constexpr bool stale = SOC_MUTATION_STALE;

}  // namespace soc::mutation
