// Drives an M4U and its SMI in the order Linux' drivers/iommu/mtk_iommu_v1.c and drivers/memory/mtk-smi.c do (6.1),
// from those files' own numbers: written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fake_host.hpp"

namespace soc::test {

class M4uDriver {
public:
    static constexpr uint64_t page = 4_KiB, table_size = 4_MiB;
    static constexpr unsigned ports = 44;
    // REG_MMU_*
    static constexpr uint32_t pt_base_addr = 0x000, ctrl = 0x210, ivrp_paddr = 0x214, int_control = 0x220,
                              fault_st = 0x224, fault_va = 0x228, invld_pa = 0x22c, int_id = 0x388,
                              invalidate = 0x5c0, invld_start = 0x5c4, invld_end = 0x5c8, inv_sel = 0x5d8,
                              standard_axi_mode = 0x5e8, dcm = 0x5f0, cpe_done = 0x60c;
    static constexpr uint32_t coherent_en = 1u << 8, tf_protect = 2u << 5, int_clr = 1u << 12;
    static constexpr uint32_t desc_valid = 1u << 1, desc_nonsec = 1u << 3;
    enum Region : unsigned { m4u = 0, smi_common = 1, larb0 = 2 };

    // `table`: where 4 MiB of RAM are. `protect`: where the protect buffer is.
    M4uDriver(FakeHost &, Iommu &, uint64_t table, uint64_t protect);

    void probe();                  // mtk_iommu_v1_hw_init
    void attach(unsigned port);    // the table's address, and mtk_smi_larb_config_port_gen1
    void detach(unsigned port);    // what no driver does: the port is physical again
    void map(uint64_t iova, uint64_t pa, uint64_t size);  // the table alone
    void unmap(uint64_t iova, uint64_t size);
    void set_entry(uint64_t iova, uint32_t entry);
    // mtk_iommu_v1_tlb_flush_range; false where it would fall back to a flush of everything.
    bool flush_range(uint64_t iova, uint64_t size);
    void flush_all();

    // What the interrupt handler would find and print.
    struct Report {
        uint32_t type, iova, pa, larb, port;
    };
    Report report();
    void clear();        // of the interrupt
    void acknowledge();  // the end of the handler

    uint32_t read(uint32_t offset, unsigned region = m4u) { return uint32_t(iommu_.mmio_read(region, offset, 4)); }
    void write(uint32_t offset, uint32_t value, unsigned region = m4u) { iommu_.mmio_write(region, offset, value, 4); }
    static uint32_t secur_con(unsigned port) { return 0x5c0 + (port >> 3 << 2); }
    void set_port(unsigned port, uint32_t four_bits);

private:
    FakeHost &host_;
    Iommu &iommu_;
    const uint64_t table_, protect_;
};

}  // namespace soc::test
