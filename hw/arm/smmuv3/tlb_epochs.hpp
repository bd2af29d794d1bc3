// Which TLB entries an invalidation of an ASID, a VMID, a regime or everything left behind, without looking at one.
//
// One epoch counts all invalidations. Each scope remembers the epoch of its last one; an entry counts while its stamp,
// the epoch before its walk, is not older than that of any scope it lies in.
//
// Scopes share buckets: VMIDs that agree in their low 12 bits, and (VMID, ASID) pairs by a hash that tells the first
// 16384 ASIDs of one VMID apart. Sharing drops more than was named, which the architecture allows (Arm IHI 0070, 4.4).
//
// Threads: any.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

namespace soc::smmuv3 {

class TlbEpochs {
public:
    // Stage 1 of a regime (combined entries are stage 1's), and stage 2 alone.
    enum Family : uint8_t { nsel1 = 0, stage2 = 1, el2 = 2, el2_e2h = 3 };

    // The scopes of an entry. EL2 has no VMID: 0 there.
    struct Scopes {
        Family family;
        uint16_t vmid;
        uint16_t asid;
        bool global;
    };

    uint64_t now() const { return now_.load(std::memory_order_acquire); }
    // Each invalidation is an epoch of its own; it begins before it takes effect anywhere.
    uint64_t advance() { return now_.fetch_add(1, std::memory_order_acq_rel) + 1; }

    void end_family(Family family, uint64_t epoch) { raise(families_[family], epoch); }
    void end_vmid(Family family, uint16_t vmid, uint64_t epoch)
    {
        raise(family == stage2 ? vmids_[bucket(vmid)].stage2 : vmids_[bucket(vmid)].stage1, epoch);
    }
    void end_asid(Family family, uint16_t vmid, uint16_t asid, uint64_t epoch)
    {
        raise(asids_[bucket(family, vmid, asid)], epoch);
    }
    void end_globals(Family family, uint16_t vmid, uint64_t epoch)
    {
        raise(family == nsel1 ? vmids_[bucket(vmid)].globals : el2_globals_, epoch);
    }

    bool counts(const Scopes &scopes, uint64_t stamp) const
    {
        if (stamp < load(families_[scopes.family]))
            return false;
        const Vmid &vmid = vmids_[bucket(scopes.vmid)];
        switch (scopes.family) {
        case stage2:
            return stamp >= load(vmid.stage2);
        case nsel1:
            if (stamp < load(vmid.stage1))
                return false;
            return stamp >= load(scopes.global ? vmid.globals : asids_[bucket(nsel1, scopes.vmid, scopes.asid)]);
        default:
            return stamp >= load(scopes.global ? el2_globals_ : asids_[bucket(scopes.family, 0, scopes.asid)]);
        }
    }

private:
    using Epoch = std::atomic<uint64_t>;
    struct Vmid {
        Epoch stage1{0}, globals{0}, stage2{0};
    };
    static constexpr unsigned vmid_buckets = 1u << 12, asid_buckets = 1u << 14;

    static uint64_t load(const Epoch &epoch) { return epoch.load(std::memory_order_acquire); }
    // Invalidations may run side by side; the later one wins.
    static void raise(Epoch &scope, uint64_t epoch)
    {
        uint64_t old = scope.load(std::memory_order_relaxed);
        while (old < epoch && !scope.compare_exchange_weak(old, epoch, std::memory_order_acq_rel))
            ;
    }
    static unsigned bucket(uint16_t vmid) { return vmid % vmid_buckets; }
    static unsigned bucket(Family family, uint16_t vmid, uint16_t asid)
    {
        return (asid ^ vmid * 0x9e35u ^ (family == nsel1 ? 0u : 0x2a00u)) % asid_buckets;
    }

    Epoch now_{1};
    Epoch families_[4]{};
    Epoch el2_globals_{0};
    std::unique_ptr<Vmid[]> vmids_ = std::make_unique<Vmid[]>(vmid_buckets);
    std::unique_ptr<Epoch[]> asids_ = std::make_unique<Epoch[]>(asid_buckets);
};

}  // namespace soc::smmuv3
