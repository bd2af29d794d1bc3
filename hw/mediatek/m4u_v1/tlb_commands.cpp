// SPDX-License-Identifier: GPL-2.0-or-later
#include "tlb_commands.hpp"

#include "pagetable/m4u_v1.hpp"
#include "soc-iommu/field.hpp"

namespace soc::m4u_v1 {

namespace {

// INVALIDATE
using Range = Field<0>;  // F_MMU_INV_RANGE
using All = Field<1>;    // F_ALL_INVLD
// INV_SEL
using Enable = Field<1, 0>;  // F_INVLD_EN1, F_INVLD_EN0

constexpr uint32_t page_bits = ~uint32_t(M4uV1PageTable::page_mask);

}  // namespace

TlbCommands::TlbCommands(RegisterBank &bank, GuestLog &log, Invalidate invalidate)
    : log_(log), invalidate_(std::move(invalidate)),
      start_(bank.add({.name = "INVLD_START_A", .offset = 0x5c4, .writable = page_bits})),
      end_(bank.add({.name = "INVLD_END_A", .offset = 0x5c8, .writable = page_bits})),
      select_(bank.add({.name = "INV_SEL", .offset = 0x5d8, .writable = uint32_t(Enable::mask)})),
      done_(bank.add({.name = "CPE_DONE", .offset = 0x60c}))
{
    bank.add({.name = "INVALIDATE", .offset = 0x5c0, .write_only = true}).on_write([this](unsigned, uint32_t written) {
        command(written);
    });
    done_.on_write([this](unsigned, uint32_t written) { done_.set(done_.get() & written); });
}

void TlbCommands::command(uint32_t written)
{
    const bool selected = Enable::get(select_.get()) == Enable::max;
    if (!Range::get(written) && !All::get(written)) {
        log_.unimplemented("INVALIDATE " + hex(written));
        return;
    }
    if (!selected)
        log_.error("INVALIDATE with INV_SEL " + hex(select_.get()) + " drops nothing; both bits must be set");
    if (All::get(written) && selected)
        invalidate_(0, M4uV1PageTable::pages - 1);
    if (Range::get(written))
        invalidate_range(selected);
}

void TlbCommands::invalidate_range(bool selected)
{
    const uint32_t first = start_.get() >> M4uV1PageTable::page_shift;
    const uint32_t last = end_.get() >> M4uV1PageTable::page_shift;
    if (last < first)
        log_.error("INVALIDATE of a range that ends at " + hex(end_.get()) + ", before its start " + hex(start_.get()));
    else if (selected)
        invalidate_(first, last);
    done_.set(1);
}

}  // namespace soc::m4u_v1
