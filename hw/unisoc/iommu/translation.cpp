// From a transaction to an address: the range, the TLB, the table; and where it goes if it faults.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cached_walk.hpp"
#include "sprd_iommu.hpp"

namespace soc::sprd {

namespace {

constexpr SprdPageTable format;
// One table for whoever is behind the block.
constexpr unsigned context = 0;

// What the block itself sees. The others never reach it: a master that is not there, an address that 32 lines cannot
// carry.
bool seen_by_block(const Fault &fault)
{
    return fault.kind != FaultKind::unknown_stream && fault.kind != FaultKind::address_size;
}

}  // namespace

TranslateResult SprdIommu::lookup(const Transaction &txn)
{
    if (txn.stream >= shape_.streams)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (txn.address >> shape_.address_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    // Linux turns the block off before it changes the table's address, "to avoid access conflict"
    // (sprd_iommu_attach_device()).
    if (!En::get(config_.get()))
        return bypassed(txn);
    const uint64_t page = txn.address >> SprdPageTable::page_shift, first = first_vpn_.get();
    // VPN_RANGE is the last page's number in the range (sprd_iommu_vpn_range()).
    if (page < first || page - first > vpn_range_.get())
        return outside_range(txn);
    return translated(txn, page - first);
}

TranslateResult SprdIommu::outside_range(const Transaction &txn)
{
    const Translation untranslated{txn.address, SprdPageTable::page_mask, Perm::rw};
    if (!VaorBypass::get(config_.get())) {
        if (mutation::isolation)
            return untranslated;
        return Fault{.kind = FaultKind::translation, .transaction = txn};
    }
    if (!txn.debug)
        counters_.bypass();
    return untranslated;
}

TranslateResult SprdIommu::translated(const Transaction &txn, uint64_t index)
{
    const IotlbEntry entry = cached_or_walked(tlb_, counters_, context, txn.address >> SprdPageTable::page_shift, txn,
                                              [&] { return walked(txn, index); });
    return outcome(entry, txn, SprdPageTable::page_shift);
}

IotlbEntry SprdIommu::walked(const Transaction &txn, uint64_t index)
{
    if (!txn.debug)
        counters_.walk();
    const uint64_t table = uint64_t(first_ppn_.get()) << SprdPageTable::page_shift;
    return entry_of(walk(host_.memory(), format, table, index << SprdPageTable::page_shift),
                    SprdPageTable::page_shift);
}

// The driver's "protect page": "data would be written to here while translation fault" (struct sprd_iommu_device).
std::optional<Translation> SprdIommu::redirected(const Fault &fault) const
{
    if (!seen_by_block(fault))
        return std::nullopt;
    const Transaction &txn = fault.transaction;
    const bool write = txn.access == Access::write;
    const uint64_t page = (write ? default_write_ : default_read_).get();
    return Translation{page << SprdPageTable::page_shift | (txn.address & SprdPageTable::page_mask),
                       SprdPageTable::page_mask, write ? Perm::w : Perm::r};
}

}  // namespace soc::sprd
