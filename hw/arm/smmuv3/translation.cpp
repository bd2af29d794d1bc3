// From a transaction to an address: the stream's configuration, the TLB, the walk. Arm IHI 0070, 3.3, 3.4 and 15.1.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mutation.hpp"
#include "soc_smmuv3.hpp"

namespace soc::smmuv3 {

namespace {

// What passes untranslated has no pages; it is given out in blocks of this size.
constexpr uint64_t bypass_block = 1_GiB;

// STE.PRIVCFG and INSTCFG: 2 and 3 override what the master says. A write is never an instruction. An ATS request
// without a PASID has neither attribute (13.7).
AccessKind kind_of(const Transaction &txn, const Stream &stream)
{
    AccessKind kind{.access = txn.access, .privileged = txn.privileged, .instruction = txn.instruction,
                    .may_update = !txn.debug};
    if (txn.ats_request && !txn.has_substream)
        kind.privileged = kind.instruction = false;
    if (stream.privcfg >= 2)
        kind.privileged = stream.privcfg == 3;
    if (stream.instcfg >= 2)
        kind.instruction = stream.instcfg == 3;
    kind.instruction = kind.instruction && txn.access == Access::read;
    return kind;
}

// Events tell of the access as the STE made it (7.3).
Transaction as_overridden(Transaction txn, const Stream &stream)
{
    const AccessKind kind = kind_of(txn, stream);
    txn.privileged = kind.privileged;
    txn.instruction = kind.instruction;
    return txn;
}

// What the master may do with the translation without asking again.
Perm permissions(const TlbEntry &entry, const AccessKind &asked)
{
    AccessKind read = asked, write = asked;
    read.access = Access::read;
    write.access = Access::write;
    write.instruction = false;
    const bool may_read = Walker::allows(entry, read);
    const bool may_write = Walker::allows(entry, write) && !Walker::needs_update(entry, write);
    return (may_read ? Perm::r : Perm::none) | (may_write ? Perm::w : Perm::none);
}

Tlb::Tag stage2_tag(const Stream &stream)
{
    return {.kind = Tlb::Kind::stage2, .regime = Regime::nsel1, .has_stage2 = true, .vmid = stream.vmid, .asid = 0,
            .granule_shift = stream.stage2.granule_shift};
}

// Of stage 1, or of both. EL2 knows no VMID, and without E2H no ASID either.
Tlb::Tag stage1_tag(const Stream &stream, const Context &context, const TableBase &table)
{
    return {.kind = Tlb::Kind::stage1,
            .regime = stream.regime,
            .has_stage2 = stream.has_stage2(),
            .vmid = stream.regime == Regime::nsel1 ? stream.vmid : uint16_t(0),
            .asid = stream.regime == Regime::el2 ? uint16_t(0) : context.asid,
            .granule_shift = table.granule_shift};
}

}  // namespace

TranslateResult SocSmmuV3::lookup(const Transaction &txn)
{
    if (!registers_.smmu_enabled())
        return globally_bypassed(txn);
    if (txn.ats_translated)
        return already_translated(txn);
    // Before anything is looked up: an invalidation on the way makes what is found stale.
    const Stamps stamps{.translations = tlb_.stamp(), .tables = tables_.stamp(),
                        .configurations = configurations_.stamp()};
    Configured configured;
    if (const auto refusal = configuration(txn, stamps, configured))
        return refused(*refusal, txn);
    switch (configured.stream.mode) {
    case StreamMode::abort:
        return Fault{.kind = FaultKind::disabled, .transaction = txn};  // silent
    case StreamMode::bypass:
        return bypassed(txn);
    default:
        return translated(txn, configured, stamps);
    }
}

// SMMUEN is 0: GBPA decides, and nothing is recorded (6.3.14), but for ATS, which is forbidden (3.9.1.2, 3.9.1.3).
TranslateResult SocSmmuV3::globally_bypassed(const Transaction &txn)
{
    if (txn.ats_request)
        return refused(EventId::f_bad_ats_treq, txn);
    if (txn.ats_translated)
        return refused(EventId::f_transl_forbidden, txn);
    if (registers_.gbpa_abort() || txn.address >> features_.oas)
        return Fault{.kind = FaultKind::disabled, .transaction = txn};
    if (!txn.debug)
        counters_.bypass();
    return Translation{txn.address, bypass_block - 1, Perm::rw};
}

TranslateResult SocSmmuV3::bypassed(const Transaction &txn)
{
    // 3.4: an address beyond the output size is a fault of stage 1, whichever stage is bypassed.
    if (txn.address >> features_.oas)
        return refused(EventId::f_addr_size, txn);
    if (!txn.debug)
        counters_.bypass();
    return Translation{txn.address, bypass_block - 1, Perm::rw};
}

// 3.9.1: the address is one of ours already; CR0.ATSCHK says whether the stream's right to that is looked at.
TranslateResult SocSmmuV3::already_translated(const Transaction &txn)
{
    if (registers_.ats_checked()) {
        Stream stream;
        if (const auto event = stream_of(txn, configurations_.stamp(), stream))
            return refused(Refusal{.event = *event}, txn);
        if (stream.mode == StreamMode::abort)
            return Fault{.kind = FaultKind::disabled, .transaction = txn};
        if (stream.eats != ste::eats_full)
            return refused(EventId::f_transl_forbidden, txn);
    }
    // 3.9.1.1: no event tells of it.
    if (txn.address >> features_.oas)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    if (!txn.debug)
        counters_.bypass();
    return Translation{txn.address, bypass_block - 1, Perm::rw};
}

std::optional<Event> SocSmmuV3::stream_of(const Transaction &txn, uint64_t stamp, Stream &out)
{
    if (txn.stream >= shape_.streams)
        return Event{.id = EventId::c_bad_streamid, .transaction = txn};
    if (configurations_.find(txn.stream, out))
        return std::nullopt;
    const auto found = stream_table_.stream(registers_.stream_table(), txn.stream);
    if (const auto *fault = std::get_if<ConfigFault>(&found))
        return Event{.id = fault->id, .transaction = txn, .fetch_address = fault->fetch_address};
    out = std::get<Stream>(found);
    if (!txn.debug)
        configurations_.insert(txn.stream, stamp, out);
    return std::nullopt;
}

std::optional<Event> SocSmmuV3::context_of(const Transaction &txn, const Stream &stream, uint32_t ssid,
                                           const Stamps &stamps, Context &out)
{
    StreamTable::Stage2 nested;
    if (stream.has_stage2())
        nested = [&](uint64_t ipa) -> std::variant<uint64_t, Event> {
            // The SMMU's own read, whatever the transaction is.
            const AccessKind kind{.access = Access::read, .may_update = !txn.debug, .table_access = true};
            WalkResult result = stage2(stream, ipa, kind, stamps);
            if (const auto *entry = std::get_if<TlbEntry>(&result)) {
                if (auto refusal = Walker::check(*entry, ipa, kind))
                    result = *refusal;
                else
                    return entry->output | (ipa & ((1ull << entry->block_shift) - 1));
            }
            const auto &fault = std::get<WalkFault>(result);
            return Event{.id = fault.id, .transaction = txn, .cls = EventClass::cd, .stage = 2, .ipa = ipa,
                         .fetch_address = fault.fetch_address, .level = fault.level};
        };
    const auto found = stream_table_.context(stream, ssid, nested);
    if (const auto *fault = std::get_if<ConfigFault>(&found)) {
        if (fault->nested)
            return *fault->nested;
        return Event{.id = fault->id, .transaction = txn, .fetch_address = fault->fetch_address};
    }
    out = std::get<Context>(found);
    if (!txn.debug)
        configurations_.insert(txn.stream, ssid, stamps.configurations, out);
    return std::nullopt;
}

std::optional<SocSmmuV3::Refusal> SocSmmuV3::configuration(const Transaction &txn, const Stamps &stamps,
                                                           Configured &out)
{
    if (const auto event = stream_of(txn, stamps.configurations, out.stream))
        return Refusal{.event = *event};
    if (out.stream.mode == StreamMode::abort)
        return std::nullopt;
    if (txn.ats_request && out.stream.eats != ste::eats_full)
        return Refusal{.event = {.id = EventId::f_bad_ats_treq, .transaction = txn}};
    const auto substream = StreamTable::substream(out.stream, txn);
    if (const EventId *id = std::get_if<EventId>(&substream))
        return Refusal{.event = {.id = *id, .transaction = txn}};
    const auto &chosen = std::get<StreamTable::Substream>(substream);
    if (chosen.bypass_stage1) {
        if (out.stream.has_stage1())
            out.stream.mode = out.stream.has_stage2() ? StreamMode::stage2 : StreamMode::bypass;
        out.context = {};
        return std::nullopt;
    }
    if (configurations_.find(txn.stream, chosen.ssid, out.context))
        return std::nullopt;
    const auto event = context_of(as_overridden(txn, out.stream), out.stream, chosen.ssid, stamps, out.context);
    if (event) {
        // Stage 2 may have refused the descriptor's address: then S2S and S2R decide, as they do for tables (3.12.2).
        const bool of_stage2 = is_translation_fault(event->id);
        Refusal out_of_reach{.event = *event};
        out_of_reach.stall = of_stage2 && out.stream.s2_stall;
        out_of_reach.record = !of_stage2 || out.stream.s2_record;
        return out_of_reach;
    }
    return std::nullopt;
}

TranslateResult SocSmmuV3::translated(const Transaction &txn, const Configured &configured, const Stamps &stamps)
{
    const Stream &stream = configured.stream;
    const Context &context = configured.context;
    if (!txn.debug)
        seen_.add(txn.stream);
    const AccessKind kind = kind_of(txn, stream);
    const bool stage2_alone = stream.mode == StreamMode::stage2;
    // 3.4: where stage 1 is bypassed its input is its output, which has a size.
    if (stage2_alone && txn.address >> features_.oas)
        return refused(EventId::f_addr_size, as_overridden(txn, stream));
    const TableBase *table = stage2_alone ? &stream.stage2 : Walker::select(context, txn.address);
    if (!table)
        return refused(WalkFault{.id = EventId::f_translation}, as_overridden(txn, stream), configured);
    const Tlb::Tag tag = stage2_alone ? stage2_tag(stream) : stage1_tag(stream, context, *table);
    const uint64_t address = stage2_alone ? txn.address : Walker::canonical(*table, txn.address);
    if (const auto hit = tlb_.find(tag, address); hit && Walker::is_enough(*hit, kind)) {
        if (!txn.debug)
            counters_.hit();
        return Walker::allows(*hit, kind) ? allowed(txn, *hit, kind) : answered(txn, configured, kind, stamps, *hit);
    }
    if (!txn.debug)
        counters_.miss();
    return answered(txn, configured, kind, stamps,
                    stage2_alone ? walk_stage2(stream, txn.address, kind, stamps)
                                 : walk_stage1(txn, configured, *table, tag, address, kind, stamps));
}

TranslateResult SocSmmuV3::answered(const Transaction &txn, const Configured &configured, const AccessKind &kind,
                                    const Stamps &stamps, const WalkResult &result)
{
    const TlbEntry *entry = std::get_if<TlbEntry>(&result);
    const auto fault = entry ? Walker::check(*entry, txn.address, kind) : std::get<WalkFault>(result);
    if (!fault || (entry && mutation::readonly))
        return allowed(txn, *entry, kind);
    if (txn.ats_request && fault->id == EventId::f_permission && txn.access == Access::write) {
        // 3.9.1.2: who asks to write what can only be read may read.
        Transaction reading = txn;
        reading.access = Access::read;
        return translated(reading, configured, stamps);
    }
    return refused(*fault, as_overridden(txn, configured.stream), configured);
}

TranslateResult SocSmmuV3::allowed(const Transaction &txn, const TlbEntry &entry, const AccessKind &kind) const
{
    uint64_t mask = (1ull << entry.block_shift) - 1;
    uint64_t address = entry.output | (txn.address & mask);
    if (mutation::dma && txn.access == Access::write) {
        // The last cache line of the same page, so that nothing but the device's own page is spoiled.
        const uint64_t page = features_.granule_4k ? 0xfff : 0xffff;
        mask = 63;
        address = (address & ~page) | (page & ~mask) | (address & mask);
    }
    return Translation{address, mask, mutation::readonly ? Perm::rw : permissions(entry, kind)};
}

// Stage 1, and stage 2 under it where the stream has one.
WalkResult SocSmmuV3::walk_stage1(const Transaction &txn, const Configured &configured, const TableBase &table,
                                  const Tlb::Tag &tag, uint64_t address, const AccessKind &kind, const Stamps &stamps)
{
    Walker::Stage2 nested;
    if (configured.stream.has_stage2())
        nested = [&](uint64_t ipa, const AccessKind &inner) { return stage2(configured.stream, ipa, inner, stamps); };
    const KnownTables known{.cache = tables_, .tag = tag, .stamp = stamps.tables, .remember = kind.may_update};
    const WalkResult result = walker_.stage1(configured.context, table, txn.address, kind, nested, &known);
    if (const auto *entry = std::get_if<TlbEntry>(&result); entry && !txn.debug)
        tlb_.insert(tag, address, stamps.translations, *entry);
    return result;
}

WalkResult SocSmmuV3::walk_stage2(const Stream &stream, uint64_t ipa, const AccessKind &kind, const Stamps &stamps)
{
    const Tlb::Tag tag = stage2_tag(stream);
    const KnownTables known{.cache = tables_, .tag = tag, .stamp = stamps.tables, .remember = kind.may_update};
    const WalkResult result = walker_.stage2(stream, ipa, kind, &known);
    if (const auto *entry = std::get_if<TlbEntry>(&result); entry && kind.may_update)
        tlb_.insert(tag, ipa, stamps.translations, *entry);
    return result;
}

// Of what is only a part of a transaction's translation: uncounted.
WalkResult SocSmmuV3::stage2(const Stream &stream, uint64_t ipa, const AccessKind &kind, const Stamps &stamps)
{
    const auto hit = tlb_.find(stage2_tag(stream), ipa);
    return hit && Walker::is_enough(*hit, kind) ? *hit : walk_stage2(stream, ipa, kind, stamps);
}

}  // namespace soc::smmuv3
