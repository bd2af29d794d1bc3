// What becomes of a transaction that is refused: an event, and its end or its stall. Arm IHI 0070, 3.12 and 7.2.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mutation.hpp"
#include "soc_smmuv3.hpp"

namespace soc::smmuv3 {

TranslateResult SocSmmuV3::refused(EventId id, const Transaction &txn)
{
    return refused(Refusal{.event = {.id = id, .transaction = txn}}, txn);
}

// Of a translation: what CD.S and R, or STE.S2S and S2R, say.
TranslateResult SocSmmuV3::refused(const WalkFault &fault, const Transaction &txn, const Configured &configured)
{
    if (mutation::isolation && fault.id == EventId::f_translation && !txn.ats_request)
        return bypassed(txn);
    Refusal refusal{.event = {.id = fault.id, .transaction = txn, .cls = fault.cls, .stage = fault.stage,
                              .tt_read = fault.tt_read, .ipa = fault.ipa, .fetch_address = fault.fetch_address,
                              .level = fault.level}};
    if (is_translation_fault(fault.id)) {
        const bool first = fault.stage == 1;
        refusal.stall = first ? configured.context.stall : configured.stream.s2_stall;
        refusal.record = first ? configured.context.record : configured.stream.s2_record;
    }
    return refused(refusal, txn);
}

TranslateResult SocSmmuV3::refused(const Refusal &refusal, const Transaction &txn)
{
    // 3.9.1.2: the answer to an ATS request that has no translation is one without rights; it is no event.
    if (txn.ats_request && is_translation_fault(refusal.event.id))
        return Translation{txn.address, 0xfff, Perm::none};
    if (refusal.stall && !txn.debug) {
        if (txn.may_hold)
            return stalled(refusal, txn);
        log_.unimplemented("stream " + hex(txn.stream) + " stalls, but its master cannot wait: terminated");
    }
    if (refusal.record && !txn.debug)
        record(refusal.event);
    return refusal.event.fault();
}

// 3.12.2: the record of a stall is never dropped; RESUME needs its STAG.
TranslateResult SocSmmuV3::stalled(const Refusal &refusal, const Transaction &txn)
{
    const auto waiting = stalls_.add(txn);
    if (!waiting) {
        log_.unimplemented("more transactions stall than IDR5.STALL_MAX: terminated");
        record(refusal.event);
        return refusal.event.fault();
    }
    // SMMUEN may have gone 0 meanwhile, and ended all that waited before this one did.
    if (!registers_.smmu_enabled() && stalls_.take(txn.stream, waiting->stag))
        return refusal.event.fault();
    Event event = refusal.event;
    event.stall = true;
    event.stag = waiting->stag;
    events_.push_stall(event.encode());
    return Held{waiting->hold};
}

void SocSmmuV3::end(const Stalls::Stalled &stalled, bool retry)
{
    const Fault fault{.kind = FaultKind::terminated, .transaction = stalled.transaction};
    host_.held_end(stalled.hold, retry ? nullptr : &fault);
}

void SocSmmuV3::record(const Event &event)
{
    // Without IDR0.ATSRECERR an error of the configuration is no event of ATS (3.9.1.2, 3.9.1.3).
    if ((event.transaction.ats_request && event.id != EventId::f_bad_ats_treq) ||
        (event.transaction.ats_translated && event.id != EventId::f_transl_forbidden))
        return;
    // CR2.RECINVSID (6.3.12).
    if (event.id == EventId::c_bad_streamid && !registers_.records_bad_streams())
        return;
    events_.push(event.encode());
}

}  // namespace soc::smmuv3
