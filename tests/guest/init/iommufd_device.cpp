// SPDX-License-Identifier: GPL-2.0-or-later
#include "iommufd_device.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "iommufd_abi.hpp"
#include "text.hpp"
#include "vfio_device.hpp"

#include <array>

#include <fcntl.h>

namespace guest
{

IommufdDevice::~IommufdDevice()
{
    close_files();
    device_.unbind();
}

void IommufdDevice::check_supported() const
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

std::string IommufdDevice::driver() const
{
    return vfio_driver_of(device_);
}

void IommufdDevice::bind(Notes &notes)
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
    device_id_ = call.out_devid;
    notes.add("driver=%s node=%s devid=%u", driver().c_str(), nodes.front().c_str(), device_id_);
}

void IommufdDevice::call(unsigned long number, void *argument, const std::string &what)
{
    if (ioctl(iommu_.get(), number, argument) < 0) {
        fail_errno(what);
    }
}

void IommufdDevice::allocate_ioas()
{
    abi::IoasAlloc alloc = {};
    alloc.size = sizeof(alloc);
    call(abi::ioc_ioas_alloc, &alloc, "IOMMU_IOAS_ALLOC");
    ioas_ = alloc.out_ioas_id;
}

void IommufdDevice::attach(uint32_t pt_id, Notes &notes)
{
    abi::AttachPt call = {};
    call.argsz = sizeof(call);
    call.pt_id = pt_id;
    if (ioctl(fd_.get(), abi::ioc_attach_pt, &call) < 0) {
        fail_errno("VFIO_DEVICE_ATTACH_IOMMUFD_PT");
    }
    attached_ = true;
    dma_ = open_soc_dma(fd_, device_);
    const std::string group = device_.group().value_or("");
    notes.add("group=%s type=%s ioas=%u hwpt=%u", group.c_str(), group_type(group).c_str(), ioas_,
              call.pt_id);
}

IovaSpace IommufdDevice::space()
{
    std::array<abi::IovaRange, 64> ranges = {};
    abi::IoasIovaRanges ask = {};
    ask.size = sizeof(ask);
    ask.ioas_id = ioas_;
    ask.num_iovas = ranges.size();
    ask.allowed_iovas = reinterpret_cast<uintptr_t>(ranges.data());
    call(abi::ioc_ioas_iova_ranges, &ask, "IOMMU_IOAS_IOVA_RANGES");

    IovaSpace space;
    space.page_size = ask.out_iova_alignment;
    for (uint32_t i = 0; i < ask.num_iovas && i < ranges.size(); i++) {
        space.ranges.push_back({ranges[i].start, ranges[i].last});
    }
    return space;
}

void IommufdDevice::map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot)
{
    abi::IoasMap map = {};
    map.size = sizeof(map);
    map.flags = abi::map_fixed_iova | abi::map_readable | (prot == Prot::read_write ? abi::map_writeable : 0);
    map.ioas_id = ioas_;
    map.user_va = reinterpret_cast<uintptr_t>(memory.data() + offset);
    map.length = size;
    map.iova = iova;
    call(abi::ioc_ioas_map, &map,
         format("IOMMU_IOAS_MAP iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
}

uint64_t IommufdDevice::unmap(uint64_t iova, size_t size)
{
    abi::IoasUnmap unmap = {};
    unmap.size = sizeof(unmap);
    unmap.ioas_id = ioas_;
    unmap.iova = iova;
    unmap.length = size;
    call(abi::ioc_ioas_unmap, &unmap,
         format("IOMMU_IOAS_UNMAP iova=%s size=%s", hex(iova).c_str(), hex(size).c_str()));
    return unmap.length;
}

void IommufdDevice::detach()
{
    dma_.reset();
    abi::DetachPt call = {};
    call.argsz = sizeof(call);
    if (ioctl(fd_.get(), abi::ioc_detach_pt, &call) < 0) {
        fail_errno("VFIO_DEVICE_DETACH_IOMMUFD_PT");
    }
    attached_ = false;
}

void IommufdDevice::destroy(uint32_t id, const std::string &what)
{
    abi::Destroy destroy = {};
    destroy.size = sizeof(destroy);
    destroy.id = id;
    call(abi::ioc_destroy, &destroy, "IOMMU_DESTROY of the " + what);
}

void IommufdDevice::close_all()
{
    close_files();
    device_.unbind();
    if (!device_.driver().empty()) {
        fail(driver() + " did not let the device go");
    }
}

void IommufdDevice::close_files()
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

} // namespace guest
