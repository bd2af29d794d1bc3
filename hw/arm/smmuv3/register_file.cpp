// SPDX-License-Identifier: GPL-2.0-or-later
#include "register_file.hpp"

#include <algorithm>
#include <utility>

#include "id_registers.hpp"

namespace soc::smmuv3 {

namespace {

// Nothing passes before software says so, which 6.3.14 leaves to the implementation.
constexpr uint32_t gbpa_reset = uint32_t(gbpa::ABORT::mask | gbpa::SHCFG::of(1));
constexpr uint32_t gbpa_bits =
    uint32_t(gbpa::MemAttr::mask | gbpa::MTCFG::mask | gbpa::ALLOCCFG::mask | gbpa::SHCFG::mask |
             gbpa::PRIVCFG::mask | gbpa::INSTCFG::mask | gbpa::ABORT::mask);

uint32_t cr0_bits(const Features &has)
{
    return uint32_t(cr0::SMMUEN::mask | cr0::EVENTQEN::mask | cr0::CMDQEN::mask |
                    (has.pri ? cr0::PRIQEN::mask : 0) | (has.ats ? cr0::ATSCHK::mask : 0));
}

}  // namespace

RegisterFile::RegisterFile(const Features &features, GuestLog &log, Interrupts &interrupts)
    : features_(features), cr0_bits_(cr0_bits(features)), log_(log), bank_(size, log)
{
    declare_ids();
    declare_control();
    declare_bypass();
    interrupts.declare(bank_);
    declare_stream_table();
}

void RegisterFile::declare_ids()
{
    const IdRegisters ids(features_);
    const auto id = [this](const char *name, uint32_t offset, uint32_t value) {
        ids_.push_back(&bank_.add({.name = name, .offset = offset, .reset = value}));
    };
    id("IDR0", 0x00, ids.idr0);
    id("IDR1", 0x04, ids.idr1);
    id("IDR2", 0x08, ids.idr2);
    id("IDR3", 0x0c, ids.idr3);
    id("IDR4", 0x10, ids.idr4);
    id("IDR5", 0x14, ids.idr5);
    id("IIDR", 0x18, ids.iidr);
    id("AIDR", 0x1c, ids.aidr);
}

void RegisterFile::declare_control()
{
    cr0_ = &bank_.add({.name = "CR0", .offset = 0x20, .writable = cr0_bits_});
    cr0_->on_write([this](unsigned, uint32_t) {
        const uint32_t now = cr0(), before = std::exchange(cr0_before_, now);
        if (now != before)
            for (const EnableHook &hear : enable_hooks_)
                hear(before, now);
    });
    bank_.add({.name = "CR0ACK", .offset = 0x24}).on_read([this](unsigned) { return cr0(); });
    // Its two halves have guards of their own, so the hook has the masks.
    cr1_ = &bank_.add({.name = "CR1", .offset = 0x28});
    cr1_->on_write([this](unsigned, uint32_t written) { write_cr1(written); });
    cr2_ = &bank_.add({.name = "CR2",
                       .offset = 0x2c,
                       .writable = uint32_t(cr2::RECINVSID::mask | (features_.e2h ? cr2::E2H::mask : 0))});
    cr2_->writable_while([this](unsigned) { return !smmu_enabled(); });
    bank_.add({.name = "STATUSR", .offset = 0x40});
}

void RegisterFile::write_cr1(uint32_t written)
{
    constexpr uint32_t queues = cr0::EVENTQEN::mask | cr0::CMDQEN::mask | cr0::PRIQEN::mask;
    uint32_t open = 0;
    if (!smmu_enabled())
        open |= cr1::table;
    if (!(cr0() & queues))
        open |= cr1::queue;
    const uint32_t old = cr1_->get(), all = cr1::table | cr1::queue;
    if ((old ^ written) & all & ~open)
        log_.error("write of " + hex(written) + " to CR1 changes fields that are locked");
    cr1_->set((old & ~open) | (written & open));
}

void RegisterFile::declare_bypass()
{
    gbpa_ = &bank_.add({.name = "GBPA", .offset = 0x44, .reset = gbpa_reset});
    gbpa_->on_write([this](unsigned, uint32_t written) {
        if (gbpa::Update::get(written))
            gbpa_->set(written & gbpa_bits);
        else
            log_.error("write of " + hex(written) + " to GBPA without Update: ignored");
    });
    bank_.add({.name = "AGBPA", .offset = 0x48});
}

void RegisterFile::declare_stream_table()
{
    const auto guard = [this](unsigned) { return !smmu_enabled(); };
    strtab_base_ = WideRegister(bank_,
                                {.low_name = "STRTAB_BASE",
                                 .high_name = "STRTAB_BASE[63:32]",
                                 .offset = 0x80,
                                 .writable = strtab_base::RA::mask |
                                             (strtab_base::ADDR::mask & features_.address_mask())},
                                guard);
    const uint64_t two_level = strtab_base_cfg::SPLIT::mask | strtab_base_cfg::FMT::mask;
    strtab_cfg_ = &bank_.add({.name = "STRTAB_BASE_CFG",
                              .offset = 0x88,
                              .writable = uint32_t(strtab_base_cfg::LOG2SIZE::mask |
                                                   (features_.two_level_stream_table ? two_level : 0))});
    strtab_cfg_->writable_while(guard);
}

StreamTableBase RegisterFile::stream_table() const
{
    const uint32_t cfg = strtab_cfg_->get();
    const auto log2size = unsigned(strtab_base_cfg::LOG2SIZE::get(cfg));
    const auto split = unsigned(strtab_base_cfg::SPLIT::get(cfg));
    StreamTableBase out;
    out.two_level = features_.two_level_stream_table && strtab_base_cfg::FMT::get(cfg) == 1;
    out.split = uint8_t(split == 8 || split == 10 ? split : 6);
    out.log2size = uint8_t(std::min(log2size, features_.sid_bits));
    out.e2h = e2h();
    // 6.3.24: aligned to the size that was written, whatever SIDSIZE is.
    unsigned low_bits = log2size + 6;
    if (out.two_level)
        low_bits = log2size > out.split ? std::max(6u, log2size - out.split + 3) : 6;
    const uint64_t address = strtab_base_.get() & strtab_base::ADDR::mask;
    out.address = low_bits < 64 ? address & ~((1ull << low_bits) - 1) : 0;
    return out;
}

void RegisterFile::reset()
{
    bank_.reset();
    cr0_before_ = 0;
}

void RegisterFile::save(StateWriter &out) const
{
    bank_.save(out);
}

// What a saved state holds beyond a register's bits has no effect: every getter has its mask.
void RegisterFile::load(StateReader &in)
{
    bank_.load(in);
    for (const Register *id : ids_)
        if (id->get() != id->spec().reset)
            in.fail();
    cr0_before_ = cr0();
}

}  // namespace soc::smmuv3
