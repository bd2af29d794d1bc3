// Every model of this build. A model defines one ModelType in its folder; hw/registry.cpp lists it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "soc-iommu/model.hpp"
#include "soc-iommu/seam.h"

namespace soc {

// The Linux guest that drives an IOMMU: what the command needs to boot one.
struct GuestProfile {
    const char *arch = "";       // "arm64", "arm" or "powerpc"
    const char *machine = "";    // QEMU's -M
    const char *cpu = "";        // QEMU's -cpu
    const char *memory = "";     // QEMU's -m
    const char *driver = "";     // Linux' platform driver
    const char *config = "";     // guest-kernel-config/<config>.config
    std::vector<const char *> kernels;  // versions whose driver works the block, newest last
    // Scenarios of /init beyond the five APIs that this IOMMU can pass: "sva", "dirty".
    std::vector<const char *> apis{};
    // Of the platform masters that the command puts behind it: soc-dma's, and the second one's. No port's number, and
    // not the one below; where the driver groups streams, of two groups. Only one: the block serves one master, and the
    // second one has another instance.
    std::vector<uint32_t> streams{3, 4};
    uint32_t masters = ~0u;      // SOC_MASTERS_*: of the block's, those that the guest can drive on this board
};

// Another guest, where an option has this value: a variant that another architecture has.
struct GuestVariant {
    const char *option, *value;
    GuestProfile guest;
};

enum class ModelKind { iommu = SOC_KIND_IOMMU, master = SOC_KIND_MASTER, qemu_master = SOC_KIND_QEMU_MASTER };

struct ModelType {
    const char *name;  // the QOM type
    ModelKind kind;
    const char *summary;
    std::vector<OptionSpec> options;
    uint32_t masters;  // SOC_MASTERS_*
    GuestProfile guest;                      // Iommu
    std::vector<GuestVariant> other_guests{};
    const SocQemuDevice *qemu_device = nullptr;  // qemu_master
    std::unique_ptr<Device> (*create)(Host &, const Options &);
};

std::span<const ModelType *const> model_types();
const ModelType *find_model_type(const std::string &name);

}  // namespace soc
