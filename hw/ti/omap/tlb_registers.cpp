// SPDX-License-Identifier: GPL-2.0-or-later
#include "tlb_registers.hpp"

namespace soc::omap {

namespace {

// LOCK
using BaseValue = Field<14, 10>;
using CurrentVictim = Field<8, 4>;
// LD_TLB, GFLUSH, FLUSH_ENTRY
using Go = Field<0>;

}  // namespace

TlbRegisters::TlbRegisters(RegisterBank &bank, GuestLog &log, Counters &counters, Tlb &tlb, Changed changed)
    : log_(log), counters_(counters), tlb_(tlb), changed_(std::move(changed)),
      cam_(bank.add({.name = "MMU_CAM", .offset = 0x58, .writable = TlbEntry::cam_bits})),
      ram_(bank.add({.name = "MMU_RAM", .offset = 0x5c, .writable = TlbEntry::ram_bits}))
{
    // The victim is the hardware's too: the table walk moves it, on whatever thread. So LOCK's fields live in the TLB.
    bank.add({.name = "MMU_LOCK", .offset = 0x50, .volatile_value = true})
        .on_read([this](unsigned) {
            const Tlb::Lock lock = tlb_.lock();
            return uint32_t(BaseValue::of(lock.base) | CurrentVictim::of(lock.victim));
        })
        .on_write([this](unsigned, uint32_t written) {
            tlb_.set_lock({unsigned(BaseValue::get(written)), unsigned(CurrentVictim::get(written))});
        });
    const auto command = [&bank](const char *name, uint32_t offset, auto action) {
        bank.add({.name = name, .offset = offset, .write_only = true}).on_write([action](unsigned, uint32_t written) {
            if (Go::get(written))
                action();
        });
    };
    command("MMU_LD_TLB", 0x54, [this] { load(); });
    command("MMU_GFLUSH", 0x60, [this] { flush_all(); });
    command("MMU_FLUSH_ENTRY", 0x64, [this] { flush_entry(); });
    bank.add({.name = "MMU_READ_CAM", .offset = 0x68, .volatile_value = true}).on_read([this](unsigned) {
        return tlb_.at_victim().cam;
    });
    bank.add({.name = "MMU_READ_RAM", .offset = 0x6c, .volatile_value = true}).on_read([this](unsigned) {
        return tlb_.at_victim().ram;
    });
}

void TlbRegisters::load()
{
    if (!tlb_.has_victim())
        log_.error("LD_TLB to an entry that there is not, " + std::to_string(tlb_.lock().victim));
    const TlbEntry loaded{cam_.get(), ram_.get()};
    const TlbEntry replaced = tlb_.load_at_victim(loaded);
    for (const TlbEntry &entry : {replaced, loaded})
        if (entry.valid())
            changed(entry);
}

void TlbRegisters::flush_all()
{
    counters_.invalidation();
    tlb_.flush_all();
    changed_(0, 4_GiB);
}

void TlbRegisters::flush_entry()
{
    counters_.invalidation();
    for (const TlbEntry &entry : tlb_.flush(cam_.get()))
        changed(entry);
}

}  // namespace soc::omap
