// From a transaction to an address: the port's mode, the TLB, the table; and where it goes if it faults.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mutation.hpp"
#include "mtk_m4u_v1.hpp"

namespace soc::m4u_v1 {

namespace {

constexpr M4uV1PageTable format;
// All ports share the one table.
constexpr unsigned context = 0;
// A physical port has no pages; its translations are given out in blocks of this size.
constexpr uint64_t bypass_block = 1_GiB;

// CTRL_REG
using TfProtectSel = Field<6, 5>;
constexpr uint64_t to_protect_buffer = 2;  // what the driver writes; its comment: "hw will write here"
constexpr uint64_t protect_block = 128;

// What the block itself sees. The others never leave the master's side: a port that does not exist, an address that
// 32 lines cannot carry.
bool seen_by_block(const Fault &fault)
{
    return fault.kind != FaultKind::unknown_stream && fault.kind != FaultKind::address_size;
}

}  // namespace

TranslateResult MtkM4uV1::lookup(const Transaction &txn)
{
    if (txn.stream >= shape_.streams)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (txn.address >> shape_.address_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    return smi_.translated(txn.stream) ? translated(txn) : bypassed(txn);
}

TranslateResult MtkM4uV1::bypassed(const Transaction &txn)
{
    if (!txn.debug)
        counters_.bypass();
    return Translation{txn.address, bypass_block - 1, Perm::rw};
}

TranslateResult MtkM4uV1::translated(const Transaction &txn)
{
    const uint64_t generation = tlb_.generation(context);
    if (const auto hit = tlb_.find(context, txn.address >> M4uV1PageTable::page_shift)) {
        if (!txn.debug)
            counters_.hit();
        return finished(txn, *hit);
    }
    if (!txn.debug)
        counters_.miss();
    return finished(txn, walked(txn, generation));
}

IotlbEntry MtkM4uV1::walked(const Transaction &txn, uint64_t generation)
{
    if (!txn.debug)
        counters_.walk();
    const uint64_t table = table_.get();
    const uint64_t where = table + format.index(0, txn.address) * sizeof(M4uV1PageTable::Entry);
    // The M4U has 32 address lines, too.
    const WalkResult result = where >> shape_.address_bits ? WalkFault{FaultKind::walk_abort, 0}
                                                           : walk(host_.memory(), format, table, txn.address);
    IotlbEntry entry;
    if (const auto *found = std::get_if<WalkLeaf>(&result)) {
        entry.page = found->leaf.address >> M4uV1PageTable::page_shift;
        entry.perm = found->leaf.perm;
    } else {
        const auto &fault = std::get<WalkFault>(result);
        entry.fault = fault.kind;
        entry.level = int(fault.level);
    }
    const bool cacheable = entry.fault == FaultKind::none ||
                           (entry.fault == FaultKind::translation && !mutation::stale);
    if (cacheable && !txn.debug)
        tlb_.insert(context, txn.address >> M4uV1PageTable::page_shift, generation, entry);
    return entry;
}

TranslateResult MtkM4uV1::finished(const Transaction &txn, const IotlbEntry &entry)
{
    if (entry.fault != FaultKind::none) {
        if (mutation::isolation && entry.fault == FaultKind::translation)
            return bypassed(txn);
        return Fault{.kind = entry.fault, .transaction = txn, .level = entry.level};
    }
    Translation out{entry.page << M4uV1PageTable::page_shift | (txn.address & M4uV1PageTable::page_mask),
                    M4uV1PageTable::page_mask, entry.perm};
    if (mutation::dma && txn.access == Access::write) {
        // The last block of the same page, so that nothing but the device's own page is spoiled.
        out.mask = 63;
        out.address |= M4uV1PageTable::page_mask & ~out.mask;
    }
    return out;
}

void MtkM4uV1::fault_raised(const Fault &fault)
{
    if (!seen_by_block(fault))
        return;
    fault_record_.latch(fault);
    host_.defer();
}

std::optional<Translation> MtkM4uV1::redirected(const Fault &fault) const
{
    if (!seen_by_block(fault) || TfProtectSel::get(control_.get()) != to_protect_buffer)
        return std::nullopt;
    return Translation{protect_.get() | (fault.transaction.address & (protect_block - 1)), protect_block - 1,
                       Perm::rw};
}

void MtkM4uV1::invalidate(uint32_t first_page, uint32_t last_page)
{
    counters_.invalidation();
    if (mutation::stale)
        return;
    tlb_.invalidate_range(context, first_page, last_page);
    const uint64_t address = uint64_t(first_page) << M4uV1PageTable::page_shift;
    const uint64_t size = uint64_t(last_page - first_page + 1) << M4uV1PageTable::page_shift;
    for (unsigned port = 0; port < smi::port_count; ++port)
        if (smi_.translated(port))
            host_.unmap_notify(port, address, size);
}

}  // namespace soc::m4u_v1
