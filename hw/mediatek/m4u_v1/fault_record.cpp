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
    : control_(bank.add({.name = "INT_CONTROL", .offset = 0x220, .writable = all_causes})),
      status_(report_.add(bank, {.name = "FAULT_ST", .offset = 0x224}, all_causes)),
      address_(report_.add(bank, {.name = "FAULT_VA", .offset = 0x228})),
      id_(report_.add(bank, {.name = "INT_ID", .offset = 0x388}))
{
    control_.on_write([this](unsigned, uint32_t written) {
        if (Clear::get(written))
            report_.update([this](std::span<uint32_t> word) { word[status_] = 0; });
    });
    bank.add({.name = "INVLD_PA", .offset = 0x22c});
}

void FaultRecord::latch(const Fault &fault)
{
    report_.update([&](std::span<uint32_t> word) {
        if (!word[status_]) {
            word[address_] = uint32_t(fault.transaction.address & ~M4uV1PageTable::page_mask);
            word[id_] = id_of(fault.transaction.stream);
        }
        word[status_] |= fault.kind == FaultKind::walk_abort ? table_walk_fault : translation_fault;
    });
}

bool FaultRecord::interrupt() const
{
    return report_.get(status_) & control_.get();
}

}  // namespace soc::m4u_v1
