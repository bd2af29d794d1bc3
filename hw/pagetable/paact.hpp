// The tables of Freescale's PAMU: entries of 64 bytes, big-endian words, one for a logical device (PPAACE, found by its
// LIODN) and one for each further subwindow of it (SPAACE). Linux drivers/iommu/fsl_pamu.h (struct paace, PPAACE_AF_*,
// SPAACE_AF_*, PAACE_IA_*, PAACE_WIN_*, struct ome); what subwindows are: fsl_pamu.c of Linux 5.12 and before.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "soc-iommu/field.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::paact {

constexpr uint64_t entry_size = 64;
constexpr unsigned words = 8;  // the rest of an entry is reserved

enum class Type : uint32_t { primary = 0, secondary = 1 };
enum class AddressTranslation : uint32_t { none = 0, window = 1 };  // ATM; 2 and 3, pages, are in no PAMU that is known
enum class OperationTranslation : uint32_t { none = 0, immediate = 1, indexed = 2 };  // OTM; 3 is reserved

// Addresses are 64 bits in two words; the low one begins at bit 12.
namespace word0 { using WindowBaseHigh = Field<31, 0>; }
namespace word1 {
using WindowBaseLow = Field<31, 12>;   // WBAL; primary
using WindowSize = Field<11, 6>;       // WSE; primary: the window has 2^(WSE + 1) bytes
using MultipleWindows = Field<5>;      // MW; primary
using Liodn = Field<31, 16>;           // secondary: whose it is
using AccessPermissions = Field<4, 3>; // AP: bit 0 query, bit 1 update
using EntryType = Field<1>;            // PT
using Valid = Field<0>;                // V
}
namespace word3 {
using WindowCount = Field<7, 4>;  // WCE: 2^(WCE + 1) subwindows
using Atm = Field<3, 2>;
using Otm = Field<1, 0>;
}
namespace word4 { using TranslatedBaseHigh = Field<31, 0>; }
namespace word5 {
using TranslatedBaseLow = Field<31, 12>;  // TWBAL
using SubwindowSize = Field<11, 6>;       // SWSE: of a subwindow, 2^(SWSE + 1) bytes may be reached
}
namespace word6 { using FirstSecondary = Field<31, 0>; }  // fspi; primary
namespace word7 {
// Immediate: two pairs of an operation as it comes in and as it goes out.
using IncomingA = Field<31, 24>;
using OutgoingA = Field<23, 16>;
using IncomingB = Field<15, 8>;
using OutgoingB = Field<7, 0>;
using Index = Field<15, 0>;  // indexed: of an entry of the operation mapping table
}

struct Entry {
    std::array<uint32_t, words> word{};

    static Entry from_bytes(const std::array<uint8_t, words * 4> &bytes)
    {
        Entry entry;
        for (unsigned i = 0; i < words * 4; ++i)
            entry.word[i / 4] = entry.word[i / 4] << 8 | bytes[i];
        return entry;
    }

    bool valid() const { return word1::Valid::get(word[1]); }
    Type type() const { return Type(word1::EntryType::get(word[1])); }
    Perm perm() const
    {
        const uint64_t ap = word1::AccessPermissions::get(word[1]);
        return (ap & 1 ? Perm::r : Perm::none) | (ap & 2 ? Perm::w : Perm::none);
    }
    uint32_t liodn() const { return uint32_t(word1::Liodn::get(word[1])); }
    uint64_t window_base() const { return uint64_t(word[0]) << 32 | (word[1] & word1::WindowBaseLow::mask); }
    unsigned window_bits() const { return unsigned(word1::WindowSize::get(word[1])) + 1; }
    bool has_subwindows() const { return word1::MultipleWindows::get(word[1]); }
    unsigned subwindow_count_bits() const { return unsigned(word3::WindowCount::get(word[3])) + 1; }
    unsigned subwindow_bits() const { return unsigned(word5::SubwindowSize::get(word[5])) + 1; }
    uint64_t translated_base() const { return uint64_t(word[4]) << 32 | (word[5] & word5::TranslatedBaseLow::mask); }
    uint32_t first_secondary() const { return word[6]; }
    uint32_t atm() const { return uint32_t(word3::Atm::get(word[3])); }
    uint32_t otm() const { return uint32_t(word3::Otm::get(word[3])); }
    uint32_t operation_index() const { return uint32_t(word7::Index::get(word[7])); }
};

// 2^bits - 1, for up to 64 bits.
constexpr uint64_t block_mask(unsigned bits)
{
    return bits >= 64 ? ~0ull : (1ull << bits) - 1;
}

// The operation mapping table: entries of 128 bytes, one for each operation that a device may start.
constexpr uint64_t operation_entry_size = 128;
constexpr uint8_t operation_valid = 0x80;  // EOE_VALID
constexpr uint8_t read_operation = 0x00, write_operation = 0x81;  // IOE_READ, IOE_WRITE
constexpr unsigned operation_index(uint8_t operation) { return operation & 0x7f; }  // IOE_*_IDX

}  // namespace soc::paact
