// The page tables of the SMMU of Tegra30 to Tegra210: a directory and tables of 1024 little-endian words each. What a
// level permits is permitted only if those above do, so one walk carries the permissions down, from PTB_DATA on, which
// has the same bits. Linux drivers/iommu/tegra-smmu.c, SMMU_PD_*, SMMU_PDE_* and SMMU_PTE_*.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/field.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::tegra_smmu_table {

using Readable = Field<31>;
using Writable = Field<30>;
using NonSecure = Field<29>;
using Next = Field<28>;  // of a directory's entry: it points to a table, else it is a leaf
constexpr uint32_t attributes = uint32_t(Readable::mask | Writable::mask | NonSecure::mask);

constexpr unsigned input_bits = 32, page_shift = 12, section_shift = 22, levels = 2;
constexpr uint64_t page_mask = (1ull << page_shift) - 1, section_mask = (1ull << section_shift) - 1;
constexpr uint64_t entries = 1024;

// Where the entry for `input` is, in the table at `table`. Level 0 is the directory.
constexpr uint64_t entry_address(unsigned level, uint64_t table, uint64_t input)
{
    const unsigned shift = level == 0 ? section_shift : page_shift;
    return table + (input >> shift & (entries - 1)) * sizeof(uint32_t);
}

// The address that an entry, or PTB_DATA, holds.
constexpr uint64_t address(uint32_t word, unsigned address_bits)
{
    return uint64_t(word & ((1u << (address_bits - page_shift)) - 1)) << page_shift;
}

constexpr Perm perm(uint32_t word)
{
    return (Readable::get(word) ? Perm::r : Perm::none) | (Writable::get(word) ? Perm::w : Perm::none);
}

}  // namespace soc::tegra_smmu_table
