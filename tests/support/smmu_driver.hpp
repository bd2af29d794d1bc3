// Drives an SMMUv3's registers and queues in the order Linux 6.12's drivers/iommu/arm/arm-smmu-v3 does. Offsets and
// numbers are those of arm-smmu-v3.h, written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "fake_host.hpp"
#include "frames.hpp"
#include "smmuv3_structures.hpp"

namespace soc::test {

class SmmuDriver {
public:
    using Command = std::array<uint64_t, 2>;
    using Event = std::array<uint64_t, 4>;

    struct Queue {
        uint64_t base = 0;
        unsigned log2size = 0;
        uint32_t index = 0;  // ours, with the wrap bit
    };

    // Registers.
    static constexpr uint32_t idr0 = 0x0, idr1 = 0x4, idr3 = 0xc, idr5 = 0x14, cr0 = 0x20, cr0ack = 0x24, cr1 = 0x28,
                              cr2 = 0x2c, gbpa = 0x44, irq_ctrl = 0x50, irq_ctrlack = 0x54, gerror = 0x60,
                              gerrorn = 0x64, gerror_irq_cfg0 = 0x68, strtab_base = 0x80, strtab_base_cfg = 0x88,
                              cmdq_base = 0x90, cmdq_prod = 0x98, cmdq_cons = 0x9c, evtq_base = 0xa0,
                              evtq_irq_cfg0 = 0xb0, priq_base = 0xc0, priq_irq_cfg0 = 0xd0, evtq_prod = 0x100a8,
                              evtq_cons = 0x100ac, priq_prod = 0x100c8, priq_cons = 0x100cc;
    static constexpr uint32_t cr0_smmuen = 1, cr0_priqen = 2, cr0_evtqen = 4, cr0_cmdqen = 8, cr0_atschk = 16;

    // `log2size`: of each queue.
    SmmuDriver(FakeHost &, Iommu &, Frames &, unsigned log2size = 7);

    // arm_smmu_device_reset(): queues, interrupts, an empty stream table, SMMUEN. Every stream aborts then.
    void probe();

    // Writes the entry, invalidates it and waits.
    void set_stream(uint32_t sid, const smmuv3::SteWords &);
    StreamTableBuilder &streams() { return *streams_; }

    // One command, without waiting for it.
    void command(const Command &);
    // CMD_SYNC; false: CONS did not come to PROD.
    bool sync();
    void issue(const Command &command)
    {
        this->command(command);
        sync();
    }
    uint32_t command_error() { return read(cmdq_cons) >> 24 & 0x7f; }

    // The oldest event that was not taken yet; `take` frees its place.
    std::optional<Event> event();
    std::optional<Event> take_event();
    void take_all_events();

    uint32_t read(uint32_t offset) { return uint32_t(smmu_.mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { smmu_.mmio_write(0, offset, value, 4); }
    void write64(uint32_t offset, uint64_t value) { smmu_.mmio_write(0, offset, value, 8); }
    // Deferred work until none is asked for.
    void settle();

    unsigned sid_bits() { return read(idr1) & 0x3f; }
    const Queue &commands() const { return commands_; }
    const Queue &events() const { return events_; }
    const Queue &page_requests() const { return page_requests_; }

    // Commands by name.
    static Command cfgi_ste(uint32_t sid) { return {0x03 | uint64_t(sid) << 32, 1}; }
    static Command cfgi_all() { return {0x04, 31}; }
    static Command cfgi_cd(uint32_t sid, uint32_t ssid)
    {
        return {0x05 | uint64_t(ssid) << 12 | uint64_t(sid) << 32, 1};
    }
    static Command cfgi_cd_all(uint32_t sid) { return {0x06 | uint64_t(sid) << 32, 0}; }
    static Command tlbi_nh_asid(uint16_t asid, uint16_t vmid = 0)
    {
        return {0x11 | uint64_t(vmid) << 32 | uint64_t(asid) << 48, 0};
    }
    static Command tlbi_nh_va(uint16_t asid, uint64_t address, uint16_t vmid = 0)
    {
        return {0x12 | uint64_t(vmid) << 32 | uint64_t(asid) << 48, (address & ~0xfffull) | 1};
    }
    static Command tlbi_s12_vmall(uint16_t vmid) { return {0x28 | uint64_t(vmid) << 32, 0}; }
    static Command tlbi_s2_ipa(uint16_t vmid, uint64_t address)
    {
        return {0x2a | uint64_t(vmid) << 32, (address & ~0xfffull) | 1};
    }
    static Command tlbi_nsnh_all() { return {0x30, 0}; }
    static Command atc_inv(uint32_t sid, uint64_t address, unsigned log2pages)
    {
        return {0x40 | uint64_t(sid) << 32, (address & ~0xfffull) | log2pages};
    }
    static Command resume(uint32_t sid, uint16_t stag, bool retry)
    {
        return {0x44 | uint64_t(retry) << 12 | uint64_t(sid) << 32, stag};
    }
    static Command stall_term(uint32_t sid) { return {0x45 | uint64_t(sid) << 32, 0}; }

private:
    Queue make_queue(unsigned log2size, unsigned entry_bytes);

    FakeHost &host_;
    Iommu &smmu_;
    Frames &frames_;
    const unsigned log2size_;
    Queue commands_, events_, page_requests_;
    std::optional<StreamTableBuilder> streams_;
};

}  // namespace soc::test
