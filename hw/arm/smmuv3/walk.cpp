// SPDX-License-Identifier: GPL-2.0-or-later
#include "walk.hpp"

#include <algorithm>
#include <utility>

#include "pagetable/arm_lpae.hpp"
#include "permissions.hpp"
#include "table_reader.hpp"

namespace soc::smmuv3 {

namespace {

// Each attempt but the last fails only because another agent changed the very descriptor: software that does so
// forever gets an abort of its transaction.
constexpr unsigned attempts = 16;

constexpr uint64_t below(unsigned shift) { return (1ull << shift) - 1; }

struct Leaf {
    uint64_t output;              // of the input address
    uint64_t descriptor_address;  // as the tables have it: with stage 2 beneath, an intermediate one
    uint64_t descriptor;
    uint64_t tables;  // the descriptors on the way, or'ed together: APTable and its like only ever take away
    uint8_t block_shift;
    uint8_t level;
};

// Where a walk starts: the root, or the lowest table on its way that an earlier walk passed.
struct Start {
    unsigned level;
    unsigned input_bits;  // resolved from here on
    WalkCache::Table table;
};

Start start_of(const TableBase &root, unsigned output_bits, const KnownTables *known, uint64_t input)
{
    const unsigned granule = root.granule_shift;
    if (known) {
        WalkCache::Table table;
        for (unsigned level = lpae::last_level; level > root.start_level; --level)
            if (known->cache.find(known->tag, level, input, table))
                return {.level = level, .input_bits = lpae::entry_shift(granule, level - 1), .table = table};
    }
    // A base beyond the output size makes the configuration ILLEGAL (IHI 0070, 3.4.3): it does not come here.
    const uint64_t size = lpae::start_table_size(granule, root.input_bits, root.start_level);
    return {.level = root.start_level, .input_bits = root.input_bits,
            .table = {.address = lpae::start_table(root.address, size, output_bits)}};
}

// The format of one walk, which keeps account of the tables that it passes.
class Descent {
public:
    using Entry = ArmLpae::Entry;

    Descent(const ArmLpae &format, const KnownTables *known, uint64_t &attributes)
        : format_(format), known_(known && known->remember ? known : nullptr), attributes_(attributes)
    {
    }

