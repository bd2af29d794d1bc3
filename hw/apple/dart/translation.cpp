// From a transaction to an address: the stream's mode, the TLB, the walk.
//
// The TLB holds what the hardware would: the entry of the table as it was read. Its sub-page bounds and its
// permissions are looked at anew for every transaction.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "apple_dart.hpp"
#include "core/cached_walk.hpp"

namespace soc::dart {

namespace {

constexpr unsigned leaf_level = DartPageTable::table_levels - 1;

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

TranslateResult AppleDart::translated(const Transaction &txn)
{
    if (txn.address >> va_width_)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    return finished(txn, cached_or_walked(tlb_, counters_, txn.stream, txn.address >> config_.page_shift, txn,
                                          [&] { return walked(txn); }));
}

IotlbEntry AppleDart::walked(const Transaction &txn)
{
    const auto root = streams_.table(txn.stream, unsigned(txn.address >> format_.input_bits()));
    if (!root)
        return {.fault = FaultKind::disabled};
    if (!txn.debug)
        counters_.walk();
    const WalkResult result = walk(host_.memory(), format_, *root, txn.address);
    IotlbEntry entry = entry_of(result, config_.page_shift);
    if (const auto *leaf = std::get_if<WalkLeaf>(&result))
        entry.page = leaf->entry;
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
    Translation translation{leaf.address, leaf.mask, leaf.perm};
    mutation::misdirect(translation, txn);
    return translation;
}

void AppleDart::invalidate(unsigned stream)
{
    counters_.invalidation();
    if (mutation::stale)
        return;
    tlb_.invalidate(stream);
    changed(stream);
}

}  // namespace soc::dart
