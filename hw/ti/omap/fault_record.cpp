// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_record.hpp"

#include "soc-iommu/field.hpp"

namespace soc::omap {

namespace {

// IRQSTATUS and IRQENABLE share the layout.
using TlbMiss = Field<0>;
using TranslationFault = Field<1>;
using TableWalkFault = Field<3>;
using MultiHitFault = Field<4>;
constexpr uint32_t all_causes = 0x1f;  // with EMUMISS, 2

// FAULT_STATUS
using FaultIndication = Field<0>;
using RdWr = Field<3>;
using TransId = Field<7, 4>;

uint32_t cause_of(const Fault &fault)
{
    switch (fault.kind) {
    case FaultKind::configuration:
        return MultiHitFault::mask;
    case FaultKind::walk_abort:
        return TableWalkFault::mask;
    default:
        return fault.level < 0 ? TlbMiss::mask : TranslationFault::mask;
    }
}

}  // namespace

FaultRecord::FaultRecord(RegisterBank &bank, bool status)
    : enable_(bank.add({.name = "MMU_IRQENABLE", .offset = 0x1c, .writable = all_causes})),
      causes_(report_.add(bank, {.name = "MMU_IRQSTATUS", .offset = 0x18, .write_one_to_clear = all_causes},
                          all_causes)),
      address_(report_.add(bank, {.name = "MMU_FAULT_AD", .offset = 0x48}))
{
    bank.add({.name = "MMU_EMU_FAULT_AD", .offset = 0x70});
    if (!status)
        return;
    // No master here tells the address of its program.
    bank.add({.name = "MMU_FAULT_PC", .offset = 0x80});
    status_ = report_.add(
        bank,
        {.name = "MMU_FAULT_STATUS", .offset = 0x84, .write_one_to_clear = uint32_t(FaultIndication::mask)},
        uint32_t(FaultIndication::mask | RdWr::mask | TransId::mask));
}

void FaultRecord::latch(const Fault &fault)
{
    report_.update([&](std::span<uint32_t> word) {
        if (!word[causes_]) {
            word[address_] = uint32_t(fault.transaction.address);
            if (status_)
                word[*status_] = uint32_t(FaultIndication::mask | RdWr::of(fault.transaction.access == Access::write) |
                                          TransId::of(fault.transaction.stream));
        }
        word[causes_] |= cause_of(fault);
    });
}

bool FaultRecord::interrupt() const
{
    return report_.get(causes_) & enable_.get();
}

}  // namespace soc::omap
