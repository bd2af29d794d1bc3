// SPDX-License-Identifier: GPL-2.0-or-later
// iommufd with the VFIO device node (cdev).
#include "iommufd_device.hpp"

namespace guest
{
namespace
{

class IommufdPath : public Path
{
public:
    explicit IommufdPath(const Device &device) : device_(device) {}

    void check_supported() const override { device_.check_supported(); }
    std::string driver() const override { return device_.driver(); }
    void bind(Notes &notes) override { device_.bind(notes); }

    void attach(Notes &notes) override
    {
        device_.allocate_ioas();
        device_.attach(device_.ioas(), notes);
    }

    IovaSpace space() override { return device_.space(); }
    Memory allocate(size_t size) override { return process_memory(size); }

    void map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot) override
    {
        device_.map(memory, offset, iova, size, prot);
    }

    uint64_t unmap(uint64_t iova, size_t size) override { return device_.unmap(iova, size); }
    SocDma &dma() override { return device_.dma(); }

    void detach(Notes &) override
    {
        device_.detach();
        device_.destroy(device_.ioas(), "IOAS");
        device_.close_all();
    }

private:
    IommufdDevice device_;
};

} // namespace

std::unique_ptr<Path> iommufd_path(const Device &device)
{
    return std::make_unique<IommufdPath>(device);
}

} // namespace guest
