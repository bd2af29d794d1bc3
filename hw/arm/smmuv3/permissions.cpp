// SPDX-License-Identifier: GPL-2.0-or-later
#include "permissions.hpp"

#include "pagetable/arm_lpae.hpp"
#include "walk.hpp"

namespace soc::smmuv3 {

namespace {

// Stage 2's memory type: Device, with MemAttr as HCR_EL2.FWB redefines it (D8.6, STE.S2FWB).
bool is_device(const Stream &stream, uint64_t descriptor)
{
    const uint64_t attributes = lpae_entry::MemAttr::get(descriptor);
    return stream.s2_force_write_back ? !(attributes & 4) : !(attributes & 0xc);
}

}  // namespace

void allow_stage1(TlbEntry &entry, const Context &context, const TableBase &table, uint64_t descriptor,
                  uint64_t tables)
{
    if (table.hierarchy_ignored)
        tables = 0;
    const bool one_level = context.regime == Regime::el2;
    const bool clean = context.update_access && context.update_dirty && lpae_entry::DBM::get(descriptor) &&
                       lpae_entry::ReadOnly::get(descriptor);
    // A writable-clean entry counts as writable, for execution too (D8.5.2.2).
    const bool writable =
        (clean || !lpae_entry::ReadOnly::get(descriptor)) && !lpae_entry::APTableReadOnly::get(tables);
    const bool no_execute = lpae_entry::UXN::get(descriptor) || lpae_entry::UXNTable::get(tables);
    entry.s1_clean = clean && writable;
    if (one_level) {
        // AP[1], APTable[0], PXN and PXNTable mean nothing (IHI 0070, 3.3.4), and neither does the privilege.
        entry.priv_read = entry.user_read = true;
        entry.priv_write = entry.user_write = writable;
        entry.priv_execute = entry.user_execute = !no_execute && !(context.wxn && writable);
        return;
    }
    const bool user = lpae_entry::User::get(descriptor) && !lpae_entry::APTableNoUser::get(tables);
    const bool priv_no_execute = lpae_entry::PXN::get(descriptor) || lpae_entry::PXNTable::get(tables);
    entry.user_read = user;
    entry.user_write = user && writable;
    entry.user_execute = !no_execute && !(context.wxn && entry.user_write);
    // What the unprivileged can write the privileged never execute, so that UWXN has nothing to add (CD.UWXN).
    entry.priv_execute = !priv_no_execute && !entry.user_write && !(context.wxn && writable);
    entry.priv_read = !(context.pan && user);
    entry.priv_write = writable && entry.priv_read;
}

void allow_stage2(TlbEntry &entry, const Stream &stream, uint64_t descriptor)
{
    entry.s2_clean = stream.s2_update_access && stream.s2_update_dirty && lpae_entry::DBM::get(descriptor) &&
                     !lpae_entry::S2Write::get(descriptor);
    entry.s2_read = lpae_entry::S2Read::get(descriptor);
    entry.s2_write = lpae_entry::S2Write::get(descriptor) || entry.s2_clean;
    // XN[1:0], bits 54 and 53, table D8-78: 0 all, 1 the unprivileged alone, 2 nobody, 3 the privileged alone.
    const bool xn1 = lpae_entry::UXN::get(descriptor), xn0 = lpae_entry::PXN::get(descriptor);
    entry.s2_execute = xn1 == xn0;
    entry.s2_user_execute = !xn1;
    entry.s2_bars_tables = stream.s2_protected_walk && is_device(stream, descriptor);
}

std::optional<WalkFault> Walker::check(const TlbEntry &entry, uint64_t input, const AccessKind &kind)
{
    if (!stage1_allows(entry, kind))
        return WalkFault{.id = EventId::f_permission, .stage = 1, .level = entry.level};
    if (!stage2_allows(entry, kind))
        return WalkFault{.id = EventId::f_permission, .stage = 2, .level = entry.level,
                         .ipa = entry.ipa | (input & ((1ull << entry.block_shift) - 1)),
                         .tt_read = kind.access == Access::read};
    return std::nullopt;
}

}  // namespace soc::smmuv3
