// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_record.hpp"

namespace soc::msm {

namespace {

constexpr uint32_t fsynr0_bits = 0xff00'ffff, fsynr1_bits = 0x0137'f5ff;
constexpr uint32_t esynr0_bits = 0xff1f'ffff, esynr1_bits = 0xc171'f5ff;

uint32_t how(const Route &route, const Transaction &txn)
{
    return uint32_t(fsynr1::Privileged::of(txn.privileged) | fsynr1::NonSecure::of(route.non_secure) |
                    fsynr1::Instruction::of(txn.instruction) | fsynr1::Write::of(txn.access == Access::write));
}

}  // namespace

uint32_t cause_of(FaultKind kind)
{
    switch (kind) {
    case FaultKind::access_flag:
        return uint32_t(fsr::AccessFlag::mask);
    case FaultKind::permission:
        return uint32_t(fsr::Permission::mask);
    case FaultKind::configuration:  // no walk was allowed
        return uint32_t(fsr::TlbMiss::mask);
    case FaultKind::walk_abort:  // nothing answered where the table should be
        return uint32_t(fsr::WalkDecode::mask);
    default:
        return uint32_t(fsr::Translation::mask);
    }
}

FaultRecord::FaultRecord(RegisterBank &bank, unsigned contexts)
    : fsr_(report_.add(bank, {.name = "FSR", .offset = 0x020, .count = contexts, .stride = context_stride,
                              .write_one_to_clear = fsr::bits}, fsr::bits)),
      far_(report_.add(bank, {.name = "FAR", .offset = 0x028, .count = contexts, .stride = context_stride,
                              .writable = ~0u})),
      fsynr0_(report_.add(bank, {.name = "FSYNR0", .offset = 0x02c, .count = contexts, .stride = context_stride,
                                 .writable = fsynr0_bits}, fsynr0_bits)),
      fsynr1_(report_.add(bank, {.name = "FSYNR1", .offset = 0x030, .count = contexts, .stride = context_stride,
                                 .writable = fsynr1_bits}, fsynr1_bits)),
      ear_(report_.add(bank, {.name = "EAR", .offset = 0xfff84, .writable = ~0u})),
      esr_(report_.add(bank, {.name = "ESR", .offset = 0xfff88, .write_one_to_clear = esr::bits}, esr::bits)),
      esynr0_(report_.add(bank, {.name = "ESYNR0", .offset = 0xfff90, .writable = esynr0_bits}, esynr0_bits)),
      esynr1_(report_.add(bank, {.name = "ESYNR1", .offset = 0xfff94, .writable = esynr1_bits}, esynr1_bits))
{
    bank.add({.name = "FSRRESTORE", .offset = 0x024, .count = contexts, .stride = context_stride, .write_only = true})
        .on_write([this](unsigned context, uint32_t written) {
            report_.update([&](std::span<uint32_t> word) { word[fsr_ + context] = written & fsr::bits; });
        });
    bank.add({.name = "ESRRESTORE", .offset = 0xfff8c, .write_only = true})
        .on_write([this](unsigned, uint32_t written) {
            report_.update([&](std::span<uint32_t> word) { word[esr_] = written & esr::bits; });
        });
}

// The first stays until software clears it; of a later one only MULTI tells.
void FaultRecord::latch(unsigned context, const Route &route, const Fault &fault, bool stalled)
{
    const Transaction &txn = fault.transaction;
    report_.update([&](std::span<uint32_t> word) {
        uint32_t &status = word[fsr_ + context];
        const auto stall = uint32_t(fsr::Stalled::of(stalled));
        if (status & fsr::causes) {
            status |= uint32_t(fsr::Multi::mask) | stall;
            return;
        }
        status = cause_of(fault.kind) | uint32_t(fsr::SecondLevel::of(fault.level == 1)) | stall;
        word[far_ + context] = uint32_t(txn.address);
        word[fsynr0_ + context] = uint32_t(fsynr0::Master::of(txn.stream));
        word[fsynr1_ + context] = how(route, txn);
    });
}

void FaultRecord::latch_global(const Route &route, const Fault &fault)
{
    const Transaction &txn = fault.transaction;
    report_.update([&](std::span<uint32_t> word) {
        if (word[esr_] & esr::causes) {
            word[esr_] |= uint32_t(esr::Multi::mask);
            return;
        }
        word[esr_] = uint32_t(fault.kind == FaultKind::disabled ? esr::Bypass::mask : esr::Config::mask);
        word[ear_] = uint32_t(txn.address);
        word[esynr0_] = uint32_t(fsynr0::Master::of(txn.stream) | esynr0::Vmid::of(route.vmid));
        word[esynr1_] = how(route, txn);
    });
}

void FaultRecord::resumed(unsigned context)
{
    report_.update([&](std::span<uint32_t> word) { word[fsr_ + context] &= ~uint32_t(fsr::Stalled::mask); });
}

}  // namespace soc::msm