    unsigned levels() const { return format_.levels(); }
    uint64_t index(unsigned step, uint64_t input) const { return format_.index(step, input); }
    DecodedEntry decode(unsigned step, Entry entry, uint64_t input) const
    {
        const DecodedEntry decoded = format_.decode(step, entry, input);
        if (const auto *table = std::get_if<TableEntry>(&decoded)) {
            attributes_ |= entry;
            if (known_)
                known_->cache.insert(known_->tag, format_.level(step) + 1, input, known_->stamp,
                                     {.address = table->next, .attributes = attributes_});
        }
        return decoded;
    }

private:
    const ArmLpae &format_;
    const KnownTables *known_;
    uint64_t &attributes_;
};

static_assert(PageTableFormat<Descent>);

std::variant<Leaf, WalkFault> descend(TableReader &reader, const TableBase &root, unsigned output_bits, unsigned oas,
                                      unsigned stage, const KnownTables *known, uint64_t input)
{
    output_bits = std::min(output_bits, oas);
    Start start = start_of(root, output_bits, known, input);
    const ArmLpae format({.granule_shift = root.granule_shift, .input_bits = start.input_bits,
                          .start_level = start.level, .output_bits = output_bits, .oas = oas});
    uint64_t &tables = start.table.attributes;
    const soc::WalkResult result = walk(reader, Descent(format, known, tables), start.table.address, input);
    if (const auto *failed = std::get_if<soc::WalkFault>(&result)) {
        WalkFault fault{.id = EventId::f_translation, .stage = stage};
        if (failed->kind == FaultKind::walk_abort)
            fault = reader.fault();
        else if (failed->kind == FaultKind::address_size)
            fault.id = EventId::f_addr_size;
        // A stage 2 fault on the way to a stage 1 descriptor has the level that it had there.
        if (fault.stage == stage)
            fault.level = int(format.level(failed->level));
        return fault;
    }
    const auto &found = std::get<WalkLeaf>(result);
    return Leaf{.output = found.leaf.address,
                .descriptor_address = found.entry_address,
                .descriptor = found.entry,
                .tables = tables,
                .block_shift = uint8_t(format.block_shift(found.level)),
                .level = uint8_t(format.level(found.level))};
}

enum class Update { done, changed, failed };

Update update(TableReader &reader, const Leaf &leaf, uint64_t desired)
{
    if (desired == leaf.descriptor)
        return Update::done;
    const auto found = reader.compare_exchange(leaf.descriptor_address, sizeof desired, leaf.descriptor, desired);
    if (!found)
        return Update::failed;
    return *found == leaf.descriptor ? Update::done : Update::changed;
}

TlbEntry block_of(const Leaf &leaf)
{
    TlbEntry entry;
    entry.output = entry.ipa = leaf.output & ~below(leaf.block_shift);
    entry.block_shift = leaf.block_shift;
    entry.level = leaf.level;
    return entry;
}

// Stage 2 beneath stage 1: the smaller block, and both stages' permissions.
void put_beneath(TlbEntry &entry, uint64_t ipa, const TlbEntry &stage2)
{
    const uint64_t physical = stage2.output | (ipa & below(stage2.block_shift));
    entry.block_shift = std::min(entry.block_shift, stage2.block_shift);
    entry.ipa = ipa & ~below(entry.block_shift);
    entry.output = physical & ~below(entry.block_shift);
    entry.s2_read = stage2.s2_read;
    entry.s2_write = stage2.s2_write;
    entry.s2_execute = stage2.s2_execute;
    entry.s2_user_execute = stage2.s2_user_execute;
    entry.s2_bars_tables = stage2.s2_bars_tables;
    entry.s2_clean = stage2.s2_clean;
}

}  // namespace

Walker::Walker(const Features &features, GuestMemory &memory, std::function<void()> count_walk)
    : features_(features), memory_(memory), count_walk_(std::move(count_walk))
{
}

WalkResult Walker::stage1(const Context &context, const TableBase &table, uint64_t input, const AccessKind &kind,
                          const Stage2 &nested, const KnownTables *known) const
{
    if (kind.may_update)
        count_walk_();
    TableReader reader(memory_, nested ? &nested : nullptr, 1, kind.may_update);
    for (unsigned i = 0; i < attempts; ++i)
        if (auto result = try_stage1(context, table, input, kind, nested, known, reader))
            return *result;
    return reader.abort();
}

std::optional<WalkResult> Walker::try_stage1(const Context &context, const TableBase &table, uint64_t input,
                                             const AccessKind &kind, const Stage2 &nested, const KnownTables *known,
                                             TableReader &reader) const
{
    const auto found =
        descend(reader, table, context.output_bits, features_.oas, 1, known, canonical(table, input));
    if (const auto *fault = std::get_if<WalkFault>(&found))
        return *fault;
    const Leaf &leaf = std::get<Leaf>(found);
    const bool accessed = lpae_entry::AF::get(leaf.descriptor);
    if (!accessed && !context.update_access && context.access_flag_faults)
        return WalkFault{.id = EventId::f_access, .stage = 1, .level = leaf.level};

    TlbEntry entry = block_of(leaf);
    // EL2 without E2H has no ASIDs, and nG no meaning.
    entry.global = context.regime == Regime::el2 || !lpae_entry::nG::get(leaf.descriptor);
    allow_stage1(entry, context, table, leaf.descriptor, leaf.tables);
    const auto denied = check(entry, input, kind);
    if (nested) {
        if (denied)
            return *denied;
        const WalkResult beneath = nested(leaf.output, kind);
        if (const auto *fault = std::get_if<WalkFault>(&beneath))
            return *fault;
        const auto &stage2 = std::get<TlbEntry>(beneath);
        if (const auto fault = check(stage2, leaf.output, kind))
            return *fault;
        put_beneath(entry, leaf.output, stage2);
    }
    if (!kind.may_update)
        return entry;
    // Only now, that the write is known to go through: a page that is not written stays clean. The order of the
    // faults that stage 2 may raise here and above is free (Arm ARM, D8.5.2.1).
    uint64_t desired = leaf.descriptor;
    if (context.update_access)
        desired = lpae_entry::AF::put(desired, 1);
    const bool dirtied = entry.s1_clean && kind.access == Access::write && !denied;
    if (dirtied)
        desired = lpae_entry::ReadOnly::put(desired, 0);
    switch (update(reader, leaf, desired)) {
    case Update::changed:
        return std::nullopt;
    case Update::failed: {
        WalkFault fault = reader.fault();
        if (fault.stage == 1)
            fault.level = leaf.level;
        return fault;
    }
    case Update::done:
        break;
    }
    entry.s1_clean = entry.s1_clean && !dirtied;
    return entry;
}

WalkResult Walker::stage2(const Stream &stream, uint64_t ipa, const AccessKind &kind, const KnownTables *known) const
{
    if (kind.may_update)
        count_walk_();
    TableReader reader(memory_, nullptr, 2, kind.may_update);
    for (unsigned i = 0; i < attempts; ++i)
        if (auto result = try_stage2(stream, ipa, kind, known, reader)) {
            if (auto *fault = std::get_if<WalkFault>(&*result))
                fault->ipa = ipa;
            return *result;
        }
    WalkFault fault = reader.abort();
    fault.ipa = ipa;
    return fault;
}

std::optional<WalkResult> Walker::try_stage2(const Stream &stream, uint64_t ipa, const AccessKind &kind,
                                             const KnownTables *known, TableReader &reader) const
{
    // 3.4: an address beyond the range that S2T0SZ gives. There is no descriptor to blame.
    if (ipa >> stream.stage2.input_bits)
        return WalkFault{.id = EventId::f_translation, .stage = 2, .level = 0};
    const auto found = descend(reader, stream.stage2, stream.s2_output_bits, features_.oas, 2, known, ipa);
    if (const auto *fault = std::get_if<WalkFault>(&found))
        return *fault;
    const Leaf &leaf = std::get<Leaf>(found);
    const bool accessed = lpae_entry::AF::get(leaf.descriptor);
    if (!accessed && !stream.s2_update_access && stream.s2_access_flag_faults)
        return WalkFault{.id = EventId::f_access, .stage = 2, .level = leaf.level};

    TlbEntry entry = block_of(leaf);
    entry.ipa = ipa & ~below(leaf.block_shift);
    allow_stage2(entry, stream, leaf.descriptor);
    if (!kind.may_update)
        return entry;
    uint64_t desired = leaf.descriptor;
    if (stream.s2_update_access)
        desired = lpae_entry::AF::put(desired, 1);
    const bool dirtied = entry.s2_clean && kind.access == Access::write && !check(entry, ipa, kind);
    if (dirtied)
        desired = lpae_entry::S2Write::put(desired, 1);
    switch (update(reader, leaf, desired)) {
    case Update::changed:
        return std::nullopt;
    case Update::failed: {
        WalkFault fault = reader.fault();
        fault.level = leaf.level;
        return fault;
    }
    case Update::done:
        break;
    }
    entry.s2_clean = entry.s2_clean && !dirtied;
    return entry;
}

}  // namespace soc::smmuv3
