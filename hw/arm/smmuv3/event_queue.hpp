// The Event queue: Arm IHI 0070, 7.2 and 7.4.
//
// Records of stalled transactions are never dropped for want of room: they wait here until the queue can be written,
// and are written before any newer record. A transaction is stalled once, so that as many can wait as IDR5.STALL_MAX
// says. Records are not merged, which STE.MEV would allow (3.5.5).
//
// Threads: all functions on any thread but reset, save and load.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "output_queue.hpp"
#include "structures.hpp"

namespace soc::smmuv3 {

class EventQueue {
public:
    EventQueue(Host &, RegisterFile &, Interrupts &);

    // Lost where the queue is disabled or has an abort; lost with an overflow where it is full.
    void push(const EventWords &);
    // false: more wait than can be stalled.
    bool push_stall(const EventWords &);
    // Writes what waits, as far as there is room. Registers that make room do it by themselves.
    void flush();

    // Records that software has not seen.
    unsigned unrecorded() const;
    // CMD_SYNC: a record that waits and whose configuration was invalidated must not be written any more; its
    // transaction is to be tried again (4.7.3). SMMUEN going 0: the transactions end.
    std::vector<EventWords> take_unrecorded();
    // CMD_STALL_TERM, and CMD_RESUME with a STAG: the transaction is gone, and so is its record.
    void forget_unrecorded(uint32_t stream, std::optional<uint16_t> stag = std::nullopt);

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    bool put(const EventWords &, bool discards);
    void drain();  // with the lock

    Interrupts &interrupts_;
    const unsigned most_waiting_;
    OutputQueue queue_;

    mutable std::mutex lock_;
    std::deque<EventWords> waiting_;
};

}  // namespace soc::smmuv3
