// The PRI queue: page requests of PCIe devices. Arm IHI 0070, chapter 8. Without IDR0.PRI there is none.
//
// Threads: receive() on any thread, the rest with the big lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "output_queue.hpp"
#include "structures.hpp"

namespace soc::smmuv3 {

class PageRequestQueue {
public:
    PageRequestQueue(Host &, RegisterFile &, Interrupts &);

    // What the device hears at once, as a PRG Response with the request's StreamID and PRG index.
    enum class Answer : uint8_t {
        none,     // the request is in the queue; or was dropped, and its group's last one will be answered
        success,  // no room: the device should try again. With the request's PASID, if it had one (IDR3.PPS)
        failure,  // the queue takes no requests. Without a PASID
    };
    Answer receive(const PageRequestWords &);

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    Interrupts &interrupts_;
    std::optional<OutputQueue> queue_;
};

}  // namespace soc::smmuv3
