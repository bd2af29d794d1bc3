// SPDX-License-Identifier: GPL-2.0-or-later
// A device's VFIO node (cdev) and the iommufd that it is bound to: what the APIs iommufd and dirty share.
#pragma once

#include "devices.hpp"
#include "iova.hpp"
#include "path.hpp"
#include "supervisor.hpp"

#include <memory>
#include <string>

namespace guest
{

class IommufdDevice
{
public:
    explicit IommufdDevice(Device device) : device_(std::move(device)) {}
    ~IommufdDevice(); // closes, and gives the device back

    // Throws Unsupported where this kernel lacks any of it.
    void check_supported() const;
    std::string driver() const;

    // The driver, and VFIO_DEVICE_BIND_IOMMUFD.
    void bind(Notes &notes);
    void allocate_ioas();
    // To the IOAS or to a page table of one.
    void attach(uint32_t pt_id, Notes &notes);
    void detach();
    void destroy(uint32_t id, const std::string &what);
    // Both descriptors, and the driver lets the device go.
    void close_all();

    // Of /dev/iommu. Throws Failure that names `what`.
    void call(unsigned long number, void *argument, const std::string &what);

    IovaSpace space();
    void map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot);
    uint64_t unmap(uint64_t iova, size_t size);

    SocDma &dma() { return *dma_; }
    uint32_t ioas() const { return ioas_; }
    uint32_t device_id() const { return device_id_; }

private:
    void close_files();

    Device device_;
    Fd iommu_;
    Fd fd_;
    uint32_t device_id_ = 0;
    uint32_t ioas_ = 0;
    bool attached_ = false;
    std::unique_ptr<SocDma> dma_;
};

} // namespace guest
