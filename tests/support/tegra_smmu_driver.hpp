// Drives a memory controller with its SMMU in the order Linux' drivers/iommu/tegra-smmu.c and drivers/memory/tegra/mc.c
// do, from those files' own numbers: written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>
#include <optional>

#include "fake_host.hpp"
#include "frames.hpp"

namespace soc::test {

struct TegraSoc {
    struct Client {
        uint32_t id, swgroup, reg, bit;  // reg 0: no enable bit
    };
    struct SwGroup {
        uint32_t swgroup, reg;
    };
    std::string name;
    unsigned address_bits, atom_size, num_asids, tlb_lines;
    uint32_t intmask;
    std::vector<Client> clients;
    std::vector<SwGroup> swgroups;

    uint32_t swgroup_of(uint32_t client) const;     // ~0: no such client
    uint32_t asid_register(uint32_t swgroup) const;  // 0: none
};
const TegraSoc &tegra_soc(const std::string &name);

class TegraSmmuDriver {
public:
    static constexpr uint64_t page = 4_KiB, group = 16_KiB, section = 4_MiB;
    enum : uint32_t {
        intstatus = 0x00, intmask = 0x04, err_status = 0x08, err_adr = 0x0c,
        config = 0x10, tlb_config = 0x14, ptc_config = 0x18, ptb_asid = 0x1c, ptb_data = 0x20,
        tlb_flush = 0x30, ptc_flush = 0x34, ptc_flush_hi = 0x9b8,
        emem_arb_cfg = 0x90, timing_control_dbg = 0xf8, timing_control = 0xfc,
        hotreset_ctrl = 0x200, hotreset_status = 0x204,
    };
    // MC_INT_*
    enum : uint32_t { int_decerr = 1u << 6, int_security = 1u << 8, int_page = 1u << 10 };
    // SMMU_PTE_*, which are SMMU_PDE_*'s and SMMU_PD_*'s too.
    static constexpr uint32_t readable = 1u << 31, writable = 1u << 30, nonsecure = 1u << 29, next = 1u << 28;
    static constexpr uint32_t all_attributes = readable | writable | nonsecure;

    // Tables are made of `frames`.
    TegraSmmuDriver(FakeHost &, Iommu &, const std::string &variant, Frames frames);

    const TegraSoc &soc() const { return soc_; }

    struct Domain {  // tegra_smmu_as
        uint64_t pd = 0;
        uint32_t asid = 0;
        unsigned use_count = 0;
        std::map<uint32_t, uint64_t> pts{};  // by the directory's index
    };

    void probe();  // tegra_mc_probe, tegra30_mc_probe, tegra_smmu_probe
    Domain domain_alloc();
    bool as_prepare(Domain &);  // false: -ENOSPC
    void as_unprepare(Domain &);
    bool attach(Domain &, uint32_t swgroup);
    void detach(Domain &, uint32_t swgroup);
    void enable(uint32_t swgroup, uint32_t asid);
    void disable(uint32_t swgroup, uint32_t asid);

    void map(Domain &, uint64_t iova, uint64_t pa, uint64_t size = page, Perm = Perm::rw);
    void unmap(Domain &, uint64_t iova, uint64_t size = page);

    // The tables alone, without a flush.
    void write_pte(Domain &, uint64_t iova, uint32_t value);
    void write_pde(Domain &, uint64_t iova, uint32_t value);
    uint64_t pte_address(Domain &, uint64_t iova);  // makes the table if there is none
    static uint64_t pde_address(const Domain &domain, uint64_t iova) { return domain.pd + (iova >> 22 & 0x3ff) * 4; }
    static uint32_t pte_of(uint64_t pa, Perm);

    void flush_ptc_all() { write(ptc_flush, 0); }
    void flush_ptc(uint64_t address);
    void flush_tlb() { write(tlb_flush, 0); }
    void flush_tlb_asid(uint32_t asid) { write(tlb_flush, asid_match(asid)); }
    void flush_tlb_section(uint32_t asid, uint64_t iova);
    void flush_tlb_group(uint32_t asid, uint64_t iova);

    // What tegra30_mc_handle_irq would print.
    struct Report {
        uint32_t interrupts, type, client;
        bool write, readable, writable, nonsecure;
        uint64_t address;
    };
    std::optional<Report> report();
    void acknowledge();  // the end of that handler

    uint32_t read(uint32_t offset) { return uint32_t(iommu_.mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { iommu_.mmio_write(0, offset, value, 4); }

private:
    uint32_t asid_match(uint32_t asid) const;

    FakeHost &host_;
    Iommu &iommu_;
    const TegraSoc &soc_;
    Frames frames_;
    std::vector<bool> asids_;
};

}  // namespace soc::test
