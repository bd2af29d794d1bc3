// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/transaction.hpp"

#include "soc-iommu/state.hpp"

namespace soc {

Transaction Transaction::from(const SocTransaction &raw)
{
    Transaction txn;
    txn.address = raw.address;
    txn.stream = raw.stream;
    txn.substream = raw.substream;
    txn.tag = raw.tag;
    txn.access = raw.flags & SOC_TXN_WRITE ? Access::write : Access::read;
    txn.privileged = raw.flags & SOC_TXN_PRIVILEGED;
    txn.instruction = raw.flags & SOC_TXN_INSTRUCTION;
    txn.debug = raw.flags & SOC_TXN_DEBUG;
    txn.has_substream = raw.flags & SOC_TXN_HAS_SUBSTREAM;
    txn.may_hold = raw.flags & SOC_TXN_MAY_HOLD;
    txn.ats_request = raw.flags & SOC_TXN_ATS_REQUEST;
    txn.ats_translated = raw.flags & SOC_TXN_ATS_TRANSLATED;
    return txn;
}

uint32_t Transaction::flags() const
{
    uint32_t flags = 0;
    const auto set = [&flags](bool condition, uint32_t flag) { flags |= condition ? flag : 0; };
    set(access == Access::write, SOC_TXN_WRITE);
    set(privileged, SOC_TXN_PRIVILEGED);
    set(instruction, SOC_TXN_INSTRUCTION);
    set(debug, SOC_TXN_DEBUG);
    set(has_substream, SOC_TXN_HAS_SUBSTREAM);
    set(may_hold, SOC_TXN_MAY_HOLD);
    set(ats_request, SOC_TXN_ATS_REQUEST);
    set(ats_translated, SOC_TXN_ATS_TRANSLATED);
    return flags;
}

void Transaction::save(StateWriter &out) const
{
    out.u64(address);
    out.u32(stream);
    out.u32(substream);
    out.u32(tag);
    out.u32(flags());
}

Transaction Transaction::load(StateReader &in)
{
    SocTransaction raw{};
    raw.address = in.u64();
    raw.stream = in.u32();
    raw.substream = in.u32();
    raw.tag = in.u32();
    raw.flags = in.u32();
    return from(raw);
}

const char *name(FaultKind kind)
{
    constexpr const char *names[fault_kinds] = {
        "none",       "translation",   "permission",     "address-size", "access-flag", "disabled",
        "walk-abort", "configuration", "unknown-stream", "bus",          "terminated",
    };
    return unsigned(kind) < fault_kinds ? names[unsigned(kind)] : "unknown";
}

}  // namespace soc
