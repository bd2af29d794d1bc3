// The Command queue: fetches commands, has them executed, and stops at errors. Arm IHI 0070, 3.5, 4.8 and 7.1.
//
// A register write consumes at most `budget` commands; the rest follows in deferred work, so that no guest can hold
// the machine.
//
// Threads: with the big lock. Nobody sees CMDQ_CONS between a command's effects and its consumption, as a read of it
// needs that lock too.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <functional>

#include "interrupts.hpp"
#include "queue.hpp"
#include "register_file.hpp"
#include "structures.hpp"

namespace soc::smmuv3 {

class CommandQueue {
public:
    static constexpr unsigned budget = 128;

    enum class Outcome : uint8_t {
        done,
        illegal,      // CERROR_ILL
        abort,        // CERROR_ABT
        atc_timeout,  // CERROR_ATC_INV_SYNC
        wait,         // not yet: the same command comes again with continue_work()
    };
    using Execute = std::function<Outcome(const CommandWords &)>;

    CommandQueue(Host &, RegisterFile &, Interrupts &, Execute);

    // Goes on with what is in the queue, a command that waits included. PROD, CMDQEN and GERRORN do the same by
    // themselves, but leave a waiting command alone.
    void continue_work();
    bool waiting() const { return waiting_; }

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    void kick();
    void step();
    void fail(uint32_t code);
    bool ready() const;
    Queue queue() const { return Queue(base_.get(), 4, Features::cmdq_bits); }

    Host &host_;
    RegisterFile &registers_;
    Interrupts &interrupts_;
    const Execute execute_;
    WideRegister base_;
    Register *prod_ = nullptr;
    uint32_t cons_ = 0;     // RD with its wrap bit
    uint32_t error_ = 0;    // CONS.ERR
    bool waiting_ = false;
    bool running_ = false;  // a command's MSI can be aimed at our own registers, and come back here
};

}  // namespace soc::smmuv3
