// From a transaction to an address: the switches, the TLB, the tables.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cached_walk.hpp"
#include "omap_iommu.hpp"
#include "pagetable/omap.hpp"
#include "switches.hpp"

namespace soc::omap {

namespace {

constexpr OmapPageTable format;

// The walk takes the index where a table of 16 KiB that is aligned has zeros.
constexpr uint64_t table_base = ~(OmapPageTable::table_size - 1);

// What the block itself sees. The others never leave the master's side: a master that does not exist, an address that
// 32 lines cannot carry.
bool seen_by_block(const Fault &fault)
{
    return fault.kind != FaultKind::unknown_stream && fault.kind != FaultKind::address_size;
}

uint64_t size_of(const LeafEntry &leaf)
{
    switch (leaf.mask + 1) {
    case 16_MiB:
        return TlbEntry::supersection;
    case 1_MiB:
        return TlbEntry::section;
    case 64_KiB:
        return TlbEntry::large;
    default:
        return TlbEntry::small;
    }
}

TlbEntry tlb_entry(const WalkLeaf &found, uint64_t address)
{
    using namespace omap_entry;
    const uint64_t attributes = found.level == 0 ? found.entry >> level_1_shift : found.entry;
    return {uint32_t((address & ~found.leaf.mask) | TlbEntry::V::mask | size_of(found.leaf)),
            uint32_t((found.leaf.address & ~found.leaf.mask) | TlbEntry::Mixed::of(Mixed::get(attributes)) |
                     TlbEntry::Endianness::of(Endianness::get(attributes)) |
                     TlbEntry::ElementSize::of(ElementSize::get(attributes)))};
}

}  // namespace

bool OmapIommu::enabled() const
{
    return MmuEnable::get(control_.get()) && (!mmu_config_ || Mmu0Enable::get(mmu_config_->get()));
}

TranslateResult OmapIommu::lookup(const Transaction &txn)
{
    if (txn.stream >= shape_.streams)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (txn.address >> shape_.address_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    if (!enabled())
        return bypassed(txn);
    const uint64_t generation = tlb_.generation();  // before the walk
    const Tlb::Found found = tlb_.find(uint32_t(txn.address));
    if (!found.matches)
        return missed(txn, generation);
    if (!txn.debug)
        counters_.hit();
    if (found.matches > 1)
        return Fault{.kind = FaultKind::configuration, .transaction = txn};
    return hit(txn, found.entry);
}

TranslateResult OmapIommu::hit(const Transaction &txn, const TlbEntry &entry) const
{
    const uint64_t page = entry.translated(uint32_t(txn.address)) >> OmapPageTable::page_shift;
    return outcome({.page = page, .perm = Perm::rw}, txn, OmapPageTable::page_shift);
}

TranslateResult OmapIommu::missed(const Transaction &txn, uint64_t generation)
{
    if (!txn.debug)
        counters_.miss();
    if (!TwlEnable::get(control_.get()))  // software fills the TLB: the fault's level says that no table was looked at
        return outcome({.fault = FaultKind::translation}, txn, OmapPageTable::page_shift);
    if (!txn.debug)
        counters_.walk();
    const WalkResult result = walk(host_.memory(), format, table_.get() & table_base, txn.address);
    const auto *found = std::get_if<WalkLeaf>(&result);
    if (!found)
        return outcome(entry_of(result, OmapPageTable::page_shift), txn, OmapPageTable::page_shift);
    const TlbEntry entry = tlb_entry(*found, txn.address);
    if (!txn.debug)
        tlb_.fill(generation, uint32_t(txn.address), entry);
    return hit(txn, entry);
}

void OmapIommu::fault_raised(const Fault &fault)
{
    if (!seen_by_block(fault))
        return;
    fault_record_.latch(fault);
    host_.defer();
}

}  // namespace soc::omap
