// From a transaction to an address: the entry of its LIODN, the window, the subwindow, the operation.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "control.hpp"
#include "fsl_pamu.hpp"

namespace soc::pamu {

using namespace paact;

namespace {

// Levels of a fault: none before a table was looked at.
constexpr int before_tables = -1, in_primary = 0, in_secondary = 1;
constexpr unsigned page_bits = 12;  // PAMU_PAGE_SHIFT: the smallest window

}  // namespace

TranslateResult FslPamu::lookup(const Transaction &txn)
{
    const unsigned pamu = txn.stream < pci_streams ? txn.stream / liodns : 0;
    if (txn.stream >= shape_.streams || pamu >= options_.pamus)  // wired to no PAMU
        return Fault{.kind = FaultKind::unknown_stream, .transaction = txn};
    if (bypasses(pamu))
        return bypassed(txn);
    Request request{txn, pamu, liodn_of(txn.stream)};
    const uint32_t control = control_.get(pamu);
    if (control::GateClosed::get(control))
        return refused(request, Violation::gate_closed, FaultKind::disabled, before_tables);
    if (!control::Enable::get(control))
        return refused(request, Violation::pamu_disabled, FaultKind::disabled, before_tables);
    TranslateResult result = through_window(request);
    if (!txn.debug && request.all_cached)
        counters_.hit();
    else if (!txn.debug) {
        counters_.miss();
        counters_.walk();
    }
    const auto *fault = std::get_if<Fault>(&result);
    if (mutation::isolation && fault && fault->kind == FaultKind::translation)
        return Translation{txn.address, block_mask(page_bits), Perm::rw};
    return result;
}

// A refusal is in the PAMU's registers, unless a debugger asked.
Fault FslPamu::refused(const Request &request, Violation why, FaultKind kind, int level)
{
    if (!request.txn.debug) {
        violations_.latch(request.pamu, why, request.liodn, request.txn.address);
        host_.defer();
    }
    return Fault{.kind = kind, .transaction = request.txn, .level = level};
}

Fault FslPamu::unreadable(const Request &request, uint64_t where, int level)
{
    if (!request.txn.debug)
        violations_.latch_operation_error(request.pamu, where);
    return Fault{.kind = FaultKind::walk_abort, .transaction = request.txn, .level = level};
}

FslPamu::Found FslPamu::entry(Request &request, const Table &table, uint64_t number, uint32_t cacheable, int level)
{
    const uint64_t base = table.base.get(request.pamu), limit = table.limit.get(request.pamu);
    if (limit < base || (limit - base) / entry_size <= number)
        return refused(request, level == in_primary ? Violation::not_in_table : Violation::subwindow_invalid,
                       level == in_primary ? FaultKind::unknown_stream : FaultKind::translation, level);
    const uint64_t where = base + number * entry_size;
    const bool caches = keeps_entries() && control_.get(request.pamu) & cacheable;
    const uint64_t generation = cache_.generation();
    Entry found;
    if (caches && cache_.find(request.pamu, where, found))
        return found;
    request.all_cached = false;
    std::array<uint8_t, words * 4> bytes;
    if (!host_.memory().read(where, bytes.data(), bytes.size()))
        return unreadable(request, where, level);
    found = Entry::from_bytes(bytes);
    if (caches && !request.txn.debug)
        cache_.insert(request.pamu, where, generation, found);
    return found;
}

TranslateResult FslPamu::through_window(Request &request)
{
    const Found found = entry(request, primary_, request.liodn, control::CachePrimary::mask, in_primary);
    if (const auto *fault = std::get_if<Fault>(&found))
        return *fault;
    const Entry &primary = std::get<Entry>(found);
    if (!primary.valid())
        return refused(request, Violation::entry_invalid, FaultKind::disabled, in_primary);
    if (primary.type() != Type::primary || primary.window_bits() < page_bits)
        return refused(request, Violation::entry_illegal, FaultKind::configuration, in_primary);
    // A window lies at a multiple of its size: lower bits of the base do not count.
    if ((request.txn.address ^ primary.window_base()) & ~block_mask(primary.window_bits()))
        return refused(request, Violation::outside_window, FaultKind::translation, in_primary);
    if (primary.has_subwindows())
        return through_subwindow(request, primary);
    return passed(request, primary, primary.window_bits(), in_primary);
}

// The first subwindow is in the primary entry itself, the others in consecutive secondary ones.
TranslateResult FslPamu::through_subwindow(Request &request, const Entry &primary)
{
    const unsigned count_bits = primary.subwindow_count_bits();
    if (count_bits > options_.subwindow_bits || primary.window_bits() < page_bits + count_bits)
        return refused(request, Violation::entry_illegal, FaultKind::configuration, in_primary);
    const unsigned stride_bits = primary.window_bits() - count_bits;
    const uint64_t number = (request.txn.address & block_mask(primary.window_bits())) >> stride_bits;
    Entry chosen = primary;
    int level = in_primary;
    if (number) {
        level = in_secondary;
        const Found found = entry(request, secondary_, uint64_t(primary.first_secondary()) + number - 1,
                                  control::CacheSecondary::mask, in_secondary);
        if (const auto *fault = std::get_if<Fault>(&found))
            return *fault;
        chosen = std::get<Entry>(found);
        if (!chosen.valid())
            return refused(request, Violation::subwindow_invalid, FaultKind::translation, level);
        if (chosen.type() != Type::secondary || chosen.liodn() != request.liodn)
            return refused(request, Violation::entry_illegal, FaultKind::configuration, level);
    }
    const unsigned bits = std::min(chosen.subwindow_bits(), stride_bits);
    if (request.txn.address & block_mask(stride_bits) & ~block_mask(bits))
        return refused(request, Violation::outside_subwindow, FaultKind::translation, level);
    return passed(request, chosen, bits, level);
}

// In a window of 2^bits bytes, of which this is the entry.
TranslateResult FslPamu::passed(const Request &request, const Entry &entry, unsigned bits, int level)
{
    const Transaction &txn = request.txn;
    const Perm perm = mutation::readonly ? Perm::rw : entry.perm();
    if (!allows(perm, txn.access))
        return refused(request, txn.access == Access::write ? Violation::write_denied : Violation::read_denied,
                       FaultKind::permission, level);
    if (entry.atm() > uint32_t(AddressTranslation::window))
        return refused(request, Violation::entry_illegal, FaultKind::configuration, level);
    if (const auto fault = operation_refused(request, entry, level))
        return *fault;
    const uint64_t mask = block_mask(bits);
    const bool translates = entry.atm() == uint32_t(AddressTranslation::window);
    Translation out{translates ? (entry.translated_base() & ~mask) | (txn.address & mask) : txn.address, mask, perm};
    if (mutation::dma)
        out.mask &= block_mask(page_bits);  // nothing but the device's own page is to be spoiled
    mutation::misdirect(out, txn);
    return out;
}

// What becomes of the operation, a read or a write, is the caches' concern. Whether it is one that the device may start
// is the PAMU's.
std::optional<Fault> FslPamu::operation_refused(const Request &request, const Entry &entry, int level)
{
    switch (entry.otm()) {
    case uint32_t(OperationTranslation::none):
    case uint32_t(OperationTranslation::immediate):
        return std::nullopt;
    case uint32_t(OperationTranslation::indexed):
        return operation_not_in_table(request, entry, level);
    default:
        return refused(request, Violation::bad_operation_table, FaultKind::configuration, level);
    }
}

std::optional<Fault> FslPamu::operation_not_in_table(const Request &request, const Entry &entry, int level)
{
    const uint64_t base = operations_.base.get(request.pamu), limit = operations_.limit.get(request.pamu);
    const uint8_t operation = request.txn.access == Access::write ? write_operation : read_operation;
    if (limit < base || (limit - base) / operation_entry_size <= entry.operation_index())
        return refused(request, Violation::bad_operation_table, FaultKind::configuration, level);
    const uint64_t where = base + entry.operation_index() * operation_entry_size + operation_index(operation);
    uint8_t mapped;
    if (!host_.memory().read(where, &mapped, 1))
        return unreadable(request, where, level);
    if (!(mapped & operation_valid))
        return refused(request, Violation::no_operation, FaultKind::permission, level);
    return std::nullopt;
}

}  // namespace soc::pamu
