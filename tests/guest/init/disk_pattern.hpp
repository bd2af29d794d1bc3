// SPDX-License-Identifier: GPL-2.0-or-later
// What the host puts on the disk for the API `dma` on PCI, and the guest expects to read.
//
// A raw image of `disk_sectors` sectors of 512 bytes. Sector n is 64 little-endian 64-bit words:
//     word 0 is n
//     word i is (n * 64 + i) * 0x9e3779b97f4a7c15, modulo 2^64, for i from 1 to 63
// The guest writes only to the second half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <endian.h>

namespace guest
{

inline constexpr size_t disk_sector_size = 512;
inline constexpr uint64_t disk_sectors = 8192; // 4 MiB
inline constexpr size_t disk_words = disk_sector_size / 8;

constexpr uint64_t disk_word(uint64_t sector, size_t index)
{
    return index == 0 ? sector : (sector * disk_words + index) * 0x9e3779b97f4a7c15u;
}

inline void disk_fill(uint64_t sector, std::span<uint64_t> words)
{
    for (size_t i = 0; i < words.size(); i++) {
        words[i] = htole64(disk_word(sector + i / disk_words, i % disk_words));
    }
}

} // namespace guest
