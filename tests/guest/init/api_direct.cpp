// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's IOMMU API, through the test module.
#include "failure.hpp"
#include "path.hpp"
#include "soc_iommu_test.h"
#include "test_module.hpp"
#include "text.hpp"

#include <vector>

namespace guest
{
namespace
{

class DirectPath : public KernelPath
{
public:
    DirectPath(const Device &device, std::vector<uint32_t> domain_types)
        : module_(device), domain_types_(std::move(domain_types))
    {
    }

    void check_supported() const override { TestModule::check_present(); }
    std::string driver() const override { return TestModule::driver(); }
    bool has_bind_step() const override { return false; }
    void bind(Notes &) override {}

    void attach(Notes &notes) override
    {
        module_.bind();
        module_.open();

        allocate_domain();
        soc_iommu_test_id id = {sizeof(id), domain_.domain};
        module_.call(SOC_IOMMU_TEST_ATTACH, &id, "iommu_attach_group");
        // Some drivers (virtio-iommu) know a domain's aperture only now.
        module_.call(SOC_IOMMU_TEST_DOMAIN_INFO, &domain_, "look at the domain");

        const std::string group = module_.device().group().value_or("");
        notes.add("group=%s type=%s aperture=%s-%s%s page_sizes=%s", group.c_str(), group_type(group).c_str(),
                  hex(domain_.aperture_start).c_str(), hex(domain_.aperture_end).c_str(),
                  domain_.force_aperture ? "" : "(not forced)", hex(domain_.page_sizes).c_str());
    }

    IovaSpace space() override
    {
        if (!domain_.page_sizes) {
            fail("the domain tells no page sizes");
        }
        const uint64_t page_size = domain_.page_sizes & -domain_.page_sizes;
        if (!domain_.aperture_end && !domain_.force_aperture) {
            // mtk_iommu_v1 tells no aperture. iommu_map() does not look at it, and for such drivers the DMA
            // API of 32-bit ARM uses all that an address can be.
            return {{{0, 0xffffffff}}, page_size};
        }
        return {{{domain_.aperture_start, domain_.aperture_end}}, page_size};
    }

    Memory allocate(size_t size) override
    {
        soc_iommu_test_buffer buffer = {};
        buffer.size = sizeof(buffer);
        buffer.length = size;
        module_.call(SOC_IOMMU_TEST_BUFFER_ALLOC, &buffer, format("allocation of %zu bytes", size));
        Memory memory;
        memory.mapping = Mapping::of_file(module_.fd(), buffer.offset, size, "the module's memory");
        memory.handle = buffer.buffer;
        const uint64_t page = kernel_page_size();
        for (uint64_t offset = 0; offset < size; offset += page) {
            memory.pages.push_back({buffer.physical + offset, buffer.physical + offset + page - 1});
        }
        return memory;
    }

    void map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot) override
    {
        soc_iommu_test_map map = {};
        map.size = sizeof(map);
        map.domain = domain_.domain;
        map.buffer = memory.handle;
        map.prot = SOC_IOMMU_TEST_PROT_READ | (prot == Prot::read_write ? SOC_IOMMU_TEST_PROT_WRITE : 0);
        map.offset = offset;
        map.iova = iova;
        map.length = size;
        module_.call(SOC_IOMMU_TEST_MAP, &map,
                     format("iommu_map iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
    }

    uint64_t unmap(uint64_t iova, size_t size) override
    {
        soc_iommu_test_unmap unmap = {};
        unmap.size = sizeof(unmap);
        unmap.domain = domain_.domain;
        unmap.iova = iova;
        unmap.length = size;
        module_.call(SOC_IOMMU_TEST_UNMAP, &unmap,
                     format("iommu_unmap iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
        return unmap.unmapped;
    }

    void map_physical(uint64_t iova, uint64_t physical) override
    {
        soc_iommu_test_page page = {sizeof(page), domain_.domain, iova, physical};
        module_.call(SOC_IOMMU_TEST_MAP_PHYSICAL, &page,
                     format("iommu_map iova=%s physical=%s", hex(iova).c_str(), hex(physical).c_str()));
    }

    uint64_t iova_to_phys(uint64_t iova) override
    {
        soc_iommu_test_page page = {sizeof(page), domain_.domain, iova, 0};
        module_.call(SOC_IOMMU_TEST_IOVA_TO_PHYS, &page, "iommu_iova_to_phys iova=" + hex(iova));
        return page.physical;
    }

    SocDma &dma() override { return module_.dma(); }

    void detach(Notes &) override
    {
        soc_iommu_test_id id = {sizeof(id), domain_.domain};
        module_.call(SOC_IOMMU_TEST_DETACH, &id, "iommu_detach_group");
        module_.call(SOC_IOMMU_TEST_DOMAIN_FREE, &id, "iommu_domain_free");
        module_.close_all();
    }

private:
    // The first type that the device can have.
    void allocate_domain()
    {
        for (size_t i = 0;; i++) {
            domain_ = {};
            domain_.size = sizeof(domain_);
            domain_.type = domain_types_[i];
            try {
                module_.call(SOC_IOMMU_TEST_DOMAIN_ALLOC, &domain_,
                             domain_.type == SOC_IOMMU_TEST_DOMAIN_CURRENT ? "iommu_get_domain_for_dev"
                                                                           : "iommu_paging_domain_alloc");
                return;
            } catch (const Failure &failure) {
                if (failure.error != ENODEV || i + 1 == domain_types_.size()) {
                    throw;
                }
            }
        }
    }

    TestModule module_;
    std::vector<uint32_t> domain_types_;
    soc_iommu_test_domain domain_ = {};
};

} // namespace

std::unique_ptr<KernelPath> direct_path(const Device &device)
{
    return std::make_unique<DirectPath>(device, std::vector<uint32_t>{SOC_IOMMU_TEST_DOMAIN_PAGING});
}

std::unique_ptr<KernelPath> current_path(const Device &device)
{
    return std::make_unique<DirectPath>(device, std::vector<uint32_t>{SOC_IOMMU_TEST_DOMAIN_CURRENT});
}

std::unique_ptr<KernelPath> own_or_new_path(const Device &device)
{
    return std::make_unique<DirectPath>(
        device, std::vector<uint32_t>{SOC_IOMMU_TEST_DOMAIN_CURRENT, SOC_IOMMU_TEST_DOMAIN_PAGING});
}

} // namespace guest
