// Invalidations on their way to masters with a translation cache of their own: CMD_ATC_INV has an answer, and the
// CMD_SYNC after it waits for that (Arm IHI 0070, 4.5.1 and 4.7.3).
//
// A master that gives no answer makes the CMD_SYNC fail. PCIe allows it a minute; here, where no clock counts, it
// has `patience` rounds of deferred work.
//
// Threads: with the big lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <set>

#include "soc-iommu/host.hpp"
#include "soc-iommu/state.hpp"

namespace soc::smmuv3 {

class Ats {
public:
    static constexpr unsigned patience = 64;
    static constexpr unsigned most_outstanding = 32;  // ITags of one PCIe function

    explicit Ats(Host &host) : host_(host) {}

    // false: no room for one more; try again when an answer came.
    bool invalidate(uint32_t stream, bool has_substream, uint32_t substream, bool global, uint64_t address,
                    uint64_t size);
    void answered(const SocMessage &);

    enum class Wait { none, waiting, timed_out };
    // What a CMD_SYNC has to do; `timed_out` is said once.
    Wait state();
    bool outstanding() const { return !tags_.empty(); }
    // One round of deferred work without an answer. After `patience` of them what never came is forgotten, so that
    // nobody waits for ever, and the next CMD_SYNC hears of it.
    void round();

    void reset();
    void save(StateWriter &) const;
    void load(StateReader &);

private:
    Host &host_;
    std::set<uint32_t> tags_;  // outstanding
    uint32_t next_tag_ = 0;
    uint32_t rounds_ = 0;
    bool timed_out_ = false;
};

}  // namespace soc::smmuv3
