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

    // Stage 2 of one intermediate address, in tables alone: what the caller's cache does not know.
    WalkResult stage2(const Stream &, uint64_t ipa, const AccessKind &) const;

    // How stage 1 translates the addresses of its own tables, and its output, where the stream is nested: through
    // the caller's cache and stage2(). An entry for which needs_update() is true must have been walked anew.
    // Absent: stage 1 alone.
    using Stage2 = std::function<WalkResult(uint64_t ipa, const AccessKind &)>;

    // Stage 1; `input` is within the tables' range (select() chose `table`). With `nested`, the entry returned has
    // both stages' permissions and the smaller of both blocks; what either stage denies is a fault at once then,
    // since stage 2 is not asked about an access that stage 1 denies (Arm IHI 0070, 7.3.22).
    WalkResult stage1(const Context &, const TableBase &table, uint64_t input, const AccessKind &,
                      const Stage2 &nested) const;

    // Which half of the input range an address belongs to; nullptr: none, which is a translation fault.
    static const TableBase *select(const Context &, uint64_t input);
    // The address without the byte that TBI ignores: what a cache looks up and an invalidation names.
    static uint64_t canonical(const TableBase &, uint64_t input);

    // Whether an entry allows an access, and if not, the fault. Clean entries fail no write here: see needs_update().
    static std::optional<WalkFault> check(const TlbEntry &, uint64_t input, const AccessKind &);
    // Whether the write must walk again to set the dirty state.
    static bool needs_update(const TlbEntry &, const AccessKind &);

private:
    // Nothing: another agent changed the descriptor meanwhile, and all has to be read again.
    std::optional<WalkResult> try_stage1(const Context &, const TableBase &, uint64_t input, const AccessKind &,
                                         const Stage2 &nested, TableReader &) const;
    std::optional<WalkResult> try_stage2(const Stream &, uint64_t ipa, const AccessKind &, TableReader &) const;

    const Features &features_;
    GuestMemory &memory_;
    std::function<void()> count_walk_;
};

}  // namespace soc::smmuv3
