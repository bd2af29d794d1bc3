// A queue that the SMMU writes and software reads: the Event queue and the PRI queue. Arm IHI 0070, 3.5, 7.2, 7.4
// and 8.1.
//
// PROD changes on any thread, so it is not in the bank but here, under a lock; so is what the queue's base was when
// the queue was enabled, which is as long as the guard keeps it from changing.
//
// Threads: put() and discard() on any thread, the rest with the big lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <span>

#include "interrupts.hpp"
#include "queue.hpp"
#include "register_file.hpp"
#include "soc-iommu/host.hpp"
#include "wide_register.hpp"

namespace soc::smmuv3 {

class OutputQueue {
public:
    struct Spec {
        const char *base_low, *base_high, *prod, *cons;
        const char *state;      // name of its section
        uint32_t base;          // offset of *_BASE; PROD and CONS lie in page 1, at 8 and 12 beyond it
        uint32_t enable;        // bit of CR0 that guards the registers
        uint32_t effective;     // bits of CR0 that must all be set for the queue to take entries
        unsigned entry_shift;   // log2 of an entry's size
        unsigned most;          // log2 of the most entries
        bool overflow_closes;   // no entry is written while an overflow is not acknowledged (8.1)
        Interrupts::Error abort;
    };

    OutputQueue(const Spec &, Host &, RegisterFile &, Interrupts &);

    enum class Result : uint8_t {
        written,
        first,     // written, and the queue was empty
        full,
        closed,    // not enabled, or an abort is not acknowledged
        aborted,   // by this write
    };
    // One entry, little-endian. `discards`: where there is no room the entry is lost, which is an overflow.
    Result put(std::span<const uint64_t> words, bool discards);

    // An entry is lost to others that wait for room: an overflow.
    void discard();

    // Called when room or the right to write may have come.
    void on_open(std::function<void()> hear) { opened_ = std::move(hear); }

    void reset();
    // BASE and CONS are the bank's to save.
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    void enable();
    Queue geometry() const { return Queue(base_.get(), spec_.entry_shift, spec_.most); }
    bool overflowed(uint32_t cons) const { return (prod_ ^ cons) & queue_index::overflow; }

    const Spec spec_;
    Host &host_;
    RegisterFile &registers_;
    Interrupts &interrupts_;
    WideRegister base_;
    Register *cons_ = nullptr;
    std::function<void()> opened_;

    mutable std::mutex lock_;
    uint32_t prod_ = 0;
    bool enabled_ = false;
    Queue queue_;  // while enabled
};

}  // namespace soc::smmuv3
