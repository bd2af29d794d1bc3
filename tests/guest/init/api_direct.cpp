// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's IOMMU API, through the test module.
#include "failure.hpp"
#include "files.hpp"
#include "modules.hpp"
#include "path.hpp"
#include "soc_iommu_test.h"
#include "text.hpp"

#include <cstring>

#include <fcntl.h>
#include <sys/ioctl.h>

namespace guest
{
namespace
{

class DirectPath : public Path
{
public:
    explicit DirectPath(Device device) : device_(std::move(device)) {}

    ~DirectPath() override
    {
        close();
        device_.unbind();
    }

    void check_supported() const override
    {
        if (!module_present("soc_iommu_test") && !module_loaded("soc_iommu_test")) {
            throw Unsupported{"no soc_iommu_test.ko for this kernel"};
        }
    }

    std::string driver() const override { return SOC_IOMMU_TEST_DRIVER; }
    bool has_bind_step() const override { return false; }
    void bind(Notes &) override {}

    void attach(Notes &notes) override
    {
        if (const int error = device_.bind(driver())) {
            throw Failure{error, "bind " + device_.name() + " to " + driver()};
        }
        fd_ = Fd::open(device_node("/sys/class/misc/" SOC_IOMMU_TEST_NODE), O_RDWR);

        soc_iommu_test_open open = {};
        open.size = sizeof(open);
        open.bus = device_.bus() == "pci" ? SOC_IOMMU_TEST_BUS_PCI : SOC_IOMMU_TEST_BUS_PLATFORM;
        strncpy(open.name, device_.name().c_str(), sizeof(open.name) - 1);
        call(SOC_IOMMU_TEST_OPEN, &open, "open " + device_.name());

        domain_ = {};
        domain_.size = sizeof(domain_);
        call(SOC_IOMMU_TEST_DOMAIN_ALLOC, &domain_, "iommu_paging_domain_alloc");
        soc_iommu_test_id id = {sizeof(id), domain_.domain};
        call(SOC_IOMMU_TEST_ATTACH, &id, "iommu_attach_group");
        // Some drivers (virtio-iommu) know a domain's aperture only now.
        call(SOC_IOMMU_TEST_DOMAIN_INFO, &domain_, "look at the domain");

        dma_ = std::make_unique<SocDma>(mapped_window(
            Mapping::of_file(fd_, open.window_offset, open.window_size, "the device's registers")));
        const std::string group = device_.group().value_or("");
        notes.add("group=%s type=%s aperture=%s-%s%s page_sizes=%s", group.c_str(), group_type(group).c_str(),
                  hex(domain_.aperture_start).c_str(), hex(domain_.aperture_end).c_str(),
                  domain_.force_aperture ? "" : "(not forced)", hex(domain_.page_sizes).c_str());
    }

    IovaSpace space() override
    {
        if (!domain_.page_sizes) {
            fail("the domain tells no page sizes");
        }
        return {{{domain_.aperture_start, domain_.aperture_end}}, domain_.page_sizes & -domain_.page_sizes};
    }

    Memory allocate(size_t size) override
    {
        soc_iommu_test_buffer buffer = {};
        buffer.size = sizeof(buffer);
        buffer.length = size;
        call(SOC_IOMMU_TEST_BUFFER_ALLOC, &buffer, format("allocation of %zu bytes", size));
        Memory memory;
        memory.mapping = Mapping::of_file(fd_, buffer.offset, size, "the module's memory");
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
        call(SOC_IOMMU_TEST_MAP, &map,
             format("iommu_map iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
    }

    uint64_t unmap(uint64_t iova, size_t size) override
    {
        soc_iommu_test_unmap unmap = {};
        unmap.size = sizeof(unmap);
        unmap.domain = domain_.domain;
        unmap.iova = iova;
        unmap.length = size;
        call(SOC_IOMMU_TEST_UNMAP, &unmap,
             format("iommu_unmap iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
        return unmap.unmapped;
    }

    SocDma &dma() override { return *dma_; }

    void detach(Notes &) override
    {
        soc_iommu_test_id id = {sizeof(id), domain_.domain};
        dma_.reset();
        call(SOC_IOMMU_TEST_DETACH, &id, "iommu_detach_group");
        call(SOC_IOMMU_TEST_DOMAIN_FREE, &id, "iommu_domain_free");
        close();
        device_.unbind();
        if (!device_.driver().empty()) {
            fail(driver() + " did not let the device go");
        }
    }

private:
    void call(unsigned long number, void *argument, const std::string &what)
    {
        if (ioctl(fd_.get(), number, argument) < 0) {
            fail_errno(what);
        }
    }

    void close()
    {
        dma_.reset();
        fd_.close(); // the module detaches and frees what is left
    }

    Device device_;
    Fd fd_;
    soc_iommu_test_domain domain_ = {};
    std::unique_ptr<SocDma> dma_;
};

} // namespace

std::unique_ptr<Path> direct_path(const Device &device)
{
    return std::make_unique<DirectPath>(device);
}

} // namespace guest
