// Page tables of VMSAv8-64: up to four levels of 8-byte little-endian descriptors, 4K, 16K and 64K granules, stage 1
// and stage 2. Arm ARM (DDI 0487) D8.2 and D8.3. Without LPA2 (DS) and without small tables (TTST).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "soc-iommu/field.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc {

// Fields of descriptors, highest first: D8.3.1.
namespace lpae_entry {
// Table descriptors of stage 1; what they take away holds for all that lies below.
using APTableReadOnly = Field<62>;  // APTable[1]
using APTableNoUser = Field<61>;    // APTable[0]
using UXNTable = Field<60>;         // XNTable in a regime of one privilege level
using PXNTable = Field<59>;
// Blocks and pages
using UXN = Field<54>;  // XN in a regime of one privilege level; stage 2's XN[1]
using PXN = Field<53>;  // stage 2's XN[0]
using Contiguous = Field<52>;
using DBM = Field<51>;
using nG = Field<11>;
using AF = Field<10>;
using ReadOnly = Field<7>;  // AP[2]
using User = Field<6>;      // AP[1]
using S2Write = Field<7>;   // S2AP[1]
using S2Read = Field<6>;    // S2AP[0]
using MemAttr = Field<5, 2>;  // stage 2
// All
using Address = Field<47, 12>;
using AddressHigh = Field<15, 12>;  // bits 51:48 of the address, 64K granule with 52-bit addresses
using Table = Field<1>;             // at level 3: a page
using Valid = Field<0>;
}  // namespace lpae_entry

// Geometry by log2 of the granule: 12, 14 or 16.
namespace lpae {

constexpr unsigned last_level = 3;
constexpr unsigned largest_address_bits = 48;        // of tables with a granule below 64K
constexpr unsigned largest_address_bits_64k = 52;
constexpr unsigned largest_txsz = 39;                // without TTST
constexpr unsigned concatenation_bits = 4;           // stage 2 may start with up to 16 tables side by side

constexpr bool is_granule(unsigned shift) { return shift == 12 || shift == 14 || shift == 16; }
// Input address bits that one level resolves.
constexpr unsigned stride(unsigned granule_shift) { return granule_shift - 3; }
// log2 of what one entry of a level covers.
constexpr unsigned entry_shift(unsigned granule_shift, unsigned level)
{
    return granule_shift + (last_level - level) * stride(granule_shift);
}

// Whether a block descriptor is valid at a level: tables D8-17, D8-27 and the 64K granule's. `oas`: the
// implementation's output size; 52 bits bring 4 TB blocks.
constexpr bool block_allowed(unsigned granule_shift, unsigned level, unsigned oas)
{
    if (level == 1)
        return granule_shift == 12 || (granule_shift == 16 && oas == largest_address_bits_64k);
    return level == 2;
}

// CD.TxSZ. `va52`: IDR5.VAX says 52 bits.
constexpr bool valid_txsz(unsigned granule_shift, unsigned txsz, bool va52)
{
    const unsigned most = granule_shift == 16 && va52 ? largest_address_bits_64k : largest_address_bits;
    return txsz <= largest_txsz && txsz >= 64 - most;
}

// STE.S2T0SZ alone. The intermediate address size is the output size, as there are no AArch32 tables.
constexpr bool valid_s2t0sz(unsigned granule_shift, unsigned t0sz, unsigned oas)
{
    const unsigned format = granule_shift == 16 ? largest_address_bits_64k : largest_address_bits;
    return t0sz <= largest_txsz && t0sz >= 64 - (oas < format ? oas : format);
}

// Stage 1: where a walk of so many input bits starts.
constexpr unsigned start_level(unsigned granule_shift, unsigned input_bits)
{
    unsigned level = last_level;
    while (level > 0 && input_bits > entry_shift(granule_shift, level) + stride(granule_shift))
        --level;
    return level;
}

// Stage 2: the level that S2SL0 stands for; nothing where it is reserved, asks for more than the implementation's
// output size or does not fit S2T0SZ. Tables D8-19 to D8-23 and those of the other granules; the limits by output
// size are those of the pseudocode's AArch64.S2InvalidSL().
constexpr std::optional<unsigned> stage2_start_level(unsigned granule_shift, unsigned sl0, unsigned t0sz, unsigned oas)
{
    if (sl0 > 2 || !valid_s2t0sz(granule_shift, t0sz, oas))
        return std::nullopt;
    if (sl0 == 2 && oas < (granule_shift == 14 ? 42u : 44u))
        return std::nullopt;
    const unsigned level = (granule_shift == 12 ? 2u : 3u) - sl0;
    const unsigned input_bits = 64 - t0sz, below = entry_shift(granule_shift, level);
    if (input_bits <= below || input_bits > below + stride(granule_shift) + concatenation_bits)
        return std::nullopt;
    return level;
}

// Size of the table a walk starts at, all of them where they are concatenated.
constexpr uint64_t start_table_size(unsigned granule_shift, unsigned input_bits, unsigned level)
{
    const unsigned below = entry_shift(granule_shift, level);
    return 8ull << (input_bits > below ? input_bits - below : 0);
}

// Where it begins: the base address is aligned to the table's size, and to 64 bytes where addresses have 52 bits
// (CD.TTB0, STE.S2TTB).
constexpr uint64_t start_table(uint64_t base, uint64_t size, unsigned output_bits)
{
    const uint64_t alignment = output_bits == largest_address_bits_64k && size < 64 ? 64 : size;
    return base & ~(alignment - 1);
}

}  // namespace lpae

