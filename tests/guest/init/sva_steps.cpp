// SPDX-License-Identifier: GPL-2.0-or-later
#include "sva_steps.hpp"

#include "failure.hpp"
#include "fault_kinds.hpp"
#include "soc_iommu_test.h"
#include "text.hpp"

#include <algorithm>

#include <sys/mman.h>

namespace guest
{
namespace
{

uint64_t address_of(const uint8_t *data)
{
    return reinterpret_cast<uintptr_t>(data);
}

} // namespace

Area SvaSteps::untouched(const std::string &name, size_t pages)
{
    Area area = {name, {}, std::vector<uint8_t>(pages * page_)};
    area.memory.mapping = Mapping::untouched(area.size());
    return area;
}

Area SvaSteps::filled(const std::string &name, size_t pages)
{
    Area area = untouched(name, pages);
    area.refresh(seed_++);
    return area;
}

void SvaSteps::check_memory(const std::string &after) const
{
    for (const Area *area : {&touched_, &dropped_, &only_, &sealed_}) {
        area->check(after);
    }
}

void SvaSteps::device_reads(const Area &area, size_t offset, size_t length)
{
    area.device_reads(module_.dma(), address_of(area.data() + offset), offset, length);
}

void SvaSteps::device_writes(Area &area, size_t offset, size_t length)
{
    area.device_writes(module_.dma(), address_of(area.data() + offset), offset, length, seed_++);
}

void SvaSteps::must_end(const Attempt &attempt)
{
    SocDma &dma = module_.dma();
    const std::string where = attempt.where();
    const Transfer transfer = attempt.run(dma, seed_++).transfer;
    check_memory(where);
    if (!transfer.failed()) {
        fail(where + ": no fault");
    }
    if (transfer.transferred != 0) {
        fail(format("%s: a fault, but %u bytes moved", where.c_str(), transfer.transferred));
    }
    const DmaFault fault = dma.fault();
    last_ = format("kind=%s address=%s", fault_kind_name(fault.kind).c_str(), hex(fault.address).c_str());
    if (const std::string objection = attempt.objection(fault); !objection.empty()) {
        fail(where + ": the model's fault has " + objection + " (" + last_ + ")");
    }
    ended_++;
}

void SvaSteps::feature(uint32_t feature, bool on)
{
    soc_iommu_test_feature call = {};
    call.size = sizeof(call);
    call.feature = feature;
    call.enable = on;
    module_.call(SOC_IOMMU_TEST_FEATURE, &call,
                 format("iommu_dev_%s_feature(IOMMU_DEV_FEAT_%s)", on ? "enable" : "disable",
                        feature == SOC_IOMMU_TEST_FEATURE_IOPF ? "IOPF" : "SVA"));
}

void SvaSteps::bind(Notes &notes)
{
    page_ = kernel_page_size();
    pins_ = pins_acquired();
    module_.bind();
    module_.open();
    notes.add("driver=%s stream=%s", TestModule::driver().c_str(), hex(module_.dma().stream()).c_str());
}

void SvaSteps::attach(Notes &notes)
{
    // In this order: arm_smmu_master_sva_enable_iopf() wants page faults to be on before.
    feature(SOC_IOMMU_TEST_FEATURE_IOPF, true);
    feature(SOC_IOMMU_TEST_FEATURE_SVA, true);
    soc_iommu_test_sva call = {};
    call.size = sizeof(call);
    module_.call(SOC_IOMMU_TEST_SVA_BIND, &call, "iommu_sva_bind_device");
    pasid_ = call.pasid;
    module_.dma().use_direct(pasid_);
    const std::string group = module_.device().group().value_or("");
    notes.add("group=%s type=%s pasid=%u", group.c_str(), group_type(group).c_str(), pasid_);
}

void SvaSteps::map(Notes &notes)
{
    touched_ = filled("touched", 2);
    untouched_ = untouched("untouched", 4);
    dropped_ = filled("dropped", 1);
    sealed_ = filled("sealed", 1);
    gone_ = filled("unmapped", 1);
    only_ = filled("read-only", 1);
    if (mprotect(only_.data(), page_, PROT_READ) < 0) {
        fail_errno("mprotect");
    }
    // The middle one of three pages, so that the addresses beside it are in use. Nothing maps memory after
    // this.
    hole_ = Mapping::untouched(3 * page_).release() + page_;
    if (munmap(hole_, page_) < 0) {
        fail_errno("munmap");
    }
    for (size_t i = 0; i < untouched_.expected.size(); i += page_) {
        if (resident(untouched_.data() + i)) {
            fail("memory that nobody touched is there");
        }
    }
    notes.add("touched=%s untouched=%s", hex(address_of(touched_.data())).c_str(),
              hex(address_of(untouched_.data())).c_str());
}

void SvaSteps::dma(Notes &notes)
{
    SocDma &dma = module_.dma();
    const Counters before = dma.counters();
    const uint32_t holds = dma.holds();

    device_reads(touched_, 0, std::min(touched_.expected.size(), dma.capacity()));
    device_writes(touched_, page_ - 100, 200);
    check_memory("after the device wrote");
    if (dma.holds() != holds) {
        fail("the device had to wait for pages that were there");
    }

    // Across the border of two pages of which neither is there.
    device_writes(untouched_, page_ - 0x800, 0x1000);
    if (dma.holds() == holds) {
        fail("the device did not have to wait for a page that was not there");
    }
    // Read first, which brings the page of zeroes, and then written, which must take that one away again.
    device_reads(untouched_, 2 * page_ + 8, 16);
    device_writes(untouched_, 2 * page_ + 12, 16);
    for (size_t i = 0; i < 4; i++) {
        if (resident(untouched_.data() + i * page_) != (i < 3)) {
            fail(format("page %zu of the memory that the process did not touch is %s", i,
                        i < 3 ? "not there after the device used it" : "there, though nobody used it"));
        }
    }

    // What the process gives back must be out of the IOMMU's TLB: the next access finds a new page.
    device_reads(dropped_, 0, 16);
    if (madvise(dropped_.data(), page_, MADV_DONTNEED) < 0) {
        fail_errno("madvise");
    }
    std::fill(dropped_.expected.begin(), dropped_.expected.end(), uint8_t{0});
    device_reads(dropped_, 0, 16);
    device_writes(dropped_, 100, 16);

    const int64_t pins = pins_acquired() - pins_;
    notes.add("pasid=%u held=%u pins=%lld", pasid_, dma.holds() - holds, static_cast<long long>(pins));
    note_translations(notes, before, dma.counters());
    if (pins != 0) {
        fail("pages were pinned");
    }
    check_memory("after the device wrote");
    untouched_.check("after the device wrote");
}

void SvaSteps::isolation(Notes &notes)
{
    using namespace fault_kind;
    SocDma &dma = module_.dma();
    ended_ = 0;
    if (mapped(hole_)) {
        fail("the hole in the address space is in use");
    }
    const uint32_t holds = dma.holds();
    must_end({"hole", address_of(hole_), true, terminated});
    must_end({"hole", address_of(hole_), false, terminated});
    if (dma.holds() != holds + 2) {
        fail("the kernel was not asked about an address that is not mapped");
    }
    // The process' table covers its half of the addresses only (CD.EPD1), and not beyond CD.T0SZ.
    must_end({"kernel", uint64_t{0xffff800000000000}, false, terminated | translation | address_size});
    must_end({"kernel", uint64_t{0xffff800000000000}, true, terminated | translation | address_size});
    must_end({"beyond", uint64_t{1} << 54, false, terminated | translation | address_size});

    // The same address as nobody's substream, and as no substream: the DMA API's address space, which is
    // empty.
    dma.use_direct(pasid_ + 1);
    must_end({"next PASID", address_of(touched_.data()), true, configuration | translation | disabled});
    if (group_type(module_.device().group().value_or("")).starts_with("DMA")) {
        dma.use_direct(std::nullopt);
        must_end({"no PASID", address_of(touched_.data()), true, terminated | translation | address_size});
    }
    dma.use_direct(pasid_);
    device_reads(touched_, 0, 16);
    notes.add("ended=%u last: %s", ended_, last_.c_str());
}

void SvaSteps::readonly(Notes &notes)
{
    ended_ = 0;
    device_reads(only_, 0, 16);
    must_end({"read-only", address_of(only_.data()), true, fault_kind::terminated});

    // Writable in the IOMMU's TLB, then no more.
    device_writes(sealed_, 0, 16);
    if (mprotect(sealed_.data(), page_, PROT_READ) < 0) {
        fail_errno("mprotect");
    }
    device_reads(sealed_, 0, 16);
    must_end({"sealed", address_of(sealed_.data()), true, fault_kind::terminated});
    if (mprotect(sealed_.data(), page_, PROT_READ | PROT_WRITE) < 0) {
        fail_errno("mprotect");
    }
    device_writes(sealed_, 16, 16);
    check_memory("after the device wrote");
    notes.add("ended=%u last: %s", ended_, last_.c_str());
}

void SvaSteps::unmap(Notes &notes)
{
    // So that the page is in the IOMMU's TLB when it goes, as a writable one.
    device_reads(gone_, 0, 16);
    device_writes(gone_, 16, 16);
    gone_address_ = gone_.data();
    gone_.memory.mapping.unmap();
    notes.add("address=%s bytes=%zu", hex(address_of(gone_address_)).c_str(), page_);
}

void SvaSteps::stale(Notes &notes)
{
    ended_ = 0;
    if (mapped(gone_address_)) {
        fail("the address that was unmapped is in use again");
    }
    must_end({"unmapped", address_of(gone_address_), true, fault_kind::terminated});
    must_end({"unmapped", address_of(gone_address_), false, fault_kind::terminated});
    notes.add("ended=%u last: %s", ended_, last_.c_str());
}

void SvaSteps::detach(Notes &notes)
{
    using namespace fault_kind;
    ended_ = 0;
    device_reads(touched_, 0, 16);
    soc_iommu_test_id id = {sizeof(id), pasid_};
    module_.call(SOC_IOMMU_TEST_SVA_UNBIND, &id, "iommu_sva_unbind_device");
    must_end(
        {"unbound", address_of(touched_.data()), true, configuration | translation | disabled | terminated});
    must_end(
        {"unbound", address_of(touched_.data()), false, configuration | translation | disabled | terminated});
    notes.add("ended=%u last: %s", ended_, last_.c_str());

    feature(SOC_IOMMU_TEST_FEATURE_SVA, false);
    feature(SOC_IOMMU_TEST_FEATURE_IOPF, false);
    module_.close_all();
}

} // namespace guest
