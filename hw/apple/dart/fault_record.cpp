// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_record.hpp"

namespace soc::dart {

FaultRecord::FaultRecord(const Variant &variant, RegisterBank &bank) : spec_(variant.error)
{
    bank.add({.name = "ERROR", .offset = spec_.offset, .write_one_to_clear = all_bits(), .volatile_value = true})
        .on_read([this](unsigned) {
            std::lock_guard guard(lock_);
            return state_.error;
        })
        .on_write([this](unsigned, uint32_t written) {
            std::lock_guard guard(lock_);
            state_.error &= ~written;
        });
    bank.add({.name = "ERROR_ADDR_LO", .offset = spec_.address_lo, .volatile_value = true}).on_read([this](unsigned) {
        std::lock_guard guard(lock_);
        return uint32_t(state_.address);
    });
    bank.add({.name = "ERROR_ADDR_HI", .offset = spec_.address_hi, .volatile_value = true}).on_read([this](unsigned) {
        std::lock_guard guard(lock_);
        return uint32_t(state_.address >> 32);
    });
    // Masked after reset: the driver clears what is pending and then writes 0 to unmask (apple_dart_hw_reset).
    if (spec_.mask)
        mask_ = &bank.add({.name = "ERROR_MASK", .offset = spec_.mask, .reset = ~0u, .writable = ~0u});
    if (spec_.streams)
        bank.add({.name = "ERROR_STREAMS",
                  .offset = spec_.streams,
                  .count = uint32_t(state_.streams.size()),
                  .write_one_to_clear = ~0u,
                  .volatile_value = true})
            .on_read([this](unsigned word) {
                std::lock_guard guard(lock_);
                return state_.streams[word];
            })
            .on_write([this](unsigned word, uint32_t written) {
                std::lock_guard guard(lock_);
                state_.streams[word] &= ~written;
            });
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
    std::lock_guard guard(lock_);
    state_.streams[stream / 32 % state_.streams.size()] |= 1u << stream % 32;
    if (state_.error & spec_.flag)
        return;
    state_.error = spec_.flag | (stream & spec_.stream_mask) << spec_.stream_low | code(fault);
    state_.address = fault.transaction.address;
}

bool FaultRecord::interrupt() const
{
    std::lock_guard guard(lock_);
    const uint32_t masked = mask_ ? mask_->get() : 0;
    const uint32_t codes = all_bits() & ~spec_.flag & ~(spec_.stream_mask << spec_.stream_low);
    return state_.error & spec_.flag & ~masked && state_.error & codes & ~masked;
}

void FaultRecord::reset()
{
    std::lock_guard guard(lock_);
    state_ = {};
}

void FaultRecord::save(StateWriter &out) const
{
    std::lock_guard guard(lock_);
    out.section("dart-fault", 1);
    out.u32(state_.error);
    out.u64(state_.address);
    for (uint32_t word : state_.streams)
        out.u32(word);
}

void FaultRecord::load(StateReader &in)
{
    std::lock_guard guard(lock_);
    in.section("dart-fault", 1);
    state_.error = in.u32() & all_bits();
    state_.address = in.u64();
    for (uint32_t &word : state_.streams)
        word = in.u32();
}

}  // namespace soc::dart
