// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_record.hpp"

#include "mediatek/smi/smi.hpp"
#include "pagetable/m4u_v1.hpp"
#include "soc-iommu/field.hpp"

namespace soc::m4u_v1 {

namespace {

// INT_CONTROL and FAULT_ST share the layout; CLR is INT_CONTROL's alone.
constexpr uint32_t translation_fault = 1u << 0;
constexpr uint32_t table_walk_fault = 1u << 4;
constexpr uint32_t all_causes = 0xff;
using Clear = Field<12>;

// INT_ID. The driver takes four bits for the port, but larb 2 has 23 of them, and bit 12 is nobody else's.
using IdLarb = Field<15, 13>;  // 6 - larb (MT2701_M4U_TF_LARB)
using IdPort = Field<12, 8>;

uint32_t id_of(unsigned port)
{
    const unsigned larb = smi::larb_of(port);
    return uint32_t(IdLarb::of(6 - larb) | IdPort::of(port - smi::larbs[larb].first_port));
}

}  // namespace

FaultRecord::FaultRecord(RegisterBank &bank)
    : control_(bank.add({.name = "INT_CONTROL", .offset = 0x220, .writable = all_causes}))
{
    control_.on_write([this](unsigned, uint32_t written) {
        if (!Clear::get(written))
            return;
        std::lock_guard guard(lock_);
        state_.status = 0;
    });
    add_report(bank, "FAULT_ST", 0x224, &State::status);
    add_report(bank, "FAULT_VA", 0x228, &State::address);
    add_report(bank, "INT_ID", 0x388, &State::id);
    bank.add({.name = "INVLD_PA", .offset = 0x22c});
}

void FaultRecord::add_report(RegisterBank &bank, const char *name, uint32_t offset, uint32_t State::*field)
{
    bank.add({.name = name, .offset = offset, .volatile_value = true}).on_read([this, field](unsigned) {
        std::lock_guard guard(lock_);
        return state_.*field;
    });
}

void FaultRecord::latch(const Fault &fault)
{
    std::lock_guard guard(lock_);
    if (!state_.status) {
        state_.address = uint32_t(fault.transaction.address & ~M4uV1PageTable::page_mask);
        state_.id = id_of(fault.transaction.stream);
    }
    state_.status |= fault.kind == FaultKind::walk_abort ? table_walk_fault : translation_fault;
}

bool FaultRecord::interrupt() const
{
    std::lock_guard guard(lock_);
    return state_.status & control_.get();
}

void FaultRecord::reset()
{
    std::lock_guard guard(lock_);
    state_ = {};
}

void FaultRecord::save(StateWriter &out) const
{
    std::lock_guard guard(lock_);
    out.section("m4u-v1-fault", 1);
    out.u32(state_.status);
    out.u32(state_.address);
    out.u32(state_.id);
}

void FaultRecord::load(StateReader &in)
{
    std::lock_guard guard(lock_);
    in.section("m4u-v1-fault", 1);
    state_.status = in.u32() & all_causes;
    state_.address = in.u32();
    state_.id = in.u32();
}

}  // namespace soc::m4u_v1
