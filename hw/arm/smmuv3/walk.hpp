// Translation table walks, stage 1, stage 2 and nested, with update of access flag and dirty state.
// Arm ARM (DDI 0487) D8 for the tables, Arm IHI 0070 3.13 for HTTU and 7.3 for what a fault is called.
//
// Threads: any; a Walker holds no state of its own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <variant>

#include "context.hpp"
#include "event.hpp"
#include "features.hpp"
#include "soc-iommu/guest_memory.hpp"
#include "tlb.hpp"
#include "walk_cache.hpp"

namespace soc::smmuv3 {

// The attributes of an access after STE.PRIVCFG and INSTCFG were applied.
struct AccessKind {
    Access access = Access::read;
    bool privileged = false;
    bool instruction = false;
    bool may_update = true;  // false: a debugger's, which leaves no trace in the tables
    bool table_access = false;  // of a stage 1 descriptor or a context descriptor, at stage 2: S2PTW counts
};

struct WalkFault {
    EventId id = EventId::f_translation;
    EventClass cls = EventClass::in;
    unsigned stage = 1;
    int level = -1;
    uint64_t ipa = 0;            // stage 2 faults
    uint64_t fetch_address = 0;  // f_walk_eabt
    bool tt_read = true;         // stage 2 fault of a stage 1 walk: was it to read the descriptor
};

using WalkResult = std::variant<TlbEntry, WalkFault>;

class TableReader;

class Walker {
public:
    Walker(const Features &, GuestMemory &, std::function<void()> count_walk);

    // The entry that a walk returns may deny the access it was made for: see check(). Its access flag and, where it
    // allows the access and that is a write, its dirty state are then set in memory. The contiguous hint is not used.
    // A walk starts at the lowest table of `known` that lies on its way; nullptr: at the root.

    // Stage 2 of one intermediate address, in tables alone: what the caller's cache does not know.
    WalkResult stage2(const Stream &, uint64_t ipa, const AccessKind &, const KnownTables *known) const;

    // How stage 1 translates the addresses of its own tables, and its output, where the stream is nested: through
    // the caller's cache and stage2(). An entry for which needs_update() is true must have been walked anew.
    // Absent: stage 1 alone.
    using Stage2 = std::function<WalkResult(uint64_t ipa, const AccessKind &)>;

    // Stage 1; `input` is within the tables' range (select() chose `table`). With `nested`, the entry returned has
    // both stages' permissions and the smaller of both blocks; what either stage denies is a fault at once then,
    // since stage 2 is not asked about an access that stage 1 denies (Arm IHI 0070, 7.3.22).
    WalkResult stage1(const Context &, const TableBase &table, uint64_t input, const AccessKind &,
                      const Stage2 &nested, const KnownTables *known) const;

    // Which half of the input range an address belongs to; nullptr: none, which is a translation fault.
    static const TableBase *select(const Context &, uint64_t input);
    // The address without the byte that TBI ignores: what a cache looks up and an invalidation names.
    static uint64_t canonical(const TableBase &, uint64_t input);

    static bool allows(const TlbEntry &entry, const AccessKind &kind)
    {
        return stage1_allows(entry, kind) && stage2_allows(entry, kind);
    }
    // Whether an entry allows an access, and if not, the fault. Clean entries fail no write here: see needs_update().
    static std::optional<WalkFault> check(const TlbEntry &, uint64_t input, const AccessKind &);
    // Whether the write must walk again to set the dirty state.
    static bool needs_update(const TlbEntry &, const AccessKind &);
    // Whether the entry, from a cache, is what the access would get: a debugger's write looks into the tables where
    // another one would change them.
    static bool is_enough(const TlbEntry &, const AccessKind &);

private:
    // What each stage says.
    static bool stage1_allows(const TlbEntry &, const AccessKind &);
    static bool stage2_allows(const TlbEntry &, const AccessKind &);
    // Nothing: another agent changed the descriptor meanwhile, and all has to be read again.
    std::optional<WalkResult> try_stage1(const Context &, const TableBase &, uint64_t input, const AccessKind &,
                                         const Stage2 &nested, const KnownTables *, TableReader &) const;
    std::optional<WalkResult> try_stage2(const Stream &, uint64_t ipa, const AccessKind &, const KnownTables *,
                                         TableReader &) const;

    const Features &features_;
    GuestMemory &memory_;
    std::function<void()> count_walk_;
};

// What every hit asks is inline.

// IHI 0070, 3.4.1: all bits from the input size up to 63, or 55 with TBI, equal bit 55. EL2 has one half only.
inline const TableBase *Walker::select(const Context &context, uint64_t input)
{
    const bool upper = context.regime != Regime::el2 && (input >> 55 & 1);
    const TableBase &table = context.table[upper];
    if (table.disabled)
        return nullptr;
    const unsigned bits = table.top_byte_ignored ? 56 : 64;
    const uint64_t outside = (upper ? ~input : input) << (64 - bits) >> (64 - bits) >> table.input_bits;
    return outside ? nullptr : &table;
}

inline uint64_t Walker::canonical(const TableBase &table, uint64_t input)
{
    return table.top_byte_ignored ? uint64_t(int64_t(input << 8) >> 8) : input;
}

inline bool Walker::stage1_allows(const TlbEntry &entry, const AccessKind &kind)
{
    if (kind.access == Access::write)
        return kind.privileged ? entry.priv_write : entry.user_write;
    if (kind.instruction)
        return kind.privileged ? entry.priv_execute : entry.user_execute;
    return kind.privileged ? entry.priv_read : entry.user_read;
}

inline bool Walker::stage2_allows(const TlbEntry &entry, const AccessKind &kind)
{
    if (kind.table_access && entry.s2_bars_tables)
        return false;
    if (kind.access == Access::write)
        return entry.s2_write;
    if (kind.instruction)
        return kind.privileged ? entry.s2_execute : entry.s2_user_execute;
    return entry.s2_read;
}

inline bool Walker::needs_update(const TlbEntry &entry, const AccessKind &kind)
{
    return kind.may_update && !is_enough(entry, kind);
}

inline bool Walker::is_enough(const TlbEntry &entry, const AccessKind &kind)
{
    return kind.access != Access::write || !(entry.s1_clean || entry.s2_clean);
}

}  // namespace soc::smmuv3
