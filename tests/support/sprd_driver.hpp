// Drives Unisoc's IOMMU in the order Linux' drivers/iommu/sprd-iommu.c does (6.12), from that file's own numbers:
// written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fake_host.hpp"

namespace soc::test {

class SprdDriver {
public:
    static constexpr uint64_t page = 4_KiB, aperture = 256_MiB, table_size = aperture / page * 4;
    static constexpr uint32_t vaor_bypass = 1u << 4, gate_en = 1u << 1, en = 1u << 0;

    // SPRD_EX_*, SPRD_VAU_*
    struct Registers {
        uint32_t config, update, first_vpn, vpn_range, first_ppn, default_read, default_write;
    };
    static constexpr Registers ex{0x00, 0x04, 0x08, 0x0c, 0x10, 0x14, 0x14};
    static constexpr Registers vau{0x04, 0x08, 0x1c, 0x20, 0x10, 0x14, 0x18};
    static constexpr uint32_t vau_auth_cfg = 0x0c;

    // `table`: where 256 KiB of RAM are. `protect`: where the page for what faults is.
    SprdDriver(FakeHost &, Iommu &, uint64_t table, uint64_t protect);

    // Which of the two it is: sprd_iommu_get_version(). Nothing: neither.
    const Registers *probe();
    void attach();  // sprd_iommu_attach_device
    void enable(bool on);  // sprd_iommu_hw_en
    void map(uint64_t iova, uint64_t pa, uint64_t size);  // the table alone
    void unmap(uint64_t iova, uint64_t size);             // the table alone
    void set_entry(uint64_t iova, uint32_t entry);
    void sync();  // sprd_iommu_sync_map, sprd_iommu_sync

    const Registers &registers() const { return *registers_; }
    void use(const Registers &registers) { registers_ = &registers; }
    uint32_t read(uint32_t offset) { return uint32_t(iommu_.mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { iommu_.mmio_write(0, offset, value, 4); }

private:
    FakeHost &host_;
    Iommu &iommu_;
    const uint64_t table_, protect_;
    const Registers *registers_ = &ex;  // as kzalloc() leaves it
};

}  // namespace soc::test
