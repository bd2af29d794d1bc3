// The registers of the Non-secure programming interface, pages 0 and 1: Arm IHI 0070, chapter 6. Those of the
// queues and of the interrupts are declared by their own classes, in the same bank.
//
// An enable takes effect within its write, so that CR0ACK and GBPA.Update never show a change under way.
//
// Threads: the getters on any thread, the rest with the big lock.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <vector>

#include "features.hpp"
#include "interrupts.hpp"
#include "soc-iommu/field.hpp"
#include "soc-iommu/register_bank.hpp"
#include "stream_table.hpp"
#include "wide_register.hpp"

namespace soc::smmuv3 {

namespace cr0 {
using SMMUEN = Field<0>;
using PRIQEN = Field<1>;
using EVENTQEN = Field<2>;
using CMDQEN = Field<3>;
using ATSCHK = Field<4>;
}  // namespace cr0

namespace cr1 {
constexpr uint32_t queue = 0x03f;  // QUEUE_IC, QUEUE_OC, QUEUE_SH
constexpr uint32_t table = 0xfc0;
}  // namespace cr1

namespace cr2 {
using E2H = Field<0>;
using RECINVSID = Field<1>;
}  // namespace cr2

namespace gbpa {
using MemAttr = Field<3, 0>;
using MTCFG = Field<4>;
using ALLOCCFG = Field<11, 8>;
using SHCFG = Field<13, 12>;
using PRIVCFG = Field<17, 16>;
using INSTCFG = Field<19, 18>;
using ABORT = Field<20>;
using Update = Field<31>;
}  // namespace gbpa

namespace strtab_base {
using ADDR = Field<51, 6>;
using RA = Field<62>;
}  // namespace strtab_base

namespace strtab_base_cfg {
using LOG2SIZE = Field<5, 0>;
using SPLIT = Field<10, 6>;
using FMT = Field<17, 16>;
}  // namespace strtab_base_cfg

class RegisterFile {
public:
    static constexpr uint64_t size = 0x20000;
    static constexpr uint64_t page1 = 0x10000;

    RegisterFile(const Features &, GuestLog &, Interrupts &);

    RegisterBank &bank() { return bank_; }
    const Features &features() const { return features_; }
    GuestLog &log() { return log_; }

    bool smmu_enabled() const { return cr0() & cr0::SMMUEN::mask; }
    bool commands_enabled() const { return cr0() & cr0::CMDQEN::mask; }
    // Effective: SMMUEN counts too (6.3.9.5).
    bool page_requests_enabled() const { return smmu_enabled() && cr0() & cr0::PRIQEN::mask; }
    bool ats_checked() const { return cr0() & cr0::ATSCHK::mask; }
    uint32_t cr0() const { return cr0_->get() & cr0_bits_; }
    bool e2h() const { return features_.e2h && cr2::E2H::get(cr2_->get()); }
    bool records_bad_streams() const { return cr2::RECINVSID::get(cr2_->get()); }
    bool gbpa_abort() const { return gbpa::ABORT::get(gbpa_->get()); }
    // The address aligned as the table's size asks, LOG2SIZE cut to SIDSIZE, reserved values replaced (6.3.25).
    StreamTableBase stream_table() const;

    // Called when CR0 changed, with its old and new bits. SMMUEN going 0 has to end stalled transactions and to let
    // the caches be: 6.3.9.6.
    using EnableHook = std::function<void(uint32_t before, uint32_t now)>;
    void on_enable(EnableHook hear) { enable_hooks_.push_back(std::move(hear)); }

    void reset();
    // The bank, with every register in it.
    void save(StateWriter &) const;
    // Refuses the state of an SMMU with other features.
    void load(StateReader &);

private:
    void declare_ids();
    void declare_control();
    void declare_bypass();
    void declare_stream_table();
    void write_cr1(uint32_t written);

    const Features features_;
    const uint32_t cr0_bits_;  // that there are
    GuestLog &log_;
    RegisterBank bank_;
    Register *cr0_ = nullptr, *cr1_ = nullptr, *cr2_ = nullptr, *gbpa_ = nullptr, *strtab_cfg_ = nullptr;
    WideRegister strtab_base_;
    std::vector<const Register *> ids_;
    std::vector<EnableHook> enable_hooks_;
    uint32_t cr0_before_ = 0;  // as the hooks last heard of it
};

}  // namespace soc::smmuv3
