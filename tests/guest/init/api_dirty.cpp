// SPDX-License-Identifier: GPL-2.0-or-later
// Dirty tracking through iommufd: IOMMU_HWPT_GET_DIRTY_BITMAP reports the pages that the device wrote, no
// other.
#include "area.hpp"
#include "failure.hpp"
#include "iommufd_abi.hpp"
#include "iommufd_device.hpp"
#include "page_set.hpp"
#include "probe.hpp"
#include "sessions.hpp"
#include "text.hpp"

#include <algorithm>

namespace guest
{
namespace
{

// More than one word of the bitmap holds. All are single pages of the IOMMU: fewer than the next larger block
// has.
constexpr size_t pages = 72;
constexpr size_t piece = 16;

class DirtySession
{
public:
    explicit DirtySession(const Device &device) : device_(device) {}

    IommufdDevice &device() { return device_; }
    void attach(Notes &notes);
    void map(Notes &notes);
    void dma(Notes &notes);
    void unmap(Notes &notes);
    void detach();

private:
    void track(bool on);
    PageSet dirty(bool clear);
    void expect(const PageSet &wanted, bool clear, const std::string &when);
    uint64_t address(size_t page) const { return iova_ + page * granule_; }
    void read(size_t page);
    void write(size_t page);

    IommufdDevice device_;
    uint32_t hwpt_ = 0;
    size_t granule_ = 0;
    uint64_t iova_ = 0;
    Area area_;
    uint32_t seed_ = 1;
};

void DirtySession::attach(Notes &notes)
{
    abi::HwInfo info = {};
    info.size = sizeof(info);
    info.dev_id = device_.device_id();
    device_.call(abi::ioc_get_hw_info, &info, "IOMMU_GET_HW_INFO");
    notes.add("dirty-tracking=%s pasid-bits=%u",
              info.out_capabilities & abi::hw_cap_dirty_tracking ? "yes" : "no", info.out_max_pasid_log2);

    device_.allocate_ioas();
    abi::HwptAlloc alloc = {};
    alloc.size = sizeof(alloc);
    alloc.flags = abi::hwpt_dirty_tracking;
    alloc.dev_id = device_.device_id();
    alloc.pt_id = device_.ioas();
    device_.call(abi::ioc_hwpt_alloc, &alloc, "IOMMU_HWPT_ALLOC with IOMMU_HWPT_ALLOC_DIRTY_TRACKING");
    hwpt_ = alloc.out_hwpt_id;
    device_.attach(hwpt_, notes);
}

void DirtySession::map(Notes &notes)
{
    const IovaSpace space = device_.space();
    granule_ = granule_of(space);
    const size_t size = pages * granule_;
    area_ = {"mapped", process_memory(size), std::vector<uint8_t>(size)};
    area_.refresh(seed_++);

    const auto iova = choose_iova(space, size, granule_, area_.memory.pages);
    if (!iova) {
        fail("no room for the mapping in the address space");
    }
    iova_ = *iova;
    notes.add("iova=%s pages=%zu granule=%zu", hex(iova_).c_str(), pages, granule_);
    device_.map(area_.memory, 0, iova_, size, Prot::read_write);
}

void DirtySession::track(bool on)
{
    abi::SetDirtyTracking call = {};
    call.size = sizeof(call);
    call.flags = on;
    call.hwpt_id = hwpt_;
    device_.call(abi::ioc_set_dirty_tracking, &call,
                 on ? "IOMMU_HWPT_SET_DIRTY_TRACKING on" : "IOMMU_HWPT_SET_DIRTY_TRACKING off");
}

PageSet DirtySession::dirty(bool clear)
{
    PageSet found(pages);
    abi::GetDirtyBitmap call = {};
    call.size = sizeof(call);
    call.hwpt_id = hwpt_;
    call.flags = clear ? 0 : abi::dirty_bitmap_no_clear;
    call.iova = iova_;
    call.length = pages * granule_;
    call.page_size = granule_;
    call.data = reinterpret_cast<uintptr_t>(found.words());
    device_.call(abi::ioc_get_dirty_bitmap, &call, "IOMMU_HWPT_GET_DIRTY_BITMAP");
    return found;
}

void DirtySession::expect(const PageSet &wanted, bool clear, const std::string &when)
{
    const PageSet found = dirty(clear);
    if (!(found == wanted)) {
        fail(format("%s the pages reported as dirty are %s, the device wrote %s", when.c_str(),
                    found.text().c_str(), wanted.text().c_str()));
    }
}

void DirtySession::read(size_t page)
{
    area_.device_reads(device_.dma(), address(page), page * granule_, piece);
}

void DirtySession::write(size_t page)
{
    area_.device_writes(device_.dma(), address(page), page * granule_, piece, seed_++);
}

void DirtySession::dma(Notes &notes)
{
    const PageSet none(pages);
    const Counters before = device_.dma().counters();

    // What was written before nobody asked for: the kernel clears it when tracking begins.
    write(10);
    track(true);
    expect(none, false, "when tracking begins");

    // Pages 2 and 63 are read first, so that the IOMMU has them in its TLB as clean.
    for (size_t page : {0, 2, 3, 6, 63, 65, 70}) {
        read(page);
    }
    expect(none, false, "after reads alone");
    const PageSet first(pages, {1, 2, 5, 63, 64, 71});
    for (size_t page : {1, 2, 5, 63, 64, 71}) {
        write(page);
    }
    expect(first, false, "after the first writes");
    expect(first, true, "when asked again");
    expect(none, true, "after they were cleared");

    // Pages 5 and 64 are written once more: an IOMMU that kept them as dirty in its TLB would not say so.
    const PageSet second(pages, {0, 5, 64});
    for (size_t page : {0, 5, 64}) {
        write(page);
    }
    for (size_t page : {1, 2, 71}) {
        read(page);
    }
    // The processor's own writes are none of the device's.
    area_.refresh(20 * granule_, piece, seed_++);
    expect(second, true, "after the second writes");
    expect(none, true, "after those were cleared");
    track(false);

    area_.check("after the device wrote");
    notes.add("written=%s then=%s", first.text().c_str(), second.text().c_str());
    note_translations(notes, before, device_.dma().counters());
}

void DirtySession::unmap(Notes &notes)
{
    const size_t size = pages * granule_;
    const uint64_t unmapped = device_.unmap(iova_, size);
    notes.add("iova=%s bytes=%llu", hex(iova_).c_str(), static_cast<unsigned long long>(unmapped));
    if (unmapped != size) {
        fail(format("%zu bytes were mapped, unmap returned %llu", size,
                    static_cast<unsigned long long>(unmapped)));
    }
}

void DirtySession::detach()
{
    device_.detach();
    device_.destroy(hwpt_, "page table");
    device_.destroy(device_.ioas(), "IOAS");
    device_.close_all();
}

} // namespace

void dirty_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter)
{
    DirtySession dirty(master);
    dirty.device().check_supported();
    if (session == 1) {
        reporter.step("probe",
                      [&](Notes &notes) { probe(scenario, master, dirty.device().driver(), notes); });
    }
    const int64_t pinned = pinned_pages();
    reporter.step("bind", [&](Notes &notes) { dirty.device().bind(notes); });
    reporter.step("attach", [&](Notes &notes) { dirty.attach(notes); });
    reporter.step("map", [&](Notes &notes) { dirty.map(notes); });
    reporter.step("dma", [&](Notes &notes) { dirty.dma(notes); });
    reporter.step("unmap", [&](Notes &notes) { dirty.unmap(notes); });
    reporter.step("detach", [&](Notes &notes) {
        dirty.detach();
        check_pinned(pinned, notes);
    });
}

} // namespace guest
