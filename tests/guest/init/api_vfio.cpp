// SPDX-License-Identifier: GPL-2.0-or-later
// VFIO groups: with a type1 container (vfio), or with a /dev/iommu fd in the container's place (compat).
#include "failure.hpp"
#include "files.hpp"
#include "modules.hpp"
#include "path.hpp"
#include "text.hpp"
#include "vfio_device.hpp"

#include <cstring>

#include <fcntl.h>
#include <linux/vfio.h>
#include <sys/ioctl.h>

namespace guest
{
namespace
{

class GroupPath : public Path
{
public:
    GroupPath(Device device, bool compat) : device_(std::move(device)), compat_(compat) {}

    // Leaves the device without a driver whatever happened.
    ~GroupPath() override
    {
        close();
        device_.unbind();
    }

    void check_supported() const override
    {
        if (!character_device_registered("vfio")) {
            throw Unsupported{"the kernel has no VFIO groups (CONFIG_VFIO_GROUP)"};
        }
        if (!exists("/sys/bus/" + device_.bus() + "/drivers/" + driver())) {
            throw Unsupported{"the kernel has no " + driver()};
        }
        if (compat_ && !exists("/sys/class/misc/iommu")) {
            throw Unsupported{"the kernel has no /dev/iommu (CONFIG_IOMMUFD)"};
        }
        // Where iommufd stands in for the container (CONFIG_IOMMUFD_VFIO_CONTAINER), the node is there, but
        // not type1.
        if (!compat_ && (!exists("/sys/class/misc/vfio") || !module_loaded("vfio_iommu_type1"))) {
            throw Unsupported{"the kernel has no VFIO container with type1 (CONFIG_VFIO_IOMMU_TYPE1)"};
        }
    }

    std::string driver() const override { return vfio_driver_of(device_); }

    void bind(Notes &notes) override
    {
        bind_vfio_driver(device_);
        notes.add("driver=%s", driver().c_str());
    }

    void attach(Notes &notes) override
    {
        const auto number = device_.group();
        if (!number) {
            throw Failure{ENODEV, "the device has no group"};
        }
        container_ =
            Fd::open(device_node(compat_ ? "/sys/class/misc/iommu" : "/sys/class/misc/vfio"), O_RDWR);
        group_ = Fd::open(device_node("/sys/class/vfio/" + *number), O_RDWR);

        vfio_group_status status = {};
        status.argsz = sizeof(status);
        if (ioctl(group_.get(), VFIO_GROUP_GET_STATUS, &status) < 0) {
            fail_errno("VFIO_GROUP_GET_STATUS");
        }
        if (!(status.flags & VFIO_GROUP_FLAGS_VIABLE)) {
            throw Failure{EPERM, "group " + *number + " is not viable"};
        }
        const int container = container_.get();
        if (ioctl(group_.get(), VFIO_GROUP_SET_CONTAINER, &container) < 0) {
            fail_errno("VFIO_GROUP_SET_CONTAINER");
        }
        if (ioctl(container_.get(), VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0) {
            fail_errno("VFIO_SET_IOMMU type1v2");
        }
        const int fd = ioctl(group_.get(), VFIO_GROUP_GET_DEVICE_FD, device_.name().c_str());
        if (fd < 0) {
            fail_errno("VFIO_GROUP_GET_DEVICE_FD " + device_.name());
        }
        fd_ = Fd(fd);
        dma_ = open_soc_dma(fd_, device_);
        notes.add("group=%s type=%s", number->c_str(), group_type(*number).c_str());
    }

    IovaSpace space() override;

    Memory allocate(size_t size) override { return process_memory(size); }

    void map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot) override
    {
        vfio_iommu_type1_dma_map call = {};
        call.argsz = sizeof(call);
        call.flags = VFIO_DMA_MAP_FLAG_READ | (prot == Prot::read_write ? VFIO_DMA_MAP_FLAG_WRITE : 0);
        call.vaddr = reinterpret_cast<uintptr_t>(memory.data() + offset);
        call.iova = iova;
        call.size = size;
        if (ioctl(container_.get(), VFIO_IOMMU_MAP_DMA, &call) < 0) {
            fail_errno(format("VFIO_IOMMU_MAP_DMA iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
        }
    }

    uint64_t unmap(uint64_t iova, size_t size) override
    {
        vfio_iommu_type1_dma_unmap call = {};
        call.argsz = sizeof(call);
        call.iova = iova;
        call.size = size;
        if (ioctl(container_.get(), VFIO_IOMMU_UNMAP_DMA, &call) < 0) {
            fail_errno(format("VFIO_IOMMU_UNMAP_DMA iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
        }
        return call.size;
    }

    SocDma &dma() override { return *dma_; }

    void detach(Notes &) override
    {
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
        fd_.close();
        if (group_) {
            ioctl(group_.get(), VFIO_GROUP_UNSET_CONTAINER);
        }
        group_.close();
        container_.close();
    }

    Device device_;
    bool compat_;
    Fd container_;
    Fd group_;
    Fd fd_;
    std::unique_ptr<SocDma> dma_;
};

IovaSpace GroupPath::space()
{
    alignas(8) uint8_t block[4096] = {};
    auto *info = reinterpret_cast<vfio_iommu_type1_info *>(block);
    info->argsz = sizeof(block);
    if (ioctl(container_.get(), VFIO_IOMMU_GET_INFO, info) < 0) {
        fail_errno("VFIO_IOMMU_GET_INFO");
    }
    IovaSpace space;
    if (info->flags & VFIO_IOMMU_INFO_PGSIZES && info->iova_pgsizes) {
        space.page_size = info->iova_pgsizes & -info->iova_pgsizes;
    }
    uint32_t at = info->flags & VFIO_IOMMU_INFO_CAPS ? info->cap_offset : 0;
    while (at && at + sizeof(vfio_iommu_type1_info_cap_iova_range) <= sizeof(block)) {
        const auto *header = reinterpret_cast<vfio_info_cap_header *>(block + at);
        if (header->id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
            const auto *cap = reinterpret_cast<const vfio_iommu_type1_info_cap_iova_range *>(header);
            for (uint32_t i = 0; i < cap->nr_iovas; i++) {
                space.ranges.push_back({cap->iova_ranges[i].start, cap->iova_ranges[i].end});
            }
        }
        at = header->next;
    }
    if (space.ranges.empty() || !space.page_size) {
        fail("VFIO_IOMMU_GET_INFO tells no IOVA ranges or no page sizes");
    }
    return space;
}

} // namespace

std::unique_ptr<Path> vfio_path(const Device &device)
{
    return std::make_unique<GroupPath>(device, false);
}

std::unique_ptr<Path> compat_path(const Device &device)
{
    return std::make_unique<GroupPath>(device, true);
}

} // namespace guest
