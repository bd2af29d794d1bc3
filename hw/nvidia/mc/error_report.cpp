// SPDX-License-Identifier: GPL-2.0-or-later
#include "error_report.hpp"

namespace soc::tegra {

ErrorReport::ErrorReport(const McSoc &soc, RegisterBank &bank) : soc_(soc), records_(soc.errors.size())
{
    bank.add({.name = "INTSTATUS", .offset = 0x00, .write_one_to_clear = soc.interrupts, .volatile_value = true})
        .on_read([this](unsigned) {
            std::lock_guard guard(lock_);
            return pending_;
        })
        .on_write([this](unsigned, uint32_t written) {
            std::lock_guard guard(lock_);
            pending_ &= ~written;
        });
    mask_ = &bank.add({.name = "INTMASK", .offset = 0x04, .writable = soc.interrupts});
    for (size_t i = 0; i < soc.errors.size(); ++i)
        add_pair(bank, soc.errors[i], records_[i]);
}

void ErrorReport::add_pair(RegisterBank &bank, const ErrorRegisters &spec, Record &record)
{
    bank.add({.name = spec.status, .offset = spec.offset, .volatile_value = true}).on_read([this, &record](unsigned) {
        std::lock_guard guard(lock_);
        return record.status;
    });
    bank.add({.name = spec.address, .offset = spec.offset + 4, .volatile_value = true})
        .on_read([this, &record](unsigned) {
            std::lock_guard guard(lock_);
            return record.address;
        });
}

void ErrorReport::raise(uint32_t interrupt, uint32_t status, uint32_t address)
{
    std::lock_guard guard(lock_);
    for (size_t i = 0; i < records_.size(); ++i) {
        const uint32_t interrupts = soc_.errors[i].interrupts;
        if (interrupts & interrupt && !(interrupts & pending_))
            records_[i] = {status, address};
    }
    pending_ |= interrupt;
}

bool ErrorReport::line() const
{
    std::lock_guard guard(lock_);
    return pending_ & mask_->get();
}

void ErrorReport::reset()
{
    std::lock_guard guard(lock_);
    pending_ = 0;
    for (Record &record : records_)
        record = {};
}

void ErrorReport::save(StateWriter &out) const
{
    std::lock_guard guard(lock_);
    out.section("tegra-mc-errors", 1);
    out.u32(pending_);
    for (const Record &record : records_) {
        out.u32(record.status);
        out.u32(record.address);
    }
}

void ErrorReport::load(StateReader &in)
{
    std::lock_guard guard(lock_);
    in.section("tegra-mc-errors", 1);
    pending_ = in.u32() & soc_.interrupts;
    for (Record &record : records_) {
        record.status = in.u32();
        record.address = in.u32();
    }
}

}  // namespace soc::tegra
