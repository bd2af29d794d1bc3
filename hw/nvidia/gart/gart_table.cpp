// SPDX-License-Identifier: GPL-2.0-or-later
#include "gart_table.hpp"

#include "pagetable/gart.hpp"

namespace soc::gart {

// ENTRY_ADDR keeps the bits that tell entries apart (Tegra 2 TRM: TABLE_ADDR is [24:12], for 8192 of them), so that
// software may write the whole address of the page, as Linux does.
GartTable::GartTable(unsigned count, RegisterBank &bank, std::function<void(unsigned index)> unmapped)
    : entries_(count), address_(bank.add({.name = "GART_ENTRY_ADDR",
                                          .offset = 0x28,
                                          .writable = (count - 1) << gart_entry::page_shift})),
      unmapped_(std::move(unmapped))
{
    bank.add({.name = "GART_ENTRY_DATA", .offset = 0x2c, .writable = gart_entry::bits, .volatile_value = true})
        .on_read([this](unsigned) { return entry(address_.get()); })
        .on_write([this](unsigned, uint32_t written) { write(written & gart_entry::bits); });
}

unsigned GartTable::index(uint64_t address) const
{
    return unsigned(address >> gart_entry::page_shift) & unsigned(entries_.size() - 1);
}

void GartTable::write(uint32_t value)
{
    const unsigned at = index(address_.get());
    const uint32_t old = entries_[at].exchange(value, std::memory_order_acq_rel);
    if (gart_entry::Valid::get(old) && old != value)
        unmapped_(at);
}

void GartTable::reset()
{
    for (auto &entry : entries_)
        entry.store(0, std::memory_order_release);
}

void GartTable::save(StateWriter &out) const
{
    out.section("gart-table", 1);
    for (const auto &entry : entries_)
        out.u32(entry.load(std::memory_order_acquire));
}

void GartTable::load(StateReader &in)
{
    in.section("gart-table", 1);
    for (auto &entry : entries_)
        entry.store(in.u32() & gart_entry::bits, std::memory_order_release);
}

}  // namespace soc::gart
