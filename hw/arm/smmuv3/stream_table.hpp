// From a StreamID and SubstreamID to what is configured for them: fetch and legality of stream table entries and
// context descriptors. Arm IHI 0070, 5.2, 5.4 and 3.21; what is ILLEGAL is listed there field by field.
//
// Threads: any; no state of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "context.hpp"
#include "event.hpp"
#include "features.hpp"
#include "soc-iommu/guest_memory.hpp"

namespace soc::smmuv3 {

// STRTAB_BASE and STRTAB_BASE_CFG, with CR2.E2H.
struct StreamTableBase {
    uint64_t address = 0;
    bool two_level = false;
    uint8_t split = 6;      // 6, 8 or 10
    uint8_t log2size = 0;
    bool e2h = false;
};

struct ConfigFault {
    EventId id = EventId::c_bad_ste;
    uint64_t fetch_address = 0;  // f_ste_fetch, f_cd_fetch: physical, without bits beyond the OAS
    // A context descriptor's fetch that stage 2 refused, as its own fault (CLASS CD).
    std::optional<Event> nested;
};

class StreamTable {
public:
    StreamTable(const Features &, GuestMemory &);

    std::variant<Stream, ConfigFault> stream(const StreamTableBase &, uint32_t sid) const;

    // How a nested stream's context descriptors are reached: physical address of an IPA, or the event that the
    // fetch raises. Absent: the stream has no stage 2.
    using Stage2 = std::function<std::variant<uint64_t, Event>(uint64_t ipa)>;

    // `ssid` 0 for a transaction without substream.
    std::variant<Context, ConfigFault> context(const Stream &, uint32_t ssid, const Stage2 &nested) const;

    // Whether a transaction's substream fits the stream, S1DSS included. Yes: the number of the descriptor to use, or
    // `bypass_stage1`, which is so too where the stream has no stage 1. Not to be asked of a stream that aborts:
    // its transactions end without an event.
    struct Substream {
        bool bypass_stage1 = false;
        uint32_t ssid = 0;
    };
    static std::variant<Substream, EventId> substream(const Stream &, const Transaction &);

    // Legality of the words alone; `e2h`: CR2.E2H.
    std::variant<Stream, EventId> decode_ste(const SteWords &, bool e2h) const;
    std::variant<Context, EventId> decode_cd(const Stream &, const CdWords &) const;

private:
    std::variant<uint64_t, ConfigFault> leaf_table(const StreamTableBase &, uint32_t sid) const;
    std::variant<uint64_t, ConfigFault> physical(uint64_t address, const Stage2 &nested) const;
    std::variant<uint64_t, ConfigFault> descriptor_address(const Stream &, uint32_t ssid, const Stage2 &nested) const;

    const Features &features_;
    GuestMemory &memory_;
};

// 7.3.9, 7.3.7 and STE.S1DSS; C_BAD_SUBSTREAMID comes before F_STREAM_DISABLED (7.3.22). Inline, as every transaction
// asks it.
inline std::variant<StreamTable::Substream, EventId> StreamTable::substream(const Stream &stream,
                                                                            const Transaction &txn)
{
    if (!stream.has_stage1())
        return txn.has_substream ? std::variant<Substream, EventId>(EventId::c_bad_substreamid)
                                 : Substream{.bypass_stage1 = true};
    if (txn.has_substream) {
        // Without substreams (S1CDMax 0) there is none that fits.
        if (!stream.s1cd_max || txn.substream >> stream.s1cd_max)
            return EventId::c_bad_substreamid;
        if (!txn.substream && stream.s1dss == ste::s1dss_ssid0)
            return EventId::f_stream_disabled;
        return Substream{.ssid = txn.substream};
    }
    if (!stream.s1cd_max || stream.s1dss == ste::s1dss_ssid0)
        return Substream{};
    if (stream.s1dss == ste::s1dss_bypass)
        return Substream{.bypass_stage1 = true};
    return EventId::f_stream_disabled;
}

}  // namespace soc::smmuv3
