// SPDX-License-Identifier: GPL-2.0-or-later
#include "dart_driver.hpp"

#include <stdexcept>

namespace soc::test {

namespace {

constexpr DartHardware t8020(const char *variant, DartTable::Kind kind, unsigned streams, uint32_t bypass,
                             uint32_t ttbr)
{
    return {
        .variant = variant, .kind = kind, .streams = streams,
        .lock = 0x60, .lock_bit = 1u << 15,
        .error = 0x40, .error_addr_lo = 0x50, .error_addr_hi = 0x54,
        .enable_streams = 0xfc,
        .tcr = 0x100, .tcr_enabled = 0x80, .tcr_bypass = bypass,
        .ttbr = ttbr, .ttbr_valid = 1u << 31, .ttbr_field_shift = 0, .ttbr_shift = 12, .ttbr_count = 4,
        .t8110 = false,
        .no_ttbr = 0x01, .no_pmd = 0x02, .no_pte = 0x04, .write_fault = 0x08, .read_fault = 0x10,
        .stream_low = 24, .stream_mask = 0xf,
    };
}

constexpr DartHardware all[] = {
    t8020("t8103", DartTable::Kind::dart1, 16, 0x1100, 0x200),
    t8020("t6000", DartTable::Kind::dart2, 16, 0x1100, 0x200),
    t8020("usb4", DartTable::Kind::dart1, 64, 0, 0x400),
    {
        .variant = "t8110", .kind = DartTable::Kind::dart2, .streams = 256,
        .lock = 0x200, .lock_bit = 1,
        .error = 0x100, .error_addr_lo = 0x170, .error_addr_hi = 0x174,
        .enable_streams = 0xc00,
        .tcr = 0x1000, .tcr_enabled = 0x1, .tcr_bypass = 0x6,
        .ttbr = 0x1400, .ttbr_valid = 1, .ttbr_field_shift = 2, .ttbr_shift = 14, .ttbr_count = 1,
        .t8110 = true,
        .no_ttbr = 0x01, .no_pmd = 0x04, .no_pte = 0x08, .write_fault = 0x10, .read_fault = 0x20,
        .stream_low = 20, .stream_mask = 0xff,
    },
};

}  // namespace

const DartHardware &dart_hardware(const std::string &variant)
{
    for (const DartHardware &hw : all)
        if (variant == hw.variant)
            return hw;
    throw std::runtime_error("no such DART: " + variant);
}

DartDriver::DartDriver(Iommu &dart, const OptionList &options)
    : dart_(dart), hw_([&]() -> const DartHardware & {
          for (const auto &[name, value] : options)
              if (name == "variant")
                  return dart_hardware(value);
          return dart_hardware("t8103");
      }())
{
    streams_ = hw_.streams;
}

bool DartDriver::probe()
{
    page_size_ = 1ull << (read(0x00) >> 24 & 0xf);
    supports_bypass_ = read(0x04) & 1;
    if (hw_.t8110)
        streams_ = read(0x0c) & 0x1ff;
    if (read(hw_.lock) & hw_.lock_bit)
        return false;
    for (unsigned stream = 0; stream < streams_; ++stream) {
        disable_dma(stream);
        for (unsigned i = 0; i < hw_.ttbr_count; ++i)
            write(ttbr(stream, i), 0);
    }
    for (unsigned word = 0; word < (streams_ + 31) / 32; ++word)
        write(hw_.enable_streams + 4 * word, ~0u);
    write(hw_.error, read(hw_.error));
    if (hw_.t8110)
        write(0x104, 0);
    std::vector<uint64_t> sidmap(4);
    for (unsigned stream = 0; stream < streams_; ++stream)
        sidmap[stream / 64] |= 1ull << stream % 64;
    invalidate_bitmap(sidmap);
    return true;
}

void DartDriver::set_ttbr(unsigned stream, unsigned index, uint64_t pa)
{
    write(ttbr(stream, index), hw_.ttbr_valid | uint32_t(pa >> hw_.ttbr_shift) << hw_.ttbr_field_shift);
}

void DartDriver::attach(unsigned stream, const DartTable &table)
{
    for (unsigned i = 0; i < hw_.ttbr_count; ++i)
        if (i < table.roots())
            set_ttbr(stream, i, table.root(i));
        else
            write(ttbr(stream, i), 0);
    write(tcr(stream), hw_.tcr_enabled);
    invalidate(stream);
}

void DartDriver::disable_dma(unsigned stream)
{
    write(tcr(stream), 0);
}

void DartDriver::bypass(unsigned stream)
{
    write(tcr(stream), hw_.tcr_bypass);
}

void DartDriver::invalidate(unsigned stream)
{
    std::vector<uint64_t> sidmap(4);
    sidmap[stream / 64] = 1ull << stream % 64;
    invalidate_bitmap(sidmap);
}

void DartDriver::invalidate_bitmap(const std::vector<uint64_t> &sidmap)
{
    if (hw_.t8110) {
        for (unsigned stream = 0; stream < streams_; ++stream)
            if (sidmap[stream / 64] >> stream % 64 & 1)
                write(0x80, 1u << 8 | stream);
        return;
    }
    // apple_dart_t8020_hw_stream_command: word i of the register gets the low half of *unsigned long* i.
    for (unsigned i = 0; i < (streams_ + 31) / 32; ++i)
        write(0x34 + 4 * i, uint32_t(sidmap[i]));
    write(0x20, 1u << 20);
    if (read(0x20) & 1u << 2)
        throw std::runtime_error("busy bit did not clear");
}

DartDriver::Report DartDriver::report()
{
    const uint32_t error = read(hw_.error);
    return {.flag = bool(error >> 31),
            .stream = error >> hw_.stream_low & hw_.stream_mask,
            .code = error & (hw_.t8110 ? 0x7fff : 0xfff),
            .address = read(hw_.error_addr_lo) | uint64_t(read(hw_.error_addr_hi)) << 32};
}

void DartDriver::acknowledge()
{
    write(hw_.error, read(hw_.error));
    if (hw_.t8110)
        for (unsigned word = 0; word < (streams_ + 31) / 32; ++word)
            write(0x1c0 + 4 * word, ~0u);
}

}  // namespace soc::test
