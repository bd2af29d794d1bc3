// Events as they are recorded: Arm IHI 0070, 7.3.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

#include "soc-iommu/transaction.hpp"
#include "structures.hpp"

namespace soc::smmuv3 {

enum class EventId : uint8_t {
    none = 0,
    f_uut = 0x01,
    c_bad_streamid = 0x02,
    f_ste_fetch = 0x03,
    c_bad_ste = 0x04,
    f_bad_ats_treq = 0x05,
    f_stream_disabled = 0x06,
    f_transl_forbidden = 0x07,
    c_bad_substreamid = 0x08,
    f_cd_fetch = 0x09,
    c_bad_cd = 0x0a,
    f_walk_eabt = 0x0b,
    f_translation = 0x10,
    f_addr_size = 0x11,
    f_access = 0x12,
    f_permission = 0x13,
    f_tlb_conflict = 0x20,
    f_cfg_conflict = 0x21,
    e_page_request = 0x24,
};

// On whose behalf the access was that went wrong: F_* CLASS.
enum class EventClass : uint8_t { cd = 0, tt = 1, in = 2 };

// Whether the event is a fault that CD.S, CD.R, CD.A and STE.S2S, S2R decide about (7.3.12 to 7.3.16).
constexpr bool is_translation_fault(EventId id)
{
    return id >= EventId::f_translation && id <= EventId::f_permission;
}

struct Event {
    EventId id = EventId::none;
    // Stream, substream, access, input address. Privilege and instruction are those after STE.PRIVCFG and INSTCFG
    // (7.3), but for F_UUT.
    Transaction transaction;
    EventClass cls = EventClass::in;
    unsigned stage = 1;         // 2 sets S2
    bool tt_read = false;       // F_PERMISSION at stage 2 with CLASS TT: TTRnW
    uint64_t ipa = 0;           // of a stage 2 fault; the record has the page
    uint64_t fetch_address = 0; // of F_STE_FETCH, F_CD_FETCH and F_WALK_EABT
    int level = -1;             // of the walk; not part of the record
    bool stall = false;
    uint16_t stag = 0;

    EventWords encode() const;
    // As the models' common record has it.
    Fault fault() const;
};

}  // namespace soc::smmuv3
