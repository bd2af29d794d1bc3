// From a client's transaction to an address: whether it is translated, the TLB, the tables by way of their own cache;
// and what a fault leaves in the error registers.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cached_walk.hpp"
#include "pagetable/tegra_smmu.hpp"
#include "soc-iommu/field.hpp"
#include "tegra_smmu.hpp"

namespace soc::tegra_smmu {

namespace {

namespace table = tegra_smmu_table;
namespace mc_int = tegra::mc_int;

// ERR_STATUS: drivers/memory/tegra/mc.h, MC_ERR_STATUS_*.
using Type = Field<30, 28>;
enum TypeValue : uint64_t { emem_decode_error = 2, invalid_smmu_page = 6 };
using Readable = Field<27>;
using Writable = Field<26>;
using NonSecure = Field<25>;
using AddressHigh = Field<21, 20>;
using Write = Field<16>;
using ClientId = Field<7, 0>;

// SMMU_PTC_CONFIG
using PtcEnable = Field<29>;

constexpr unsigned ptc_client = 0;  // the SMMU itself, when it reads tables

// A TLB entry's page is a frame's number; this bit of it says that the entry's NONSECURE is set. It is in faults, too.
constexpr uint64_t nonsecure = 1ull << 32;

}  // namespace

TranslateResult TegraSmmu::lookup(const Transaction &txn)
{
    const Route *found = route(txn.stream);
    if (!found)
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (!hot_reset_.passes(found->client->unit))
        return Fault{.kind = FaultKind::disabled, .transaction = txn};
    if (txn.address >> smmu_.address_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    if (!translates(*found))
        return passed(txn);
    if (txn.address >> table::input_bits)
        return Fault{.kind = FaultKind::address_size, .transaction = txn};
    return translated(txn, asid_of(*found));
}

// The memory controller answers for memory only; what is none it reports. Page by page, as memory comes in pages.
TranslateResult TegraSmmu::passed(const Transaction &txn)
{
    if (!is_memory(txn.address)) {
        const Fault fault{.kind = FaultKind::bus, .transaction = txn};
        report(fault, {});
        return fault;
    }
    if (!txn.debug)
        counters_.bypass();
    return Translation{txn.address, table::page_mask, Perm::rw};
}

TranslateResult TegraSmmu::translated(const Transaction &txn, unsigned asid)
{
    IotlbEntry entry = cached_or_walked(tlb_, counters_, asid, txn.address >> table::page_shift, txn,
                                        [&] { return walked(txn, asid); });
    const IotlbEntry kept = entry;
    entry.page &= ~nonsecure;
    const TranslateResult result = outcome(entry, txn, table::page_shift);
    if (const Fault *fault = std::get_if<Fault>(&result))
        report(*fault, kept);
    return result;
}

// What no level permits at all is nothing that is mapped: there is no other bit that would say so.
IotlbEntry TegraSmmu::walked(const Transaction &txn, unsigned asid)
{
    if (!txn.debug)
        counters_.walk();
    // A table that a mutation keeps from being invalidated would hide what is mapped next to it.
    const bool keep = !txn.debug && PtcEnable::get(ptc_config_.get()) && !mutation::stale;
    uint32_t word = spaces_.root(asid), permitted = word;
    int reached = -1;
    for (unsigned level = 0; level < table::levels && table::perm(permitted) != Perm::none; ++level) {
        const uint64_t where = table::entry_address(level, table::address(word, smmu_.address_bits), txn.address);
        const auto read = ptc_.load(host_.memory(), where, keep);
        if (!read) {
            if (!txn.debug)
                report_lost_table(where);
            return {.fault = FaultKind::walk_abort, .level = int(level)};
        }
        word = *read;
        permitted &= word;
        reached = int(level);
        const bool leaf = level + 1 == table::levels || !table::Next::get(word);
        if (table::perm(permitted) == Perm::none || !leaf)
            continue;
        uint64_t address = table::address(word, smmu_.address_bits);
        if (level == 0)
            address = (address & ~table::section_mask) | (txn.address & table::section_mask & ~table::page_mask);
        IotlbEntry entry{.page = address >> table::page_shift, .perm = table::perm(permitted), .level = int(level)};
        if (!is_memory(address))
            entry.fault = FaultKind::bus;
        if (table::NonSecure::get(permitted))
            entry.page |= nonsecure;
        return entry;
    }
    IotlbEntry entry{.fault = FaultKind::translation, .level = reached};
    if (table::NonSecure::get(permitted))
        entry.page = nonsecure;
    return entry;
}

bool TegraSmmu::is_memory(uint64_t address)
{
    uint8_t byte;
    return host_.memory().read(address, &byte, 1);
}

// Logs of real Tegra30, Tegra124 and Tegra210 have a line for either interrupt after a page fault, both of the type
// "SMMU translation error" and with one address; see README.md.
void TegraSmmu::report(const Fault &fault, const IotlbEntry &entry)
{
    const Transaction &txn = fault.transaction;
    if (txn.debug || fault.kind == FaultKind::walk_abort)
        return;
    const bool write = txn.access == Access::write;
    uint64_t status = ClientId::of(txn.stream) | Write::of(write) | AddressHigh::of(txn.address >> 32);
    const bool decode = fault.kind == FaultKind::bus;
    if (decode)
        status |= Type::of(emem_decode_error);
    else
        status |= Type::of(invalid_smmu_page) | Readable::of(allows(entry.perm, Access::read)) |
                  Writable::of(allows(entry.perm, Access::write)) | NonSecure::of(!!(entry.page & nonsecure));
    errors_.raise(decode ? mc_int::decerr_emem : mc_int::decerr_emem | mc_int::invalid_smmu_page, uint32_t(status),
                  uint32_t(txn.address));
    log_.error(std::string(route(txn.stream)->client->name) + (write ? ": write at " : ": read at ") +
               hex(txn.address) + (decode ? ": no memory there" : ": no page that permits it"));
    host_.defer();
}

void TegraSmmu::report_lost_table(uint64_t address)
{
    errors_.raise(mc_int::decerr_emem,
                  uint32_t(ClientId::of(ptc_client) | Type::of(emem_decode_error) | AddressHigh::of(address >> 32)),
                  uint32_t(address));
    log_.error("page table at " + hex(address) + ": no memory there");
    host_.defer();
}

void TegraSmmu::flush_tlb(std::optional<unsigned> asid, uint32_t first_page, uint32_t last_page)
{
    counters_.invalidation();
    if (mutation::stale)
        return;
    const unsigned begin = asid.value_or(0), end = asid ? *asid + 1 : smmu_.asids;
    for (unsigned each = begin; each < end; ++each)
        tlb_.invalidate_range(each, first_page, last_page);
    const uint64_t address = uint64_t(first_page) << table::page_shift;
    const uint64_t size = uint64_t(last_page - first_page + 1) << table::page_shift;
    for (uint32_t stream = 0; stream < routes_.size(); ++stream)
        if (const Route *found = route(stream))
            if (translates(*found) && (!asid || *asid == asid_of(*found)))
                forget_outside(stream, address, size);
}

void TegraSmmu::flush_ptc(std::optional<uint64_t> address)
{
    if (mutation::stale)
        return;
    if (address)
        ptc_.flush(*address);
    else
        ptc_.flush_all();
}

}  // namespace soc::tegra_smmu
