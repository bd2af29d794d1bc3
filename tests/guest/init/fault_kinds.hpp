// SPDX-License-Identifier: GPL-2.0-or-later
// Bits by SOC_FAULT_*, and a SOC_TXN_*, of seam.h: the numbers are soc-dma's, but the header is the host's.
#pragma once

#include <cstdint>

namespace guest::fault_kind
{

inline constexpr uint32_t translation = 1u << 1;
inline constexpr uint32_t permission = 1u << 2;
inline constexpr uint32_t address_size = 1u << 3;
inline constexpr uint32_t disabled = 1u << 5;
inline constexpr uint32_t configuration = 1u << 7;
inline constexpr uint32_t terminated = 1u << 10;

inline constexpr uint32_t txn_write = 1u << 0;

// Whether a fault of that kind is one of those.
inline bool among(uint32_t kinds, uint32_t kind)
{
    return kind < 32 && (kinds >> kind & 1);
}

} // namespace guest::fault_kind
