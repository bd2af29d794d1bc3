// Drives TI's MMU in the order Linux' drivers/iommu/omap-iommu.c does (6.1), from that file's own numbers and those of
// omap-iommu.h and omap-iopgtable.h: written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <vector>

#include "fake_host.hpp"

namespace soc::test {

class OmapDriver {
public:
    static constexpr uint64_t page = 4_KiB, level_1_size = 16_KiB, level_2_size = 1_KiB;
    // MMU_*
    static constexpr uint32_t revision = 0x00, sysconfig = 0x10, sysstatus = 0x14, irqstatus = 0x18, irqenable = 0x1c,
                              walking_st = 0x40, cntl = 0x44, fault_ad = 0x48, ttb = 0x4c, lock = 0x50, ld_tlb = 0x54,
                              cam = 0x58, ram = 0x5c, gflush = 0x60, flush_entry = 0x64, read_cam = 0x68,
                              read_ram = 0x6c, emu_fault_ad = 0x70, fault_pc = 0x80, fault_status = 0x84,
                              gp_reg = 0x88;
    static constexpr uint32_t mmu_en = 1u << 1, twl_en = 1u << 2;
    static constexpr uint32_t tlb_miss = 1, translation_fault = 2, table_walk_fault = 8, multi_hit_fault = 16;
    static constexpr uint32_t cam_p = 1u << 3, cam_v = 1u << 2;
    enum PageSize : uint32_t { section = 0, large = 1, small = 2, supersection = 3 };  // MMU_CAM_PGSZ_*
    static uint64_t bytes(PageSize);

    struct Cr {
        uint32_t cam = 0, ram = 0;
        bool operator==(const Cr &) const = default;
    };
    struct Lock {
        unsigned base, victim;
        bool operator==(const Lock &) const = default;
    };

    // `tables`: where RAM for the tables is, the first one aligned to 16 KiB.
    OmapDriver(FakeHost &, Iommu &, uint64_t tables, unsigned tlb_entries = 32, bool bus_error_back = true);

    void attach();                 // omap_iommu_attach, by way of omap2_iommu_enable
    void detach();                 // omap2_iommu_disable
    void enable(bool table_walk);  // __iommu_set_twl

    // The tables alone: omap_iopgtable_store_entry and iopgtable_clear_entry without their flush. A range takes the
    // largest entries that fit.
    void map(uint64_t iova, uint64_t pa, uint64_t size);
    void map_as(PageSize, uint64_t iova, uint64_t pa, uint32_t attributes = 0);
    void unmap(uint64_t iova, uint64_t size);
    void set_level_1(uint64_t iova, uint32_t entry);
    void set_level_2(uint64_t iova, uint32_t entry);
    // As the processor-in-the-subsystem's own numbers say it of an entry: where its attributes lie in a table.
    static uint32_t ram_attributes(bool big_endian, unsigned element_size, bool mixed);

    bool flush_page(uint64_t iova);  // flush_iotlb_page; says whether it found one
    void flush_all();                // flush_iotlb_all
    Lock get_lock();
    void set_lock(Lock);
    Cr read_entry(unsigned);         // __iotlb_read_cr
    std::vector<Cr> valid_entries(); // __dump_tlb_entries
    void load(Cr);                   // iotlb_load_cr
    // load_iotlb_entry with PREFETCH_IOTLB; false where it says EBUSY.
    bool prefetch(PageSize, uint32_t iova, uint32_t pa, bool preserved);

    struct Report {
        uint32_t causes, address;
    };
    Report report() { return {read(irqstatus) & 0x1f, read(fault_ad)}; }
    void acknowledge() { write(irqstatus, report().causes); }

    uint32_t read(uint32_t offset) { return uint32_t(iommu_.mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { iommu_.mmio_write(0, offset, value, 4); }

    uint64_t level_1() const { return tables_; }

private:
    uint64_t level_2(uint64_t iova);

    FakeHost &host_;
    Iommu &iommu_;
    const uint64_t tables_;
    const unsigned tlb_entries_;
    const bool bus_error_back_;
    uint64_t next_table_;
};

}  // namespace soc::test
