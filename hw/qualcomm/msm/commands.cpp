// The registers that do something when they are written: invalidations, address lookups for software, RESUME. A command
// ends before its write does.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mutation.hpp"
#include "msm_iommu.hpp"

namespace soc::msm {

namespace {

constexpr uint64_t largest_page = 1ull << ArmV7Short::supersection;

}  // namespace

void MsmIommu::connect_commands()
{
    // Who keeps a bypass or a translation outside must ask again when software changes what there is to ask.
    global_.m2vcbr.on_write([this](unsigned master, uint32_t) { forget_outside(master); });
    global_.cr.on_write([this](unsigned, uint32_t) { dropped([](const Route &) { return true; }); });
    context_.sctlr.on_write([this](unsigned context, uint32_t) {
        dropped([=](const Route &route) { return route.context == context; });
    });

    global_.tlbiall.on_write([this](unsigned, uint32_t) {
        counters_.invalidation();
        if (mutation::stale)
            return;
        tlb_.drop_all();
        dropped([](const Route &) { return true; });
    });
    const auto drop_vmid = [this](unsigned vmid) {
        counters_.invalidation();
        if (mutation::stale)
            return;
        tlb_.drop_vmid(vmid);
        dropped([=](const Route &route) { return route.vmid == vmid; });
    };
    global_.tlbivmid.on_write([=](unsigned, uint32_t written) { drop_vmid(unsigned(m2vcbr::Vmid::get(written))); });
    context_.tlbiall.on_write([=, this](unsigned context, uint32_t) { drop_vmid(global_.vmid(context)); });
    context_.tlbiasid.on_write([this](unsigned context, uint32_t written) {
        counters_.invalidation();
        if (mutation::stale)
            return;
        const unsigned vmid = global_.vmid(context);
        tlb_.drop_asid({vmid, unsigned(Asid::get(written))});
        dropped([=](const Route &route) { return route.vmid == vmid; });
    });
    context_.tlbiva.on_write([this](unsigned context, uint32_t written) { drop_address(context, written, false); });
    context_.tlbivaa.on_write([this](unsigned context, uint32_t written) { drop_address(context, written, true); });

    struct Lookup {
        Register &reg;
        Access access;
        bool privileged;
    };
    for (const Lookup &lookup :
         {Lookup{context_.v2ppr, Access::read, true}, Lookup{context_.v2ppw, Access::write, true},
          Lookup{context_.v2pur, Access::read, false}, Lookup{context_.v2puw, Access::write, false}})
        lookup.reg.on_write([this, access = lookup.access, privileged = lookup.privileged](unsigned context,
                                                                                            uint32_t written) {
            virtual_to_physical(context, written, access, privileged);
        });
    context_.resume.on_write([this](unsigned context, uint32_t written) { resume(context, written); });
}

void MsmIommu::drop_address(unsigned context, uint32_t written, bool every_asid)
{
    counters_.invalidation();
    if (mutation::stale)
        return;
    const unsigned vmid = global_.vmid(context);
    const auto address = uint32_t(written & CommandAddress::mask);
    if (every_asid)
        tlb_.drop_address_of_all(vmid, address);
    else
        tlb_.drop_address({vmid, unsigned(Asid::get(written))}, address);
    // An entry of any size that covers the address is gone.
    dropped([=](const Route &route) { return route.vmid == vmid; }, address & ~(largest_page - 1), largest_page);
}

bool MsmIommu::translates(unsigned context) const
{
    return context < contexts_ && sctlr::Mmu::get(context_.sctlr.get(context));
}

template <typename Which>
void MsmIommu::dropped(Which which, uint64_t address, uint64_t size)
{
    for (uint32_t master = 0; master < masters; ++master) {
        const Route route = global_.route(master);
        // What bypasses changes by a register and by no invalidation of a range.
        if (which(route) && (size == everything || translates(route.context)))
            forget_outside(master, address, size);
    }
}

// The result of a lookup is a register's, not a fault: FSR keeps still and no line rises.
void MsmIommu::virtual_to_physical(unsigned context, uint32_t written, Access access, bool privileged)
{
    Transaction txn;
    txn.address = written & CommandAddress::mask;
    txn.access = access;
    txn.privileged = privileged;
    txn.debug = true;  // software's question: it is no access, sets no access flag, and what it finds is not kept
    context_.par.set(context, physical(context, txn));
}

uint32_t MsmIommu::physical(unsigned context, const Transaction &txn)
{
    context_.v2psr.set(context, 0);
    const auto refused = [](FaultKind kind, int level) {
        return uint32_t(par::Fault::mask) | cause_of(kind) | uint32_t(fsr::SecondLevel::of(level == 1));
    };
    if (!translates(context))
        return uint32_t(txn.address);
    auto entry = tlb_.find(tag(global_.vmid(context), context), uint32_t(txn.address));
    if (entry)
        context_.v2psr.set(context, uint32_t(v2psr::Hit::mask));
    else if (actlr::V2pMiss::get(context_.actlr.get(context)) == actlr::table_walk)
        entry = walked(txn, context);
    else
        return refused(FaultKind::configuration, -1);
    const IotlbEntry &found = entry->found;
    if (found.fault != FaultKind::none)
        return refused(found.fault, found.level);
    if (!permits(found, txn))
        return refused(FaultKind::permission, found.level);
    const uint64_t base = found.page << entry->shift;
    const auto attributes = uint32_t(par::Shareable::of(tlbtr0::Shareable::get(uint32_t(found.perm))));
    // Of a supersection PAR has the base, and software adds the rest (msm_iommu_iova_to_phys()).
    if (entry->shift == ArmV7Short::supersection)
        return uint32_t(base | par::Supersection::mask) | attributes;
    return uint32_t(base | (txn.address & ((1u << entry->shift) - 1) & par::Address::mask)) | attributes;
}

void MsmIommu::resume(unsigned context, uint32_t written)
{
    fault_record_.resumed(context);
    for (const Stalls::Stalled &stalled : stalls_.take(context)) {
        const Fault fault{.kind = FaultKind::terminated, .transaction = stalled.transaction};
        host_.held_end(stalled.hold, resume::Terminate::get(written) ? &fault : nullptr);
    }
}

}  // namespace soc::msm
