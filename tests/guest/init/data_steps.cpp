// SPDX-License-Identifier: GPL-2.0-or-later
#include "data_steps.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>

namespace guest
{
namespace
{

constexpr size_t mapped_granules = 4;
// Between the two mappings, and behind the second: room for the addresses beside them.
constexpr size_t gap_granules = 2;

} // namespace

Area DataSteps::make_area(const std::string &name, size_t size)
{
    Area area = {name, path_.allocate(size), std::vector<uint8_t>(size)};
    area.refresh(seed_++);
    return area;
}

void DataSteps::check_memory(const std::string &after) const
{
    for (const Area *area : {&main_, &only_, &canary_}) {
        area->check(after);
    }
}

void DataSteps::map(Notes &notes)
{
    space_ = path_.space();
    granule_ = granule_of(space_);
    size_ = mapped_granules * granule_;
    main_ = make_area("mapped", size_ + 2 * granule_);
    only_ = make_area("read-only", granule_);
    canary_ = make_area("canary", granule_);

    std::vector<Range> physical;
    for (const Area *area : {&main_, &only_, &canary_}) {
        physical.insert(physical.end(), area->memory.pages.begin(), area->memory.pages.end());
    }
    const size_t span = size_ + (gap_granules + 1) * granule_;
    const auto iova = choose_iova(space_, span, granule_, physical);
    if (!iova) {
        fail("no room for the mapping in the address space");
    }
    iova_ = *iova;
    read_only_iova_ = iova_ + size_ + gap_granules * granule_;

    notes.add("iova=%s bytes=%zu physical=%s granule=%zu space=%s-%s ranges=%zu", hex(iova_).c_str(), size_,
              hex(main_.memory.physical(granule_)).c_str(), granule_,
              hex(space_.ranges.front().first).c_str(), hex(space_.ranges.back().last).c_str(),
              space_.ranges.size());
    path_.map(main_.memory, granule_, iova_, size_, Prot::read_write);
}

// Every mapped byte, read by the device and written by it, in pieces that straddle pages.
void DataSteps::transfer_all()
{
    SocDma &dma = path_.dma();
    const size_t piece = std::min<size_t>(dma.capacity(), 0x3004);

    for (size_t offset = 0; offset < size_; offset += piece) {
        main_.device_reads(dma, iova_ + offset, granule_ + offset, std::min(piece, size_ - offset));
    }
    for (size_t offset = 0; offset < size_; offset += piece) {
        main_.device_writes(dma, iova_ + offset, granule_ + offset, std::min(piece, size_ - offset), seed_++);
    }
    check_memory("after the device wrote");
}

void DataSteps::dma(Notes &notes)
{
    SocDma &dma = path_.dma();
    const uint32_t ports = dma.ports();
    for (uint32_t port = 0; port < ports; port++) {
        dma.select_port(port);
        const Counters before = dma.counters();
        main_.refresh(seed_++);
        transfer_all();
        const Counters after = dma.counters();
        notes.add("port=%u stream=%s bytes=%zu", port, hex(dma.stream()).c_str(), 2 * size_);
        note_translations(notes, before, after);
    }
    dma.select_port(0);
}

void DataSteps::unmap(Notes &notes)
{
    // So that the first and the last page are in the IOMMU's TLB when they go.
    SocDma &dma = path_.dma();
    std::vector<uint8_t> data(16);
    for (uint32_t port = 0; port < dma.ports(); port++) {
        dma.select_port(port);
        for (uint64_t address : {iova_, iova_ + size_ - data.size()}) {
            if (dma.from_memory(address, data).failed()) {
                fail("just before the unmap the device could not read at " + hex(address));
            }
        }
    }
    dma.select_port(0);
    const uint64_t unmapped = path_.unmap(iova_, size_);
    notes.add("iova=%s bytes=%llu", hex(iova_).c_str(), static_cast<unsigned long long>(unmapped));
    if (unmapped != size_) {
        fail(format("%zu bytes were mapped, unmap returned %llu", size_,
                    static_cast<unsigned long long>(unmapped)));
    }
}

} // namespace guest
