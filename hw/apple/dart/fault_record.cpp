// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_record.hpp"

namespace soc::dart {

FaultRecord::FaultRecord(const Variant &variant, RegisterBank &bank)
    : spec_(variant.error),
      error_(report_.add(bank, {.name = "ERROR", .offset = spec_.offset, .write_one_to_clear = all_bits()}, all_bits())),
      address_lo_(report_.add(bank, {.name = "ERROR_ADDR_LO", .offset = spec_.address_lo})),
      address_hi_(report_.add(bank, {.name = "ERROR_ADDR_HI", .offset = spec_.address_hi}))
{
    // Masked after reset: the driver clears what is pending and then writes 0 to unmask (apple_dart_hw_reset).
    if (spec_.mask)
        mask_ = &bank.add({.name = "ERROR_MASK", .offset = spec_.mask, .reset = ~0u, .writable = ~0u});
    if (spec_.streams)
        streams_ = report_.add(bank, {.name = "ERROR_STREAMS",
                                      .offset = spec_.streams,
                                      .count = variant.max_streams / 32,
                                      .write_one_to_clear = ~0u});
}

uint32_t FaultRecord::all_bits() const
{
    return spec_.flag | spec_.stream_mask << spec_.stream_low | spec_.no_ttbr | spec_.no_pmd | spec_.no_pte |
           spec_.write_fault | spec_.read_fault | spec_.bus_error;
}

uint32_t FaultRecord::code(const Fault &fault) const
{
    const uint32_t missing_entry = fault.level == 0 ? spec_.no_pmd : spec_.no_pte;
    switch (fault.kind) {
    case FaultKind::translation:
        return missing_entry;
    case FaultKind::walk_abort:
        return spec_.bus_error ? spec_.bus_error : missing_entry;
    case FaultKind::permission:
        return fault.transaction.access == Access::write ? spec_.write_fault : spec_.read_fault;
    default:
        return spec_.no_ttbr;  // no table answers for that stream or address
    }
}

void FaultRecord::latch(const Fault &fault)
{
    const uint32_t stream = fault.transaction.stream;
    report_.update([&](std::span<uint32_t> word) {
        if (spec_.streams)
            word[streams_ + stream / 32] |= 1u << stream % 32;
        if (word[error_] & spec_.flag)
            return;
        word[error_] = spec_.flag | (stream & spec_.stream_mask) << spec_.stream_low | code(fault);
        word[address_lo_] = uint32_t(fault.transaction.address);
        word[address_hi_] = uint32_t(fault.transaction.address >> 32);
    });
}

bool FaultRecord::interrupt() const
{
    const uint32_t masked = mask_ ? mask_->get() : 0;
    const uint32_t codes = all_bits() & ~spec_.flag & ~(spec_.stream_mask << spec_.stream_low);
    const uint32_t error = report_.get(error_);
    return error & spec_.flag & ~masked && error & codes & ~masked;
}

}  // namespace soc::dart
