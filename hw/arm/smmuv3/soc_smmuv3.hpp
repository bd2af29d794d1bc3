// Arm's System Memory Management Unit, version 3. See README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "ats.hpp"
#include "command_queue.hpp"
#include "config_cache.hpp"
#include "event_queue.hpp"
#include "features.hpp"
#include "interrupts.hpp"
#include "page_request_queue.hpp"
#include "register_file.hpp"
#include "seen_streams.hpp"
#include "soc-iommu/registry.hpp"
#include "stalls.hpp"
#include "stream_table.hpp"
#include "tlb.hpp"
#include "walk.hpp"

namespace soc::smmuv3 {

class SocSmmuV3 final : public Iommu {
public:
    SocSmmuV3(Host &, const Features &);

    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    DeviceTree describe(const Placement &) const override;
    void deferred() override;
    void message(const SocMessage &) override;
    RegisterBank *registers(unsigned) override { return &registers_.bank(); }
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

protected:
    TranslateResult lookup(const Transaction &) override;

private:
    // In translation.cpp: from a transaction to an address.
    // Not cleared before configuration() fills it in: that would be a good part of a hit. Nobody reads any of it where
    // that refuses the transaction, nor the context of a stream that aborts.
    struct Configured {
        Configured() {}
        union {
            Stream stream;
        };
        union {
            Context context;  // a default one without stage 1
        };
    };
    // Why a transaction goes no further, and what the configuration has to say about that.
    struct Refusal {
        Event event;
        bool stall = false, record = true;
    };
    // Of the caches, from before a transaction looked at anything.
    struct Stamps {
        uint64_t translations, tables, configurations;
    };
    // Each fills in the last argument, or returns why it cannot.
    std::optional<Refusal> configuration(const Transaction &, const Stamps &, Configured &);
    std::optional<Event> stream_of(const Transaction &, uint64_t stamp, Stream &);
    std::optional<Event> context_of(const Transaction &, const Stream &, uint32_t ssid, const Stamps &, Context &);
    TranslateResult globally_bypassed(const Transaction &);
    TranslateResult bypassed(const Transaction &);
    TranslateResult translated(const Transaction &, const Configured &, const Stamps &);
    TranslateResult already_translated(const Transaction &);
    TranslateResult answered(const Transaction &, const Configured &, const AccessKind &, const Stamps &,
                             const WalkResult &);
    WalkResult walk_stage1(const Transaction &, const Configured &, const TableBase &, const Tlb::Tag &,
                           uint64_t address, const AccessKind &, const Stamps &);
    WalkResult walk_stage2(const Stream &, uint64_t ipa, const AccessKind &, const Stamps &);
    WalkResult stage2(const Stream &, uint64_t ipa, const AccessKind &, const Stamps &);
    TranslateResult allowed(const Transaction &, const TlbEntry &, const AccessKind &) const;

    // In faults.cpp: from an event to its record, and to the transaction's end.
    TranslateResult refused(const Refusal &, const Transaction &);
    TranslateResult refused(EventId, const Transaction &);
    TranslateResult refused(const WalkFault &, const Transaction &, const Configured &);
    TranslateResult stalled(const Refusal &, const Transaction &);
    void record(const Event &);
    void end(const Stalls::Stalled &, bool retry);

    // In commands.cpp.
    CommandQueue::Outcome execute(const CommandWords &);
    CommandQueue::Outcome invalidate_configuration(const CommandWords &);
    CommandQueue::Outcome invalidate_translations(const CommandWords &);
    CommandQueue::Outcome invalidate_ats(const CommandWords &);
    CommandQueue::Outcome respond_to_page_request(const CommandWords &);
    CommandQueue::Outcome resume(const CommandWords &);
    CommandQueue::Outcome synchronize(const CommandWords &);
    void forget_outside(uint64_t address, uint64_t size);

    void page_request(const SocMessage &);
    void enables_changed(uint32_t before, uint32_t now);

    const Features features_;
    Shape shape_;
    Interrupts interrupts_;
    RegisterFile registers_;
    EventQueue events_;
    PageRequestQueue page_requests_;
    CommandQueue commands_;
    StreamTable stream_table_;
    Walker walker_;
    ConfigCache configurations_;
    Tlb tlb_;
    WalkCache tables_;
    Stalls stalls_;
    Ats ats_;
    SeenStreams seen_;
};

}  // namespace soc::smmuv3
