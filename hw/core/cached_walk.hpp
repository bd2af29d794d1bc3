// From a page to what the tables say of it, by way of a TLB; and from there to the transaction's end. For formats whose
// entry says all of a page: one address, one set of permissions.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "core/mutation.hpp"
#include "soc-iommu/counters.hpp"
#include "soc-iommu/iotlb.hpp"
#include "soc-iommu/page_table_walker.hpp"

namespace soc {

// What the TLB has of the page, else what `walk`, an IotlbEntry(), finds; that is kept if it is an answer of the tables:
// not if they could not be read, or if there were none. A debugger's transaction leaves no trace.
template <typename Walk>
IotlbEntry cached_or_walked(Iotlb &tlb, Counters &counters, unsigned context, uint64_t page, const Transaction &txn,
                            Walk walk)
{
    const uint64_t generation = tlb.generation(context);  // before the walk
    if (const auto hit = tlb.find(context, page)) {
        if (!txn.debug)
            counters.hit();
        return *hit;
    }
    if (!txn.debug)
        counters.miss();
    const IotlbEntry entry = walk();
    const bool answer = entry.fault == FaultKind::none || (entry.fault == FaultKind::translation && !mutation::stale);
    if (answer && !txn.debug)
        tlb.insert(context, page, generation, entry);
    return entry;
}

// A walk's result as an entry. Of a leaf larger than a page of the TLB it is the page that was asked for.
inline IotlbEntry entry_of(const WalkResult &result, unsigned page_shift)
{
    IotlbEntry entry;
    if (const auto *found = std::get_if<WalkLeaf>(&result)) {
        entry.page = found->leaf.address >> page_shift;
        entry.perm = found->leaf.perm;
        entry.level = int(found->level);
    } else {
        const auto &fault = std::get<WalkFault>(result);
        entry.fault = fault.kind;
        entry.level = int(fault.level);
    }
    return entry;
}

// What becomes of a transaction in a page of which the tables say this.
inline TranslateResult outcome(const IotlbEntry &entry, const Transaction &txn, unsigned page_shift)
{
    const uint64_t page_mask = (1ull << page_shift) - 1;
    if (mutation::isolation && entry.fault == FaultKind::translation)
        return Translation{txn.address, page_mask, Perm::rw};
    if (entry.fault != FaultKind::none)
        return Fault{.kind = entry.fault, .transaction = txn, .level = entry.level};
    const Perm perm = mutation::readonly ? Perm::rw : entry.perm;
    if (!allows(perm, txn.access))
        return Fault{.kind = FaultKind::permission, .transaction = txn, .level = entry.level};
    Translation translation{entry.page << page_shift | (txn.address & page_mask), page_mask, perm};
    mutation::misdirect(translation, txn);
    return translation;
}

}  // namespace soc
