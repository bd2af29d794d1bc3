// SPDX-License-Identifier: GPL-2.0-or-later
// A master with a driver of the kernel's own, which uses the DMA API: virtio-blk on PCI, pl330 with dmatest
// on the platform.
#pragma once

#include "devices.hpp"
#include "soc_dma.hpp"
#include "supervisor.hpp"

#include <memory>

namespace guest
{

class KernelMaster
{
public:
    virtual ~KernelMaster() = default;

    virtual void prepare() = 0; // loads its modules; nothing binds by that
    virtual std::string driver() const = 0;
    virtual void bind(Notes &notes) = 0;
    virtual void dma(Notes &notes) = 0;
    virtual void unbind(Notes &notes) = 0;
};

// `reads`: how many 4 KiB direct reads its dma() times besides; 0: none.
std::unique_ptr<KernelMaster> virtio_blk_master(const Device &device, unsigned reads);
std::unique_ptr<KernelMaster> pl330_master(const Device &device);

// soc-dma as an onlooker: its registers show the counters of the IOMMU's model. Empty where there is no
// soc-dma. No driver is needed for that.
std::unique_ptr<SocDma> onlooker();

// Runs the three steps after `probe`.
void kernel_master_session(KernelMaster &master, Reporter &reporter);

} // namespace guest
