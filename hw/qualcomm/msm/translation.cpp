// From a transaction to an address: the master's context, the TLB, the tables; and what becomes of it if it faults.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cached_walk.hpp"
#include "msm_iommu.hpp"

namespace soc::msm {

namespace {

// An entry that another observer changes again and again while its access flag is to be set: software does so once.
constexpr unsigned access_flag_attempts = 4;

// Of a transaction that never came to the block.
bool outside(const Fault &fault)
{
    return fault.kind == FaultKind::unknown_stream || fault.kind == FaultKind::address_size;
}

ArmV7Short format_of(uint32_t sctlr, unsigned root_bits)
{
    const bool hardware_flag = sctlr::HardwareAccessFlag::get(sctlr);
    return ArmV7Short({.root_bits = root_bits,
                       .big_endian = bool(sctlr::BigEndian::get(sctlr)),
                       .access_flag = bool(sctlr::AccessFlagEnable::get(sctlr)),
                       .access_flag_faults = !hardware_flag && !sctlr::AccessFlagFaultDisable::get(sctlr)});
}

// What TLBTR0 would show of a leaf.
Perm packed(const V7sAttributes &attributes)
{
    return Perm(tlbtr0::Privileged::of(uint32_t(attributes.privileged)) |
                tlbtr0::User::of(uint32_t(attributes.user)) |
                tlbtr0::ExecuteNever::of(attributes.execute_never) | tlbtr0::Shareable::of(attributes.shareable));
}

Perm permissions(const IotlbEntry &entry, const Transaction &txn)
{
    const auto word = uint32_t(entry.perm);
    return Perm(txn.privileged ? tlbtr0::Privileged::get(word) : tlbtr0::User::get(word));
}

}  // namespace

bool permits(const IotlbEntry &entry, const Transaction &txn)
{
    return allows(permissions(entry, txn), txn.access) &&
           !(txn.instruction && tlbtr0::ExecuteNever::get(uint32_t(entry.perm)));
}

TranslateResult MsmIommu::lookup(const Transaction &txn)
{
    if (txn.stream >= shape_.streams)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (txn.address >> shape_.address_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    const Route route = global_.route(txn.stream);
    TranslateResult result = routed(txn, route);
    const Fault *fault = std::get_if<Fault>(&result);
    if (!fault || txn.debug || !txn.may_hold || route.context >= contexts_ || fault->kind == FaultKind::disabled ||
        cr::StallDisable::get(global_.cr.get()) || !actlr::FaultStall::get(context_.actlr.get(route.context)))
        return result;
    const auto hold = stalls_.add(route.context, txn);
    if (!hold)
        return result;
    fault_record_.latch(route.context, route, *fault, true);
    host_.defer();
    return Held{*hold};
}

TranslateResult MsmIommu::routed(const Transaction &txn, const Route &route)
{
    if (cr::ClientDisable::get(global_.cr.get()))
        return bypassed(txn);
    if (route.context >= contexts_)
        return Fault{.kind = FaultKind::configuration, .transaction = txn};
    if (sctlr::Mmu::get(context_.sctlr.get(route.context)))
        return translated(txn, route);
    if (route.bypass_disabled)
        return Fault{.kind = FaultKind::disabled, .transaction = txn};
    return bypassed(txn);
}

Tlb::Tag MsmIommu::tag(unsigned vmid, unsigned context) const
{
    return {vmid, unsigned(Asid::get(context_.contextidr.get(context)))};
}

TranslateResult MsmIommu::translated(const Transaction &txn, const Route &route)
{
    const Tlb::Tag tag = this->tag(route.vmid, route.context);
    const auto address = uint32_t(txn.address);
    const Tlb::Generations generations = tlb_.generations(tag);  // before the walk
    auto entry = tlb_.find(tag, address);
    if (!txn.debug)
        entry ? counters_.hit() : counters_.miss();
    if (!entry) {
        if (actlr::TlbMiss::get(context_.actlr.get(route.context)) != actlr::table_walk)
            return Fault{.kind = FaultKind::configuration, .transaction = txn};
        if (!txn.debug)
            counters_.walk();
        entry = walked(txn, route.context);
        // The prefetch buffer has neighbouring descriptors, whether they map something or not.
        const bool prefetched = bfbcr::Prefetch::get(context_.bfbcr.get(route.context)) && !mutation::stale;
        const FaultKind fault = entry->found.fault;
        if (!txn.debug && (fault == FaultKind::none || (fault == FaultKind::translation && prefetched)))
            tlb_.insert(tag, address, generations, *entry);
    }
    if (entry->found.fault == FaultKind::none && txn.instruction && !permits(entry->found, txn))
        return Fault{.kind = FaultKind::permission, .transaction = txn, .level = entry->found.level};
    entry->found.perm = permissions(entry->found, txn);
    return outcome(entry->found, txn, entry->shift);
}

Tlb::Entry MsmIommu::walked(const Transaction &txn, unsigned context)
{
    const Root root = root_of(context, uint32_t(txn.address));
    const ArmV7Short format = format_of(context_.sctlr.get(context), root.index_bits);
    const WalkResult result = root.disabled ? WalkFault{FaultKind::translation, 0}
                                            : walk_tables(txn, context, format, root.base);
    const auto *leaf = std::get_if<WalkLeaf>(&result);
    if (!leaf)
        return {.found = entry_of(result, ArmV7Short::small)};
    const ArmV7Short::Entry word = format.ordered(ArmV7Short::Entry(leaf->entry));
    const V7sAttributes attributes = format.attributes(leaf->level, word);
    const unsigned shift = ArmV7Short::size(leaf->level, word);
    Tlb::Entry entry{.found = entry_of(result, shift), .shift = shift, .global = attributes.global};
    entry.found.perm = packed(attributes);
    return entry;
}

// TTBR0 has the addresses whose highest N bits are 0, TTBR1 the others (DDI 0406, B3.5.4).
MsmIommu::Root MsmIommu::root_of(unsigned context, uint32_t address) const
{
    constexpr unsigned index_bits = 12, table_bits = 14;
    const uint32_t control = context_.ttbcr.get(context);
    const auto n = unsigned(ttbcr::N::get(control));
    if (n && address >> (address_bits - n))
        return {context_.ttbr1.get(context) & ttbr1_base, index_bits, bool(ttbcr::Pd1::get(control))};
    return {context_.ttbr0.get(context) & ~((1u << (table_bits - n)) - 1), index_bits - n,
            bool(ttbcr::Pd0::get(control))};
}

WalkResult MsmIommu::walk_tables(const Transaction &txn, unsigned context, const ArmV7Short &format, uint32_t base)
{
    const uint32_t control = context_.sctlr.get(context);
    const bool sets_flag = sctlr::HardwareAccessFlag::get(control) && sctlr::AccessFlagEnable::get(control);
    WalkResult result = WalkFault{FaultKind::access_flag, 0};
    for (unsigned attempt = 0; attempt < access_flag_attempts; ++attempt) {
        result = walk(host_.memory(), format, base, txn.address);
        const auto *leaf = std::get_if<WalkLeaf>(&result);
        const auto word = leaf ? ArmV7Short::Entry(leaf->entry) : 0;
        if (!leaf || !sets_flag || txn.debug || format.has_access_flag(leaf->level, format.ordered(word)))
            return result;
        const auto flagged = format.ordered(format.ordered(word) | ArmV7Short::access_flag(leaf->level));
        const auto found = host_.memory().compare_exchange(leaf->entry_address, sizeof word, word, flagged);
        if (!found)
            return WalkFault{FaultKind::walk_abort, leaf->level};
        if (*found == word)
            return result;
    }
    return result;
}

void MsmIommu::fault_raised(const Fault &fault)
{
    if (outside(fault))
        return;
    const Route route = global_.route(fault.transaction.stream);
    if (fault.kind == FaultKind::disabled || route.context >= contexts_)
        fault_record_.latch_global(route, fault);
    else
        fault_record_.latch(route.context, route, fault, false);
    host_.defer();
}

}  // namespace soc::msm
