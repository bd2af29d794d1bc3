// From a transaction to an address: the port's mode, the TLB, the table; and where it goes if it faults.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cached_walk.hpp"
#include "mtk_m4u_v1.hpp"

namespace soc::m4u_v1 {

namespace {

constexpr M4uV1PageTable format;
// All ports share the one table.
constexpr unsigned context = 0;

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
    if (!smi_.translated(txn.stream))
        return bypassed(txn);
    return translated(txn);
}

TranslateResult MtkM4uV1::translated(const Transaction &txn)
{
    const IotlbEntry entry = cached_or_walked(tlb_, counters_, context, txn.address >> M4uV1PageTable::page_shift, txn,
                                              [&] { return walked(txn); });
    return outcome(entry, txn, M4uV1PageTable::page_shift);
}

IotlbEntry MtkM4uV1::walked(const Transaction &txn)
{
    if (!txn.debug)
        counters_.walk();
    const uint64_t table = table_.get();
    const uint64_t where = table + format.index(0, txn.address) * sizeof(M4uV1PageTable::Entry);
    // The M4U has 32 address lines, too.
    const WalkResult result = where >> shape_.address_bits ? WalkFault{FaultKind::walk_abort, 0}
                                                           : walk(host_.memory(), format, table, txn.address);
    return entry_of(result, M4uV1PageTable::page_shift);
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
            forget_outside(port, address, size);
}

}  // namespace soc::m4u_v1
