// Faults that the tests build into a model on purpose, to prove that a step of the guest program can fail: each
// turns exactly the step of its name red. Meson's option `mutation` sets one; a normal build has none.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

namespace soc::mutation {

// What a device writes lands elsewhere in the page.
#ifdef SOC_MUTATION_DMA
inline constexpr bool dma = true;
#else
inline constexpr bool dma = false;
#endif

// An address that nothing maps passes untranslated.
#ifdef SOC_MUTATION_ISOLATION
inline constexpr bool isolation = true;
#else
inline constexpr bool isolation = false;
#endif

// Whatever is mapped may be written.
#ifdef SOC_MUTATION_READONLY
inline constexpr bool readonly = true;
#else
inline constexpr bool readonly = false;
#endif

// A translation, once cached, outlives every invalidation.
#ifdef SOC_MUTATION_STALE
inline constexpr bool stale = true;
#else
inline constexpr bool stale = false;
#endif

}  // namespace soc::mutation
