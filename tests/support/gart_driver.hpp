// Drives Tegra20's memory controller and GART in the order Linux 6.1's drivers/memory/tegra/ and
// drivers/iommu/tegra-gart.c do, from those files' own numbers: written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "fake_host.hpp"

namespace soc::test {

class GartDriver {
public:
    // Offsets.
    enum : uint32_t {
        intstatus = 0x00,
        intmask = 0x04,
        config = 0x24,
        entry_addr = 0x28,
        entry_data = 0x2c,
        error_req = 0x30,
        decerr_status = 0x58,
        security_status = 0x74,
        client_ctrl = 0x100,
        client_hotresetn = 0x104,
    };
    enum : uint32_t { int_decerr = 1u << 6, int_gart = 1u << 7, int_security = 1u << 8 };
    static constexpr uint64_t page = 4_KiB;
    static constexpr uint32_t valid = 1u << 31;
    static constexpr uint32_t clients = 52;

    // `options` as given to the model.
    GartDriver(Iommu &, const OptionList &options);

    uint64_t begin() const { return begin_; }  // iovmm_base
    uint64_t end() const { return end_; }      // iovmm_end

    void probe();  // tegra_mc_probe and tegra_gart_probe
    void suspend(std::vector<uint32_t> &saved);  // tegra_gart_suspend
    void resume(const std::vector<uint32_t> &saved);
    void map(uint64_t iova, uint64_t pa) { set_pte(iova, valid | uint32_t(pa)); }
    void unmap(uint64_t iova) { set_pte(iova, 0); }
    void set_pte(uint64_t iova, uint32_t pte);
    uint32_t read_pte(uint64_t iova);

    // What tegra20_mc_handle_irq would find and print, of the lowest bit; nothing: not our interrupt.
    struct Report {
        uint32_t interrupt, client;
        bool write;
        uint32_t address;
    };
    std::optional<Report> report();
    void acknowledge();  // the end of the handler

    // tegra_mc_hotreset_assert and _deassert. `unit`: TEGRA20_MC_RESET_*. false: DMA did not become idle.
    bool assert_reset(unsigned unit);
    void deassert_reset(unsigned unit);
    bool reset_status(unsigned unit) { return !(read(client_hotresetn) >> unit & 1); }
    // block_dma and unblock_dma for the unit of a client.
    void block(uint32_t client) { write(client_ctrl, read(client_ctrl) & ~(1u << unit_of(client))); }
    void unblock(uint32_t client) { write(client_ctrl, read(client_ctrl) | 1u << unit_of(client)); }
    static unsigned unit_of(uint32_t client);

    uint32_t read(uint32_t offset) { return uint32_t(gart_.mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { gart_.mmio_write(0, offset, value, 4); }

private:
    void setup(const std::vector<uint32_t> *data);

    Iommu &gart_;
    uint64_t begin_ = 0x5800'0000, end_;
};

}  // namespace soc::test
