// One walker for every page-table format. A format says how to read an entry; the walker says where it lies.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <concepts>
#include <cstdint>
#include <variant>

#include "soc-iommu/guest_memory.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc {

// What an entry turned out to be.
struct TableEntry {
    uint64_t next = 0;  // physical address of the next table
};
struct LeafEntry {
    uint64_t address = 0;  // output address of the input address asked for
    uint64_t mask = 0;     // block size - 1
    Perm perm = Perm::none;
};
struct BadEntry {
    FaultKind kind = FaultKind::translation;
};
using DecodedEntry = std::variant<TableEntry, LeafEntry, BadEntry>;

// Levels count from 0, the root. `index` is the entry's number in its table.
template <typename F>
concept PageTableFormat = requires(const F &format, typename F::Entry entry, unsigned level, uint64_t input) {
    requires std::unsigned_integral<typename F::Entry>;
    { format.levels() } -> std::convertible_to<unsigned>;
    { format.index(level, input) } -> std::convertible_to<uint64_t>;
    { format.decode(level, entry, input) } -> std::same_as<DecodedEntry>;
};

struct WalkFault {
    FaultKind kind;
    unsigned level;
};
struct WalkLeaf {
    LeafEntry leaf;
    unsigned level;
    uint64_t entry_address;  // where the leaf entry lies: for an update of its flags
    uint64_t entry;          // the leaf entry as read
};
using WalkResult = std::variant<WalkLeaf, WalkFault>;

// Walks from the table at `root`. Touches at most format.levels() entries, whatever the guest wrote there.
template <PageTableFormat Format>
WalkResult walk(GuestMemory &memory, const Format &format, uint64_t root, uint64_t input)
{
    uint64_t table = root;
    for (unsigned level = 0; level < format.levels(); ++level) {
        const uint64_t where = table + format.index(level, input) * sizeof(typename Format::Entry);
        const auto entry = memory.load<typename Format::Entry>(where);
        if (!entry)
            return WalkFault{FaultKind::walk_abort, level};
        const DecodedEntry decoded = format.decode(level, *entry, input);
        if (const auto *bad = std::get_if<BadEntry>(&decoded))
            return WalkFault{bad->kind, level};
        if (const auto *leaf = std::get_if<LeafEntry>(&decoded))
            return WalkLeaf{*leaf, level, where, *entry};
        table = std::get<TableEntry>(decoded).next;
    }
    return WalkFault{FaultKind::translation, format.levels() - 1};
}

}  // namespace soc