// One tree of tables, as a format of the common walker: its level 0 is the level that the walk starts at.
class ArmLpae {
public:
    using Entry = uint64_t;
    struct Shape {
        unsigned granule_shift;
        unsigned input_bits;
        unsigned start_level;
        unsigned output_bits;  // addresses beyond are a fault
        unsigned oas;          // the implementation's
    };

    constexpr explicit ArmLpae(const Shape &shape) : shape_(shape) {}

    constexpr unsigned levels() const
    {
        return shape_.start_level <= lpae::last_level ? lpae::last_level + 1 - shape_.start_level : 0;
    }
    // The level of the architecture.
    constexpr unsigned level(unsigned step) const
    {
        const unsigned level = shape_.start_level + step;
        return level < lpae::last_level ? level : lpae::last_level;
    }
    constexpr unsigned block_shift(unsigned step) const { return lpae::entry_shift(shape_.granule_shift, level(step)); }

    constexpr uint64_t index(unsigned step, uint64_t input) const
    {
        const unsigned shift = block_shift(step);
        unsigned bits = lpae::stride(shape_.granule_shift);
        if (step == 0)
            bits = shape_.input_bits > shift ? shape_.input_bits - shift : 0;
        return input >> shift & ((1ull << bits) - 1);
    }

    // Says nothing of permissions: they differ by stage and privilege.
    DecodedEntry decode(unsigned step, Entry entry, uint64_t input) const
    {
        if (!lpae_entry::Valid::get(entry))
            return BadEntry{};
        const bool leaf_level = level(step) == lpae::last_level;
        if (lpae_entry::Table::get(entry) && !leaf_level) {
            const uint64_t next = address(entry, shape_.granule_shift);
            return next >> shape_.output_bits ? DecodedEntry(BadEntry{FaultKind::address_size}) : TableEntry{next};
        }
        // Without the Table bit: a block, or reserved where the level knows none.
        if (!lpae_entry::Table::get(entry) && !lpae::block_allowed(shape_.granule_shift, level(step), shape_.oas))
            return BadEntry{};
        const uint64_t mask = (1ull << block_shift(step)) - 1, base = address(entry, block_shift(step));
        if (base >> shape_.output_bits)
            return BadEntry{FaultKind::address_size};
        return LeafEntry{base | (input & mask), mask, Perm::none};
    }

private:
    // Bits 51:48 count where the implementation has them, whatever output size was configured.
    constexpr uint64_t address(Entry entry, unsigned low) const
    {
        uint64_t out = (entry & lpae_entry::Address::mask) >> low << low;
        if (shape_.granule_shift == 16 && shape_.oas == lpae::largest_address_bits_64k)
            out |= lpae_entry::AddressHigh::get(entry) << 48;
        return out;
    }

    Shape shape_;
};

static_assert(PageTableFormat<ArmLpae>);

}  // namespace soc
