// What every model is. A model is a Device: registers, reset, saved state, device tree. An Iommu also translates;
// a Master moves data.
//
// Threads: every call holds the big lock, except Iommu::translate and what is said to be for any thread.
// Errors: constructors throw OptionError; nothing else throws.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "soc-iommu/counters.hpp"
#include "soc-iommu/device_tree.hpp"
#include "soc-iommu/guest_log.hpp"
#include "soc-iommu/host.hpp"
#include "soc-iommu/options.hpp"
#include "soc-iommu/register_bank.hpp"
#include "soc-iommu/state.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc {

using Region = SocRegion;
using PciSpan = SocPciSpan;

// Constant for the life of an instance.
struct Shape {
    std::vector<Region> regions;
    unsigned irqs = 0;
    std::vector<PciSpan> pci_map;  // Iommu: what `pci-map=auto` stands for
    uint32_t streams = 0;
    unsigned address_bits = 64;  // width of what a master may ask for
    uint32_t features = 0;       // SOC_FEATURE_*: what an Iommu serves, what a Master can
    unsigned substream_bits = 0; // Master: width of its PASID capability as a PCI function; 0: none
};

// Where an instance was put. Vectors are in the order of the shape.
struct Placement {
    std::string id;
    std::vector<uint64_t> regions;            // addresses
    std::vector<std::vector<uint32_t>> irqs;  // cells of `interrupts`, one vector a line
    uint32_t interrupt_parent = 0;            // phandles
    uint32_t msi_parent = 0;                  // 0: the board has no ITS
    uint32_t self = 0;
    std::string pci_host;                  // path of the PCI host bridge that it serves; empty: none
    std::vector<uint8_t> iommus;           // Master: the ready value of its `iommus`
    std::function<uint32_t()> new_phandle;  // for neighbours of its own
};

class Device {
public:
    explicit Device(Host &host, const char *name) : host_(host), log_(host, name) {}
    virtual ~Device() = default;
    Device(const Device &) = delete;
    Device &operator=(const Device &) = delete;

    virtual const Shape &shape() const = 0;
    // Leaves the device as its constructor did.
    virtual void reset() = 0;
    virtual void save(StateWriter &) const = 0;
    virtual void load(StateReader &) = 0;
    virtual DeviceTree describe(const Placement &) const = 0;
    // The answer to Host::defer.
    virtual void deferred() {}
    virtual void message(const SocMessage &) {}

    // The registers of a region; nullptr where the region is none of registers only.
    virtual RegisterBank *registers(unsigned region) = 0;
    virtual uint64_t mmio_read(unsigned region, uint64_t offset, unsigned size);
    virtual void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size);

protected:
    Host &host_;
    GuestLog log_;
};

class Iommu : public Device {
public:
    using Device::Device;

    // Any thread. Counts, and records a fault, unless the transaction is a debugger's.
    TranslateResult translate(const Transaction &);

    // Cells of `iommus` that name this stream.
    virtual std::vector<uint32_t> iommu_cells(uint32_t stream) const { return {stream}; }

    const Counters &counters() const { return counters_; }

protected:
    // Any thread. Without side effects for txn.debug.
    virtual TranslateResult lookup(const Transaction &) = 0;
    // Any thread, after the fault was counted: the block's own fault registers. Interrupts wait for deferred().
    virtual void fault_raised(const Fault &) {}
    // Any thread. Where the access goes instead, in a block that has a place for what faults: counted and reported as
    // any fault, but the master does not learn of it.
    virtual std::optional<Translation> redirected(const Fault &) const { return std::nullopt; }

    Counters counters_;
};

class Master : public Device {
public:
    using Device::Device;
    // A held transaction of ours has ended: asked to try again, or terminated.
    virtual void resumed(uint32_t /*tag*/, const SocFault * /*terminated*/) {}
};

}  // namespace soc
