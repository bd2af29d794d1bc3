// Drives PAMUs in the order Linux' drivers/iommu/fsl_pamu.c does (6.1 and 6.12), from that file's own numbers: written
// down apart from the model on purpose. What it adds are subwindows, as fsl_pamu.c of 5.12 and before had them.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include "fake_host.hpp"

namespace soc::test {

class PamuDriver {
public:
    static constexpr uint64_t page = 4_KiB;
    static constexpr uint32_t entries = 0x500, secondary_entries = 0x800, operation_entries = 16;
    static constexpr uint64_t entry_size = 64, operation_entry_size = 128;
    // The primary table, the operations and the secondary table, in this order.
    static constexpr uint64_t tables_size = 256_KiB;
    // PAMU_*
    static constexpr uint32_t ppbah = 0x00, ppbal = 0x04, pplah = 0x08, pplal = 0x0c, spbah = 0x10, spbal = 0x14,
                              splah = 0x18, splal = 0x1c, obah = 0x20, obal = 0x24, olah = 0x28, olal = 0x2c;
    static constexpr uint32_t poes1 = 0x40, poes2 = 0x44, poeah = 0x48, poeal = 0x4c, avs1 = 0x50, avs2 = 0x54,
                              avah = 0x58, aval = 0x5c, eectl = 0x60, eedis = 0x64, eeinten = 0x68, eedet = 0x6c,
                              udad = 0x90, pr1 = 0xbf8, pr2 = 0xbfc, pc1 = 0xc00, pc2 = 0xc04, pc3 = 0xc08,
                              pc4 = 0xc0c, pc = 0xc10, pics = 0xc1c;
    static constexpr uint32_t gate_closed = 0x8000'0000, enable = 0x4000'0000, cache_operations = 0x1000,
                              cache_secondary = 0x10, cache_primary = 0x01;
    static constexpr uint32_t violation_stat = 0x8, violation_enable = 0x4, av_mask = 0x7fff;
    static constexpr uint32_t pamubypenr = 0x604;
    static constexpr uint32_t query = 1, update = 2, all = 3;  // PAACE_AP_PERMS_*
    enum Region : unsigned { pamu = 0, guts = 1 };

    // `tables`: where tables_size bytes of RAM are.
    PamuDriver(FakeHost &, Iommu &, uint64_t tables, unsigned pamus = 5);

    // A secondary table of another size elsewhere; before probe().
    void place_secondary(uint64_t base, uint32_t count) { secondary_ = base, secondary_count_ = count; }
    void probe();                         // fsl_pamu_probe, without setup_liodns
    void setup_liodn(uint32_t liodn);     // setup_liodns: everything passes as it is
    void attach(uint32_t liodn);          // pamu_set_liodn and pamu_enable_liodn
    void disable(uint32_t liodn);         // pamu_disable_liodn
    void set_operations(uint32_t liodn, uint32_t index);  // setup_qbman_paace

    // An entry by its fields; what is not named is 0.
    struct Entry {
        uint64_t window = 0;
        unsigned wse = 35;  // 2^(wse + 1) bytes
        uint32_t ap = all;
        bool secondary = false, valid = true;
        uint32_t liodn = 0;  // secondary
        unsigned subwindows = 0;  // 2^(wce + 1); 0: no subwindows
        uint32_t atm = 1, otm = 0;
        uint64_t translated = 0;
        unsigned swse = 0;
        uint32_t first_secondary = 0;
        uint32_t operations = 0;  // the last word
    };
    void write_primary(uint32_t liodn, const Entry &);
    void write_secondary(uint32_t index, const Entry &);
    // set_bf of a word in memory
    void set_primary_word(uint32_t liodn, unsigned word, uint32_t value) { store(primary(liodn) + 4 * word, value); }
    uint32_t primary_word(uint32_t liodn, unsigned word) { return load(primary(liodn) + 4 * word); }

    // What pamu_av_isr would print.
    struct Report {
        bool stat;
        uint32_t avs1;
        uint64_t address, entry;
        uint32_t liodn() const { return avs1 >> 16; }
        uint32_t why() const { return avs1 & av_mask & ~1u; }
    };
    Report report(unsigned of = 0);
    void acknowledge(unsigned of = 0);  // the end of the handler, but for what it does to the LIODN

    uint32_t read(uint32_t offset, unsigned of = 0) { return in_be32(pamu, of * 0x1000 + offset); }
    void write(uint32_t offset, uint32_t value, unsigned of = 0) { out_be32(pamu, of * 0x1000 + offset, value); }
    uint32_t in_be32(unsigned region, uint64_t offset);
    void out_be32(unsigned region, uint64_t offset, uint32_t value);

    uint64_t primary(uint32_t liodn) const { return tables_ + liodn * entry_size; }
    uint64_t secondary(uint32_t index) const { return secondary_ + index * entry_size; }
    uint64_t operations() const { return tables_ + 96_KiB; }
    void set_operation(uint32_t index, unsigned operation, uint8_t value);

private:
    static uint32_t swapped(uint32_t value) { return __builtin_bswap32(value); }
    uint32_t load(uint64_t at) { return swapped(host_.memory().load<uint32_t>(at).value()); }
    void store(uint64_t at, uint32_t value) { host_.memory().store<uint32_t>(at, swapped(value)); }
    void write_entry(uint64_t at, const Entry &);

    FakeHost &host_;
    Iommu &iommu_;
    const uint64_t tables_;
    const unsigned pamus_;
    uint64_t secondary_;
    uint32_t secondary_count_ = secondary_entries;
};

}  // namespace soc::test
