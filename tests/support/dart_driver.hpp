// Drives a DART's registers in the order Linux 6.12's drivers/iommu/apple-dart.c does, from that file's own numbers:
// written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "dart_table.hpp"
#include "fake_host.hpp"

namespace soc::test {

// struct apple_dart_hw.
struct DartHardware {
    const char *variant;
    DartTable::Kind kind;
    unsigned streams;  // max_sid_count
    uint32_t lock, lock_bit;
    uint32_t error, error_addr_lo, error_addr_hi;
    uint32_t enable_streams;
    uint32_t tcr, tcr_enabled, tcr_bypass;
    uint32_t ttbr, ttbr_valid, ttbr_field_shift, ttbr_shift, ttbr_count;
    bool t8110;
    // Codes of ERROR, named as the driver prints them.
    uint32_t no_ttbr, no_pmd, no_pte, write_fault, read_fault;
    uint32_t stream_low, stream_mask;
};

const DartHardware &dart_hardware(const std::string &variant);

class DartDriver {
public:
    // `options` as given to the model; only `variant` is looked at.
    DartDriver(Iommu &, const OptionList &options);

    const DartHardware &hw() const { return hw_; }

    // Probe, up to and including apple_dart_hw_reset. false: the driver refuses the block.
    bool probe();
    uint64_t page_size() const { return page_size_; }
    bool supports_bypass() const { return supports_bypass_; }
    unsigned streams() const { return streams_; }

    void attach(unsigned stream, const DartTable &);  // apple_dart_setup_translation
    void disable_dma(unsigned stream);
    void bypass(unsigned stream);
    void invalidate(unsigned stream);

    uint32_t read(uint32_t offset) { return uint32_t(dart_.mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { dart_.mmio_write(0, offset, value, 4); }
    uint32_t tcr(unsigned stream) const { return hw_.tcr + 4 * stream; }
    uint32_t ttbr(unsigned stream, unsigned index) const { return hw_.ttbr + 4 * (hw_.ttbr_count * stream + index); }
    void set_ttbr(unsigned stream, unsigned index, uint64_t pa);

    // What the interrupt handler would find and print.
    struct Report {
        bool flag;
        uint32_t stream, code;
        uint64_t address;
    };
    Report report();
    void acknowledge();  // the end of the handler

private:
    void invalidate_bitmap(const std::vector<uint64_t> &sidmap);

    Iommu &dart_;
    const DartHardware &hw_;
    uint64_t page_size_ = 0;
    bool supports_bypass_ = false;
    unsigned streams_ = 0;
};

}  // namespace soc::test
