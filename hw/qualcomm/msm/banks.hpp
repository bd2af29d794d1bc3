// The registers of the block: one set for the whole, and one for each context bank. Those that a fault writes are in
// fault_record.hpp.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "registers.hpp"
#include "soc-iommu/register_bank.hpp"

namespace soc::msm {

// Where a master's transactions go.
struct Route {
    unsigned context;  // may be one that there is not
    unsigned vmid;
    bool bypass_disabled, non_secure;
};

struct GlobalRegisters {
    GlobalRegisters(RegisterBank &, unsigned contexts);

    Route route(uint32_t master) const
    {
        const uint32_t word = m2vcbr.get(master);
        return {unsigned(m2vcbr::ContextBank::get(word)), unsigned(m2vcbr::Vmid::get(word)),
                bool(m2vcbr::BypassDisable::get(word)), m2vcbr::NsCfg::get(word) == m2vcbr::non_secure};
    }
    // Of the context's own entries in the TLB, for its commands.
    unsigned vmid(unsigned context) const { return unsigned(cbacr::Cbvmid::get(cbacr.get(context))); }
    unsigned line(unsigned context) const { return unsigned(cbacr::InterruptIndex::get(cbacr.get(context))); }

    Register &m2vcbr, &cbacr, &tlbiall, &tlbivmid, &cr;
};

struct ContextRegisters {
    ContextRegisters(RegisterBank &, unsigned contexts);

    Register &sctlr, &actlr, &contextidr, &ttbr0, &ttbr1, &ttbcr, &par, &v2psr, &bfbcr;
    // Commands: they read 0.
    Register &tlbiall, &tlbiasid, &tlbiva, &tlbivaa, &v2ppr, &v2ppw, &v2pur, &v2puw, &resume;
};

}  // namespace soc::msm
