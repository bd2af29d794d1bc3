// SPDX-License-Identifier: GPL-2.0-or-later
#include "banks.hpp"

namespace soc::msm {

namespace {

constexpr unsigned tlb_size_log2 = 9;

constexpr uint32_t idr_value(unsigned contexts)
{
    return uint32_t(idr::MasterCount::of(masters - 1) | idr::TableWalk::mask | idr::TlbSize::of(tlb_size_log2) |
                    idr::ContextCount::of(contexts - 1) | idr::InterruptCount::of(lines - 1));
}

}  // namespace

GlobalRegisters::GlobalRegisters(RegisterBank &bank, unsigned contexts)
    : m2vcbr(bank.add({.name = "M2VCBR_N", .offset = 0xff000, .count = masters, .writable = m2vcbr::bits})),
      cbacr(bank.add({.name = "CBACR_N", .offset = 0xff800, .count = contexts, .writable = cbacr::bits})),
      tlbiall(bank.add({.name = "GLOBAL_TLBIALL", .offset = 0xfff00, .write_only = true})),
      tlbivmid(bank.add({.name = "TLBIVMID", .offset = 0xfff04, .write_only = true})),
      cr(bank.add({.name = "CR", .offset = 0xfff80, .writable = cr::bits}))
{
    // A window into the TLB for tests of the chip: which entry, and what is in it.
    bank.add({.name = "TLBRSW", .offset = 0xffe00, .writable = 0x3ff});
    bank.add({.name = "TLBTR0", .offset = 0xffe80});
    bank.add({.name = "TLBTR1", .offset = 0xffe84});
    bank.add({.name = "TLBTR2", .offset = 0xffe88});
    bank.add({.name = "TESTBUSCR", .offset = 0xffe8c, .writable = 0xffff'f303});
    bank.add({.name = "REV", .offset = 0xffff4, .reset = 0x10});
    bank.add({.name = "IDR", .offset = 0xffff8, .reset = idr_value(contexts)});
    bank.add({.name = "RPU_ACR", .offset = 0xffffc, .writable = ~0u});
}

ContextRegisters::ContextRegisters(RegisterBank &bank, unsigned contexts)
    : sctlr(bank.add({.name = "SCTLR", .offset = 0x000, .count = contexts, .stride = context_stride,
                      .writable = sctlr::bits})),
      actlr(bank.add({.name = "ACTLR", .offset = 0x004, .count = contexts, .stride = context_stride,
                      .writable = actlr::bits})),
      contextidr(bank.add({.name = "CONTEXTIDR", .offset = 0x008, .count = contexts, .stride = context_stride,
                           .writable = ~0u})),
      ttbr0(bank.add({.name = "TTBR0", .offset = 0x010, .count = contexts, .stride = context_stride,
                      .writable = ttbr0_base | ttbr_attributes})),
      ttbr1(bank.add({.name = "TTBR1", .offset = 0x014, .count = contexts, .stride = context_stride,
                      .writable = ttbr1_base | ttbr_attributes})),
      ttbcr(bank.add({.name = "TTBCR", .offset = 0x018, .count = contexts, .stride = context_stride,
                      .writable = ttbcr::bits})),
      par(bank.add({.name = "PAR", .offset = 0x01c, .count = contexts, .stride = context_stride, .writable = ~0u})),
      v2psr(bank.add({.name = "V2PSR", .offset = 0x040, .count = contexts, .stride = context_stride})),
      bfbcr(bank.add({.name = "BFBCR", .offset = 0x04c, .count = contexts, .stride = context_stride,
                      .writable = 0xff7})),
      tlbiall(bank.add({.name = "CTX_TLBIALL", .offset = 0x800, .count = contexts, .stride = context_stride,
                        .write_only = true})),
      tlbiasid(bank.add({.name = "TLBIASID", .offset = 0x804, .count = contexts, .stride = context_stride,
                         .write_only = true})),
      tlbiva(bank.add({.name = "TLBIVA", .offset = 0x808, .count = contexts, .stride = context_stride,
                       .write_only = true})),
      tlbivaa(bank.add({.name = "TLBIVAA", .offset = 0x80c, .count = contexts, .stride = context_stride,
                        .write_only = true})),
      v2ppr(bank.add({.name = "V2PPR", .offset = 0x810, .count = contexts, .stride = context_stride,
                      .write_only = true})),
      v2ppw(bank.add({.name = "V2PPW", .offset = 0x814, .count = contexts, .stride = context_stride,
                      .write_only = true})),
      v2pur(bank.add({.name = "V2PUR", .offset = 0x818, .count = contexts, .stride = context_stride,
                      .write_only = true})),
      v2puw(bank.add({.name = "V2PUW", .offset = 0x81c, .count = contexts, .stride = context_stride,
                      .write_only = true})),
      resume(bank.add({.name = "RESUME", .offset = 0x820, .count = contexts, .stride = context_stride,
                       .write_only = true}))
{
    // What they govern, memory types and the TLB's locked entries, makes no difference here.
    bank.add({.name = "PRRR", .offset = 0x034, .count = contexts, .stride = context_stride, .writable = 0xff0f'ffff});
    bank.add({.name = "NMRR", .offset = 0x038, .count = contexts, .stride = context_stride, .writable = ~0u});
    bank.add({.name = "TLBLKCR", .offset = 0x03c, .count = contexts, .stride = context_stride, .writable = ~0u});
    bank.add({.name = "TLBFLPTER", .offset = 0x044, .count = contexts, .stride = context_stride, .writable = ~0u});
    bank.add({.name = "TLBSLPTER", .offset = 0x048, .count = contexts, .stride = context_stride, .writable = ~0u});
}

}  // namespace soc::msm
