// SPDX-License-Identifier: GPL-2.0-or-later
#include "variant.hpp"

namespace soc::dart {

namespace {

constexpr uint32_t bit(unsigned number)
{
    return 1u << number;
}

// The register map that apple-dart.c calls T8020, shared by t8103 and t6000.
constexpr TcrRegister t8020_tcr{
    .offset = 0x100, .translate = bit(7), .bypass = bit(8), .writable = bit(7) | bit(8) | bit(12)};

constexpr TtbrRegister t8020_ttbr(uint32_t offset)
{
    return {.offset = offset, .per_stream = 4, .valid = bit(31), .address_mask = 0x7fffffff, .address_low = 0,
            .page_shift = 12};
}

constexpr ErrorRegisters t8020_error{
    .offset = 0x40,
    .address_lo = 0x50,
    .address_hi = 0x54,
    .flag = bit(31),
    .stream_mask = 0xf,
    .stream_low = 24,
    .no_ttbr = bit(0),
    .no_pmd = bit(1),
    .no_pte = bit(2),
    .write_fault = bit(3),
    .read_fault = bit(4),
    .bus_error = 0,
    .mask = 0,
    .streams = 0,
};

// One word, whatever the number of streams: the next word is TCR[0].
constexpr EnableRegisters t8020_enable{.name = "STREAMS_ENABLE", .offset = 0xfc, .words = 1, .disable = 0};

constexpr LockRegisters t8020_lock{
    .name = "CONFIG", .offset = 0x60, .lock = bit(15), .writable = bit(15), .unprotect = 0, .protect_lock = 0};

constexpr StreamCommandRegisters t8020_command{.select = 0x34, .command = 0x20, .invalidate = bit(20)};

constexpr Variant t8020(const char *name, const char *compatible, const DartEntries &entries, unsigned pa_width)
{
    return {
        .name = name,
        .compatible = compatible,
        .entries = &entries,
        .max_streams = 16,
        .default_streams = 16,
        .has_bypass = true,
        .tcr = t8020_tcr,
        .ttbr = t8020_ttbr(0x200),
        .error = t8020_error,
        .enable = t8020_enable,
        .lock = t8020_lock,
        .stream_command = t8020_command,
        .tlb_command = {},
        .widths = {},
        .stream_count = {},
        .remap = 0x80,
        .pa_width = pa_width,
    };
}

// The same map with room for the TCR of 64 streams.
constexpr Variant usb4()
{
    Variant variant = t8020("usb4", "apple,t8103-usb4-dart", dart1_entries, 36);
    variant.max_streams = variant.default_streams = 64;
    variant.has_bypass = false;  // the driver's TCR for bypass is 0: that block has none
    variant.ttbr = t8020_ttbr(0x400);
    return variant;
}

constexpr Variant all[] = {
    t8020("t8103", "apple,t8103-dart", dart1_entries, 36),
    t8020("t6000", "apple,t6000-dart", dart2_entries, 42),
    {
        .name = "t8110",
        .compatible = "apple,t8110-dart",
        .entries = &dart2_entries,
        .max_streams = 256,
        .default_streams = 16,
        .has_bypass = true,
        // REMAP and REMAP_EN are [11:8] and 7; FOUR_LEVELS, 3, does not exist in version 1 (m1n1).
        .tcr = {.offset = 0x1000, .translate = bit(0), .bypass = bit(1),
                .writable = 0xf00 | bit(7) | bit(2) | bit(1) | bit(0)},
        .ttbr = {.offset = 0x1400, .per_stream = 1, .valid = bit(0), .address_mask = 0x3ffffffc, .address_low = 2,
                 .page_shift = 14},
        .error = {.offset = 0x100,
                  .address_lo = 0x170,
                  .address_hi = 0x174,
                  .flag = bit(31),
                  .stream_mask = 0xff,
                  .stream_low = 20,
                  .no_ttbr = bit(0),
                  .no_pmd = bit(2),  // bit 1, NO_PGD, is for a table of four levels
                  .no_pte = bit(3),
                  .write_fault = bit(4),
                  .read_fault = bit(5),
                  .bus_error = bit(6),  // AXI_DECODE (m1n1)
                  .mask = 0x104,
                  .streams = 0x1c0},
        .enable = {.name = "ENABLE_STREAMS", .offset = 0xc00, .words = 8, .disable = 0xc20},
        .lock = {.name = "PROTECT", .offset = 0x200, .lock = bit(0), .writable = 0x1f, .unprotect = 0x204,
                 .protect_lock = 0x208},
        .stream_command = {},
        .tlb_command = TlbCommandRegisters{.offset = 0x80},
        .widths = ParameterRegister{"PARAMS3", 0x08},
        .stream_count = ParameterRegister{"PARAMS4", 0x0c},
        .remap = 0,
        .pa_width = 42,
    },
    usb4(),
};

}  // namespace

std::span<const Variant> variants()
{
    return all;
}

}  // namespace soc::dart
