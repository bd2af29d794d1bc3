// Interrupts and global errors: IRQ_CTRL, GERROR, GERRORN and *_IRQ_CFGn. Arm IHI 0070, 3.18, 6.3.16 to 6.3.23
// and 7.5.
//
// Every source has a wire of its own, which it pulses, and sends an MSI besides where one is configured (3.18.2).
//
// Sources fire on any thread; lines and MSIs need the big lock. What fired is kept until deliver(), which the model
// calls at the end of its register writes and of its deferred work.
//
// Threads: raise(), report() and active() on any thread, the rest with the big lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "features.hpp"
#include "soc-iommu/host.hpp"
#include "wide_register.hpp"

namespace soc::smmuv3 {

class Interrupts {
public:
    // Also the numbers of the wires.
    enum class Source : uint8_t { eventq = 0, priq = 1, cmdq_sync = 2, gerror = 3 };
    static constexpr unsigned lines = 4;

    // Bits of GERROR. SFM_ERR is never ours.
    enum class Error : uint32_t {
        cmdq = 1u << 0,
        eventq_abort = 1u << 2,
        priq_abort = 1u << 3,
        msi_cmdq_abort = 1u << 4,
        msi_eventq_abort = 1u << 5,
        msi_priq_abort = 1u << 6,
        msi_gerror_abort = 1u << 7,
    };

    // `device_id`: of the SMMU's own MSIs.
    Interrupts(Host &, const Features &, uint32_t device_id);

    // Puts the registers into the bank; once, before anything else.
    void declare(RegisterBank &);

    // Asks for an interrupt. Nothing happens where IRQ_CTRL does not enable the source at this time (6.3.16).
    void raise(Source);
    // Activates an error that is not active already, and raises its interrupt (7.5).
    void report(Error);
    bool active(Error) const;

    // What waits goes out. An MSI that nobody takes becomes a global error.
    void deliver();
    // CMD_SYNC's own message. The address is cut to the output size (3.4.3). false: aborted, and reported.
    bool write_msi(uint64_t address, uint32_t data);
    // PRIQ_IRQ_CFG2.LO: an interrupt for the last request of a group, instead of one for the queue's first entry.
    bool only_last_page_request() const;

    // Called when software wrote GERRORN: an active error may have ended.
    void on_acknowledge(std::function<void()> hear) { acknowledged_.push_back(std::move(hear)); }

    void reset();
    // The registers are the bank's to save.
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    struct Message {
        WideRegister address;     // *_IRQ_CFG0
        Register *data = nullptr;  // *_IRQ_CFG1
        Error abort{};
    };
    void declare_gerror(RegisterBank &);
    void declare_message(RegisterBank &, Source, uint32_t offset, const char *const names[4], Error abort);
    bool enabled(Source) const;
    bool is_active(Error) const;  // with the lock
    void want(Source);            // with the lock
    void send(Source);
    uint32_t errors() const;  // bits of GERROR that there are
    uint32_t sources() const;

    Host &host_;
    const Features &features_;
    const uint32_t device_id_;
    Register *irq_ctrl_ = nullptr, *gerrorn_ = nullptr, *priq_cfg2_ = nullptr;
    Message messages_[lines];
    std::vector<std::function<void()>> acknowledged_;
    bool delivering_ = false;

    mutable std::mutex lock_;
    uint32_t gerror_ = 0;
    uint32_t wanted_ = 0;  // by Source
};

}  // namespace soc::smmuv3
