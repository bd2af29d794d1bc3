// SPDX-License-Identifier: GPL-2.0-or-later
#include "access_violations.hpp"

#include "soc-iommu/field.hpp"

namespace soc::pamu {

namespace {

// AVS1
using Liodn = Field<31, 16>;
using Occurred = Field<0>;               // AV
constexpr uint32_t status_bits = 0x7fff;  // PAMU_AV_MASK: AV, OTV, APV, WAV, LAV, GCV, PDV
// PICS
using Pending = Field<3>;  // PAMU_ACCESS_VIOLATION_STAT
using Enable = Field<2>;   // PAMU_ACCESS_VIOLATION_ENABLE
// POES1
using OperationError = Field<0>;

}  // namespace

AccessViolations::AccessViolations(RegisterBank &bank, unsigned pamus, uint32_t stride)
    : pamus_(pamus),
      status_(report_.add(bank, {.name = "AVS1", .offset = 0x50, .count = pamus, .stride = stride,
                                 .write_one_to_clear = status_bits}, uint32_t(Liodn::mask) | status_bits)),
      address_high_(report_.add(bank, {.name = "AVAH", .offset = 0x58, .count = pamus, .stride = stride})),
      address_low_(report_.add(bank, {.name = "AVAL", .offset = 0x5c, .count = pamus, .stride = stride})),
      operation_status_(report_.add(bank, {.name = "POES1", .offset = 0x40, .count = pamus, .stride = stride,
                                           .write_one_to_clear = OperationError::mask}, OperationError::mask)),
      entry_high_(report_.add(bank, {.name = "POEAH", .offset = 0x48, .count = pamus, .stride = stride})),
      entry_low_(report_.add(bank, {.name = "POEAL", .offset = 0x4c, .count = pamus, .stride = stride})),
      control_(bank.add({.name = "PICS", .offset = 0xc1c, .count = pamus, .stride = stride,
                         .writable = uint32_t(Enable::mask), .volatile_value = true}))
{
    control_.on_read([this](unsigned pamu) {
        return uint32_t(Pending::put(control_.get(pamu), Occurred::get(report_.get(status_ + pamu))));
    });
    for (auto [name, offset] : {std::pair{"POES2", 0x44u}, {"AVS2", 0x54u}, {"UDAD", 0x90u}})
        bank.add({.name = name, .offset = offset, .count = pamus, .stride = stride});
}

void AccessViolations::latch(unsigned pamu, Violation why, uint32_t liodn, uint64_t address)
{
    report_.update([&](std::span<uint32_t> word) {
        if (Occurred::get(word[status_ + pamu]))
            return;
        word[status_ + pamu] = uint32_t(Liodn::of(liodn) | uint32_t(why) | Occurred::mask);
        word[address_high_ + pamu] = uint32_t(address >> 32);
        word[address_low_ + pamu] = uint32_t(address);
    });
}

void AccessViolations::latch_operation_error(unsigned pamu, uint64_t entry)
{
    report_.update([&](std::span<uint32_t> word) {
        if (OperationError::get(word[operation_status_ + pamu]))
            return;
        word[operation_status_ + pamu] = uint32_t(OperationError::mask);
        word[entry_high_ + pamu] = uint32_t(entry >> 32);
        word[entry_low_ + pamu] = uint32_t(entry);
    });
}

bool AccessViolations::interrupt() const
{
    for (unsigned pamu = 0; pamu < pamus_; ++pamu)
        if (Enable::get(control_.get(pamu)) && Occurred::get(report_.get(status_ + pamu)))
            return true;
    return false;
}

}  // namespace soc::pamu
