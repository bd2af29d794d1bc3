// SPDX-License-Identifier: GPL-2.0-or-later
// iommufd with the VFIO device node (cdev).
#include "failure.hpp"
#include "files.hpp"
#include "iommufd_abi.hpp"
#include "path.hpp"
#include "text.hpp"
#include "vfio_device.hpp"

#include <array>

#include <fcntl.h>

namespace guest
{
namespace
{

class IommufdPath : public Path
{
public:
    explicit IommufdPath(Device device) : device_(std::move(device)) {}

    ~IommufdPath() override
    {
        close();
        device_.unbind();
    }

    void check_supported() const override
    {
        if (!exists("/sys/class/misc/iommu")) {
            throw Unsupported{"the kernel has no /dev/iommu (CONFIG_IOMMUFD)"};
        }
        if (!exists("/sys/bus/" + device_.bus() + "/drivers/" + driver())) {
            throw Unsupported{"the kernel has no " + driver()};
        }
        if (!character_device_registered("vfio-dev")) {
            throw Unsupported{"the kernel has no VFIO device nodes (CONFIG_VFIO_DEVICE_CDEV)"};
        }
    }

    std::string driver() const override { return vfio_driver_of(device_); }

    void bind(Notes &notes) override
    {
        bind_vfio_driver(device_);
        const auto nodes = list_directory(device_.path() + "/vfio-dev");
        if (nodes.empty()) {
            throw Failure{ENOENT, "no vfio-dev below " + device_.path()};
        }
        fd_ = Fd::open(device_node(device_.path() + "/vfio-dev/" + nodes.front()), O_RDWR);
        iommu_ = Fd::open(device_node("/sys/class/misc/iommu"), O_RDWR);

        abi::BindIommufd call = {};
        call.argsz = sizeof(call);
        call.iommufd = iommu_.get();
        if (ioctl(fd_.get(), abi::ioc_bind_iommufd, &call) < 0) {
            fail_errno("VFIO_DEVICE_BIND_IOMMUFD");
        }
        notes.add("driver=%s node=%s devid=%u", driver().c_str(), nodes.front().c_str(), call.out_devid);
    }

    void attach(Notes &notes) override
    {
        abi::IoasAlloc alloc = {};
        alloc.size = sizeof(alloc);
        if (ioctl(iommu_.get(), abi::ioc_ioas_alloc, &alloc) < 0) {
            fail_errno("IOMMU_IOAS_ALLOC");
        }
        ioas_ = alloc.out_ioas_id;

        abi::AttachPt call = {};
        call.argsz = sizeof(call);
        call.pt_id = ioas_;
        if (ioctl(fd_.get(), abi::ioc_attach_pt, &call) < 0) {
            fail_errno("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
        }
        attached_ = true;
        dma_ = open_soc_dma(fd_, device_);
        const std::string group = device_.group().value_or("");
        notes.add("group=%s type=%s ioas=%u hwpt=%u", group.c_str(), group_type(group).c_str(), ioas_,
                  call.pt_id);
    }

    IovaSpace space() override
    {
        std::array<abi::IovaRange, 64> ranges = {};
        abi::IoasIovaRanges call = {};
        call.size = sizeof(call);
        call.ioas_id = ioas_;
        call.num_iovas = ranges.size();
        call.allowed_iovas = reinterpret_cast<uintptr_t>(ranges.data());
        if (ioctl(iommu_.get(), abi::ioc_ioas_iova_ranges, &call) < 0) {
            fail_errno("IOMMU_IOAS_IOVA_RANGES");
        }
        IovaSpace space;
        space.page_size = call.out_iova_alignment;
        for (uint32_t i = 0; i < call.num_iovas && i < ranges.size(); i++) {
            space.ranges.push_back({ranges[i].start, ranges[i].last});
        }
        return space;
    }

    Memory allocate(size_t size) override { return process_memory(size); }

    void map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot) override
    {
        abi::IoasMap call = {};
        call.size = sizeof(call);
        call.flags =
            abi::map_fixed_iova | abi::map_readable | (prot == Prot::read_write ? abi::map_writeable : 0);
        call.ioas_id = ioas_;
        call.user_va = reinterpret_cast<uintptr_t>(memory.data() + offset);
        call.length = size;
        call.iova = iova;
        if (ioctl(iommu_.get(), abi::ioc_ioas_map, &call) < 0) {
            fail_errno(format("IOMMU_IOAS_MAP iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
        }
    }

    uint64_t unmap(uint64_t iova, size_t size) override
    {
        abi::IoasUnmap call = {};
        call.size = sizeof(call);
        call.ioas_id = ioas_;
        call.iova = iova;
        call.length = size;
        if (ioctl(iommu_.get(), abi::ioc_ioas_unmap, &call) < 0) {
            fail_errno(format("IOMMU_IOAS_UNMAP iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
        }
        return call.length;
    }

    SocDma &dma() override { return *dma_; }

    void detach(Notes &) override
    {
        dma_.reset();
        abi::DetachPt call = {};
        call.argsz = sizeof(call);
        if (ioctl(fd_.get(), abi::ioc_detach_pt, &call) < 0) {
            fail_errno("VFIO_DEVICE_DETACH_IOMMUFD_PT");
        }
        attached_ = false;
        abi::Destroy destroy = {};
        destroy.size = sizeof(destroy);
        destroy.id = ioas_;
        if (ioctl(iommu_.get(), abi::ioc_destroy, &destroy) < 0) {
            fail_errno("IOMMU_DESTROY of the IOAS");
        }
        close();
        device_.unbind();
        if (!device_.driver().empty()) {
            fail(driver() + " did not let the device go");
        }
    }

private:
    void close()
    {
        dma_.reset();
        if (attached_) {
            abi::DetachPt call = {};
            call.argsz = sizeof(call);
            ioctl(fd_.get(), abi::ioc_detach_pt, &call);
            attached_ = false;
        }
        fd_.close();
        iommu_.close();
    }

    Device device_;
    Fd iommu_;
    Fd fd_;
    uint32_t ioas_ = 0;
    bool attached_ = false;
    std::unique_ptr<SocDma> dma_;
};

} // namespace

std::unique_ptr<Path> iommufd_path(const Device &device)
{
    return std::make_unique<IommufdPath>(device);
}

} // namespace guest
