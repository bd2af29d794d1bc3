// From a transaction to an address: the stream's mode, the TLB, the walk.
//
// The TLB holds what the hardware would: the entry of the table as it was read. Its sub-page bounds and its
// permissions are looked at anew for every transaction.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "apple_dart.hpp"
#include "core/mutation.hpp"

namespace soc::dart {

namespace {

constexpr unsigned leaf_level = DartPageTable::table_levels - 1;
// A bypassed stream has no pages; its translations are given out in blocks of this size.
constexpr uint64_t bypass_block = 1_GiB;

}  // namespace

TranslateResult AppleDart::lookup(const Transaction &txn)
{
    if (txn.stream >= shape_.streams)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    switch (streams_.mode(txn.stream)) {
    case StreamMode::translate:
        return translated(txn);
    case StreamMode::bypass:
        return bypassed(txn);
    case StreamMode::invalid:
        return Fault{.kind = FaultKind::configuration, .transaction = txn};
    case StreamMode::off:
        break;
    }
    return Fault{.kind = FaultKind::disabled, .transaction = txn};
}

TranslateResult AppleDart::bypassed(const Transaction &txn)
{
    if (!txn.debug)
        counters_.bypass();
    return Translation{txn.address, bypass_block - 1, Perm::rw};
}

TranslateResult AppleDart::translated(const Transaction &txn)
{
    if (txn.address >> va_width_)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    const uint64_t generation = tlb_.generation(txn.stream);
    if (const auto hit = tlb_.find(txn.stream, txn.address >> config_.page_shift)) {
        if (!txn.debug)
            counters_.hit();
        return finished(txn, *hit);
    }
    if (!txn.debug)
        counters_.miss();
    const auto root = streams_.table(txn.stream, unsigned(txn.address >> format_.input_bits()));
    if (!root)
        return Fault{.kind = FaultKind::disabled, .transaction = txn};
    return finished(txn, walked(txn, *root, generation));
}

IotlbEntry AppleDart::walked(const Transaction &txn, uint64_t root, uint64_t generation)
{
    if (!txn.debug)
        counters_.walk();
    const WalkResult result = walk(host_.memory(), format_, root, txn.address);
    IotlbEntry entry;
    if (const auto *leaf = std::get_if<WalkLeaf>(&result)) {
        entry.page = leaf->entry;
    } else {
        const auto &fault = std::get<WalkFault>(result);
        entry.fault = fault.kind;
        entry.level = int(fault.level);
    }
    const bool cacheable = entry.fault == FaultKind::none ||
                           (entry.fault == FaultKind::translation && !mutation::stale);
    if (cacheable && !txn.debug)
        tlb_.insert(txn.stream, txn.address >> config_.page_shift, generation, entry);
    return entry;
}

TranslateResult AppleDart::finished(const Transaction &txn, const IotlbEntry &entry)
{
    if (entry.fault != FaultKind::none) {
        if (mutation::isolation && entry.fault == FaultKind::translation)
            return bypassed(txn);
        return Fault{.kind = entry.fault, .transaction = txn, .level = entry.level};
    }
    LeafEntry leaf = format_.leaf(entry.page, txn.address);
    if (mutation::readonly)
        leaf.perm = Perm::rw;
    if (!allows(leaf.perm, txn.access))
        return Fault{.kind = FaultKind::permission, .transaction = txn, .level = leaf_level};
    if (mutation::dma && txn.access == Access::write) {
        // The last block of the same page, so that nothing but the device's own page is spoiled.
        leaf.mask = 63;
        leaf.address = (leaf.address & leaf.mask) | (leaf.address & ~format_.page_mask()) |
                       (format_.page_mask() & ~leaf.mask);
    }
    return Translation{leaf.address, leaf.mask, leaf.perm};
}

void AppleDart::invalidate(unsigned stream)
{
    counters_.invalidation();
    if (mutation::stale)
        return;
    tlb_.invalidate(stream);
    forget_outside(stream);
}

}  // namespace soc::dart
