// SPDX-License-Identifier: GPL-2.0-or-later
#include "event.hpp"

namespace soc::smmuv3 {

namespace {

// SSV and SubstreamID; without the first the second is UNKNOWN, here 0.
uint64_t substream_of(const Transaction &txn)
{
    return txn.has_substream ? evt::SSV::of(1) | evt::SSID::of(txn.substream) : 0;
}

uint64_t access_of(const Transaction &txn)
{
    const bool read = txn.access == Access::read;
    // InD is 0 where RnW is (13.1.2).
    return evt::RnW::of(read) | evt::InD::of(read && txn.instruction) | evt::PnU::of(txn.privileged);
}

constexpr uint64_t fetch(uint64_t address) { return address & evt::FetchAddr::mask; }
constexpr uint64_t page(uint64_t address) { return address & evt::IPA::mask; }

}  // namespace

EventWords Event::encode() const
{
    const Transaction &txn = transaction;
    EventWords out{evt::Id::of(uint64_t(id)) | evt::SID::of(txn.stream), 0, 0, 0};
    const uint64_t at_stage = evt::S2::of(stage == 2) | evt::Class::of(uint64_t(cls));
    switch (id) {
    case EventId::none:
        return {};
    case EventId::c_bad_streamid:
    case EventId::c_bad_ste:
    case EventId::c_bad_cd:
    case EventId::f_cfg_conflict:
        out[0] |= substream_of(txn);
        break;
    case EventId::f_stream_disabled:
        break;
    case EventId::c_bad_substreamid:
        // Always valid: there is no SSV (7.3.9).
        out[0] |= evt::SSID::of(txn.has_substream ? txn.substream : 0);
        break;
    case EventId::f_ste_fetch:
    case EventId::f_cd_fetch:
        out[0] |= substream_of(txn);
        out[3] = fetch(fetch_address);
        break;
    case EventId::f_uut:
        out[0] |= substream_of(txn);
        out[1] = access_of(txn);
        out[2] = txn.address;
        break;
    case EventId::f_bad_ats_treq:
    case EventId::e_page_request:
        // InputAddr[63:12]. What the request asked for, and Span, are left out.
        out[0] |= substream_of(txn);
        out[2] = txn.address & ~0xfffull;
        break;
    case EventId::f_transl_forbidden:
        out[1] = evt::RnW::of(txn.access == Access::read);
        out[2] = txn.address;
        break;
    case EventId::f_walk_eabt:
        out[0] |= substream_of(txn);
        out[1] = access_of(txn) | at_stage;
        out[2] = txn.address;
        out[3] = fetch(fetch_address);
        break;
    case EventId::f_tlb_conflict:
        out[0] |= substream_of(txn);
        out[1] = access_of(txn) | evt::S2::of(stage == 2);
        out[2] = txn.address;
        out[3] = stage == 2 ? page(ipa) : 0;
        break;
    case EventId::f_translation:
    case EventId::f_addr_size:
    case EventId::f_access:
    case EventId::f_permission:
        out[0] |= substream_of(txn);
        out[1] = access_of(txn) | at_stage | evt::STALL::of(stall) | evt::STAG::of(stall ? stag : 0);
        if (id == EventId::f_permission && stage == 2 && cls == EventClass::tt)
            out[1] |= evt::TTRnW::of(tt_read);
        out[2] = txn.address;
        // UNKNOWN at stage 1.
        out[3] = stage == 2 ? page(ipa) : 0;
        break;
    }
    return out;
}

namespace {

FaultKind kind_of(EventId id)
{
    switch (id) {
    case EventId::none:
    case EventId::e_page_request:
        break;
    case EventId::c_bad_streamid:
        return FaultKind::unknown_stream;
    case EventId::f_uut:
    case EventId::c_bad_ste:
    case EventId::c_bad_substreamid:
    case EventId::c_bad_cd:
    case EventId::f_tlb_conflict:
    case EventId::f_cfg_conflict:
        return FaultKind::configuration;
    case EventId::f_bad_ats_treq:
    case EventId::f_stream_disabled:
    case EventId::f_transl_forbidden:
        return FaultKind::disabled;
    case EventId::f_ste_fetch:
    case EventId::f_cd_fetch:
    case EventId::f_walk_eabt:
        return FaultKind::walk_abort;
    case EventId::f_translation:
        return FaultKind::translation;
    case EventId::f_addr_size:
        return FaultKind::address_size;
    case EventId::f_access:
        return FaultKind::access_flag;
    case EventId::f_permission:
        return FaultKind::permission;
    }
    return FaultKind::none;
}

}  // namespace

Fault Event::fault() const
{
    return {.kind = kind_of(id), .transaction = transaction, .level = level, .stage = stage};
}

}  // namespace soc::smmuv3
