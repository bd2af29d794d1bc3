// From a transaction to an address. There is no TLB: every transaction in the aperture reads its entry.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <bit>

#include "core/mutation.hpp"
#include "pagetable/gart.hpp"
#include "tegra_gart.hpp"

namespace soc::gart {

TranslateResult TegraGart::lookup(const Transaction &txn)
{
    if (txn.stream >= shape_.streams)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (!hot_reset_.passes(txn.stream))
        return Fault{.kind = FaultKind::disabled, .transaction = txn};
    if (txn.address >> shape_.address_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    return aperture_.contains(txn.address) && config_.get() ? translated(txn) : passed(txn);
}

// Tegra 2 TRM, GART_CONFIG: a GART that is disabled passes addresses of the aperture too, and the check of the bounds
// comes after it. So they end there, as no memory is at the aperture.
TranslateResult TegraGart::passed(const Transaction &txn)
{
    // The largest aligned block around the address that is all on this side of the aperture's bounds.
    const uint64_t mask = aperture_.contains(txn.address) ? aperture_.size - 1
                                                          : std::bit_floor(txn.address ^ aperture_.base) - 1;
    const TranslateResult result = in_bounds(txn, {txn.address, mask, Perm::rw});
    if (!txn.debug && std::holds_alternative<Translation>(result))
        counters_.bypass();
    return result;
}

TranslateResult TegraGart::translated(const Transaction &txn)
{
    if (!txn.debug) {
        counters_.miss();
        counters_.walk();
    }
    const DecodedEntry decoded = gart_entry::decode(table_.entry(txn.address), txn.address);
    if (const auto *bad = std::get_if<BadEntry>(&decoded)) {
        if (mutation::isolation)
            return Translation{txn.address, gart_entry::page_mask, Perm::rw};
        return Fault{.kind = bad->kind, .transaction = txn, .level = 0};
    }
    const LeafEntry &leaf = std::get<LeafEntry>(decoded);
    Translation translation{leaf.address, leaf.mask, leaf.perm};
    mutation::misdirect(translation, txn);
    return in_bounds(txn, translation);
}

// The memory controller answers for memory only. What is none it reports, with the address as the client gave it.
TranslateResult TegraGart::in_bounds(const Transaction &txn, const Translation &translation)
{
    uint8_t byte;
    if (!host_.memory().read(translation.address, &byte, 1))
        return Fault{.kind = FaultKind::bus, .transaction = txn};
    return translation;
}

}  // namespace soc::gart
