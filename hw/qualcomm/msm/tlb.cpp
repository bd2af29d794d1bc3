// SPDX-License-Identifier: GPL-2.0-or-later
#include "tlb.hpp"

#include "registers.hpp"

namespace soc::msm {

namespace {

// The size of the real one is not known; IDR.TLBSIZE says what this one has of small pages.
constexpr unsigned sets = 128, ways = 4, large_sets = 16;

}  // namespace

Tlb::Tlb() : caches_{Iotlb(sets, ways, vmids), Iotlb(large_sets, ways, vmids), Iotlb(large_sets, ways, vmids),
                     Iotlb(large_sets, ways, vmids)}
{
}

Tlb::Generations Tlb::generations(Tag tag) const
{
    Generations all;
    for (unsigned i = 0; i < shifts.size(); ++i)
        all[i] = caches_[i].generation(tag.vmid);
    return all;
}

std::optional<Tlb::Entry> Tlb::find(Tag tag, uint32_t address) const
{
    for (unsigned i = 0; i < shifts.size(); ++i)
        for (const bool is_global : {false, true}) {
            if (!used_[i][is_global].load(std::memory_order_acquire))
                continue;
            const uint64_t wanted = page(is_global ? global : tag.asid, address, shifts[i]);
            if (const auto found = caches_[i].find(tag.vmid, wanted))
                return Entry{*found, shifts[i], is_global};
        }
    return std::nullopt;
}

void Tlb::insert(Tag tag, uint32_t address, const Generations &generations, const Entry &entry)
{
    for (unsigned i = 0; i < shifts.size(); ++i) {
        if (shifts[i] != entry.shift)
            continue;
        used_[i][entry.global].store(true, std::memory_order_release);
        caches_[i].insert(tag.vmid, page(entry.global ? global : tag.asid, address, entry.shift), generations[i],
                          entry.found);
    }
}

void Tlb::drop_all()
{
    for (Iotlb &cache : caches_)
        cache.invalidate_all();
}

void Tlb::drop_vmid(unsigned vmid)
{
    for (Iotlb &cache : caches_)
        cache.invalidate(vmid);
}

void Tlb::drop_asid(Tag tag)
{
    for (unsigned i = 0; i < shifts.size(); ++i)
        caches_[i].invalidate_range(tag.vmid, page(tag.asid, 0, shifts[i]), page(tag.asid, ~0u, shifts[i]));
}

void Tlb::drop_address(Tag tag, uint32_t address)
{
    for (unsigned i = 0; i < shifts.size(); ++i)
        for (const unsigned asid : {tag.asid, global}) {
            const uint64_t gone = page(asid, address, shifts[i]);
            caches_[i].invalidate_range(tag.vmid, gone, gone);
        }
}

void Tlb::drop_address_of_all(unsigned vmid, uint32_t address)
{
    for (unsigned i = 0; i < shifts.size(); ++i)
        for (unsigned asid = 0; asid <= global; ++asid) {
            const uint64_t gone = page(asid, address, shifts[i]);
            caches_[i].invalidate_range(vmid, gone, gone);
        }
}

}  // namespace soc::msm
