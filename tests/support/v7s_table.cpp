// SPDX-License-Identifier: GPL-2.0-or-later
#include "v7s_table.hpp"

#include <stdexcept>

namespace soc::test {

namespace {

// ARM_V7S_*
constexpr uint32_t type_table = 1, type_page = 2, type_large = 1, type_mask = 3, table_mask = 0xffff'fc00;
constexpr uint32_t cont_section = 1u << 18, attr_b = 1u << 2, attr_c = 1u << 3;
constexpr unsigned xn_large = 15, tex_small = 6, tex_large = 12;

unsigned attr_shift(bool first) { return first ? 10 : 4; }

// The eight bits that both levels have in the same order: AP[1:0], TEX, AP[2], S, nG.
uint32_t attributes(const V7sProt &prot)
{
    const uint32_t ap = prot.legacy ? (prot.legacy_ap & 3) | (prot.legacy_ap & 4) << 3
                                    : uint32_t(prot.access_flag) | uint32_t(prot.unprivileged) << 1 |
                                          uint32_t(!prot.write) << 5;
    return ap | 1u << 2 | uint32_t(prot.shareable) << 6 | uint32_t(prot.not_global) << 7;
}

}  // namespace

uint32_t V7sTable::load(uint64_t address)
{
    const auto word = memory_.load<uint32_t>(address);
    if (!word)
        throw std::runtime_error("no table there");
    return big_endian_ ? __builtin_bswap32(*word) : *word;
}

void V7sTable::store(uint64_t address, uint32_t word)
{
    memory_.store<uint32_t>(address, big_endian_ ? __builtin_bswap32(word) : word);
}

void V7sTable::clear(uint64_t address, uint64_t size)
{
    for (uint64_t at = address; at < address + size; at += 4)
        store(at, 0);
}

uint64_t V7sTable::entry_address(uint64_t iova)
{
    const uint64_t first = first_address(iova);
    const uint32_t word = load(first);
    return (word & type_mask) == type_table ? (word & table_mask) + (iova >> 12 & 0xff) * 4 : first;
}

uint64_t V7sTable::place(uint64_t iova, uint64_t size)
{
    if (!first_level(size) && (load(first_address(iova)) & type_mask) != type_table) {
        const uint64_t table = frames_.take(1_KiB);
        clear(table, 1_KiB);
        store(first_address(iova), uint32_t(table) | type_table);
    }
    return first_level(size) ? first_address(iova) : entry_address(iova);
}

void V7sTable::map(uint64_t iova, uint64_t pa, uint64_t size, const V7sProt &prot)
{
    const bool first = first_level(size);
    uint32_t word = attributes(prot) << attr_shift(first) | attr_b | attr_c | type_page;
    if (!prot.execute)
        word |= first ? 1u << 4 : 1u;
    if (size == supersection)
        word |= cont_section;
    if (size == large) {  // arm_v7s_pte_to_cont(): TEX and XN are elsewhere
        const uint32_t xn = word & 1, tex = word & 7u << tex_small;
        word = (word & ~(xn | tex | type_page)) | xn << xn_large | tex << (tex_large - tex_small) | type_large;
    }
    const uint64_t at = place(iova, size), count = size == large || size == supersection ? 16 : 1;
    for (uint64_t i = 0; i < count; ++i)
        store(at + 4 * i, word | uint32_t(pa));
}

void V7sTable::unmap(uint64_t iova, uint64_t size)
{
    const uint64_t at = place(iova, size), count = size == large || size == supersection ? 16 : 1;
    for (uint64_t i = 0; i < count; ++i)
        store(at + 4 * i, 0);
}

}  // namespace soc::test
