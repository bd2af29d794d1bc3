// What tells one DART from another, as data. Offsets and bits: Linux 6.12 drivers/iommu/apple-dart.c, structure
// apple_dart_hw and the DART_* constants; what that driver does not name comes from m1n1,
// proxyclient/m1n1/hw/dart.py and dart8110.py.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "pagetable/dart.hpp"

namespace soc::dart {

struct TcrRegister {
    uint32_t offset;
    uint32_t translate, bypass;
    uint32_t writable;
};

struct TtbrRegister {
    uint32_t offset;
    unsigned per_stream;  // a power of two
    uint32_t valid;
    uint32_t address_mask;
    unsigned address_low;  // of the field
    unsigned page_shift;   // the field counts in pages of this size
};

struct ErrorRegisters {
    uint32_t offset, address_lo, address_hi;
    uint32_t flag;
    uint32_t stream_mask;
    unsigned stream_low;
    // Codes, one bit each.
    uint32_t no_ttbr, no_pmd, no_pte, write_fault, read_fault;
    uint32_t bus_error;  // the table could not be read; 0: reported as a missing entry
    uint32_t mask;       // offset of ERROR_MASK; 0: there is none
    uint32_t streams;    // offset of ERROR_STREAMS; 0: there is none
};

// STREAM_SELECT and STREAM_COMMAND, or TLB_CMD.
struct StreamCommandRegisters {
    uint32_t select, command;
    uint32_t invalidate;
};
struct TlbCommandRegisters {
    uint32_t offset;
};

// STREAMS_ENABLE, or the pair ENABLE_STREAMS and DISABLE_STREAMS.
struct EnableRegisters {
    const char *name;
    uint32_t offset;
    unsigned words;    // a bit a stream; streams beyond are always enabled
    uint32_t disable;  // offset; 0: the first register is read and written as it is
};

// CONFIG, or PROTECT with UNPROTECT and PROTECT_LOCK.
struct LockRegisters {
    const char *name;
    uint32_t offset;
    uint32_t lock;       // TCR and TTBR no longer take writes
    uint32_t writable;   // bits that can be set
    uint32_t unprotect;  // offset; 0: what is set stays so until reset
    uint32_t protect_lock;
};

struct ParameterRegister {
    const char *name;
    uint32_t offset;
};

struct Variant {
    const char *name;        // of the option
    const char *compatible;  // of the device tree
    const DartEntries *entries;
    unsigned max_streams;
    unsigned default_streams;
    bool has_bypass;
    TcrRegister tcr;
    TtbrRegister ttbr;
    ErrorRegisters error;
    EnableRegisters enable;
    LockRegisters lock;
    std::optional<StreamCommandRegisters> stream_command;
    std::optional<TlbCommandRegisters> tlb_command;
    std::optional<ParameterRegister> widths;        // PARAMS3
    std::optional<ParameterRegister> stream_count;  // PARAMS4
    uint32_t remap;                                 // offset of REMAP; 0: there is none
    unsigned pa_width;
};

std::span<const Variant> variants();

// Registers that all have in the same place.
namespace reg {
constexpr uint32_t params1 = 0x00;
using PageShift = Field<27, 24>;
constexpr uint32_t params2 = 0x04;
using BypassSupport = Field<0>;
// PARAMS3
using PaWidth = Field<29, 24>;
using VaWidth = Field<21, 16>;
using VersionMajor = Field<15, 8>;
// PARAMS4
using NumSids = Field<8, 0>;
// TLB_CMD
using TlbOp = Field<10, 8>;
using TlbStream = Field<7, 0>;
enum : uint32_t { flush_all = 0, flush_sid = 1 };
}  // namespace reg

}  // namespace soc::dart
