// SPDX-License-Identifier: GPL-2.0-or-later
// A user interface through which a device gets an address space: what the APIs direct, vfio, compat and
// iommufd have in common. The steps on top of it are in data_steps.hpp.
#pragma once

#include "devices.hpp"
#include "iova.hpp"
#include "memory.hpp"
#include "soc_dma.hpp"
#include "supervisor.hpp"

#include <memory>

namespace guest
{

enum class Prot { read_only, read_write };

class Path
{
public:
    virtual ~Path() = default;

    // Throws Unsupported where this kernel lacks the API.
    virtual void check_supported() const = 0;
    // The driver that has to bind for this API.
    virtual std::string driver() const = 0;
    virtual bool has_bind_step() const { return true; }

    // All throw Failure. After `attach` the rest may be used.
    virtual void bind(Notes &notes) = 0;
    virtual void attach(Notes &notes) = 0;
    virtual IovaSpace space() = 0;
    virtual Memory allocate(size_t size) = 0;
    virtual void map(const Memory &memory, size_t offset, uint64_t iova, size_t size, Prot prot) = 0;
    virtual uint64_t unmap(uint64_t iova, size_t size) = 0; // bytes unmapped
    virtual SocDma &dma() = 0;
    // Closes everything, in order, and gives the device back.
    virtual void detach(Notes &notes) = 0;
};

std::unique_ptr<Path> vfio_path(const Device &device);
std::unique_ptr<Path> compat_path(const Device &device);
std::unique_ptr<Path> iommufd_path(const Device &device);

// The kernel's own interface, where more can be asked.
class KernelPath : public Path
{
public:
    // One page of the kernel's, wherever it lies.
    virtual void map_physical(uint64_t iova, uint64_t physical) = 0;
    virtual uint64_t iova_to_phys(uint64_t iova) = 0;
};

std::unique_ptr<KernelPath> direct_path(const Device &device);
// As direct, in the domain that the device already has.
std::unique_ptr<KernelPath> current_path(const Device &device);
// That, or a new one where the device has none.
std::unique_ptr<KernelPath> own_or_new_path(const Device &device);

} // namespace guest
