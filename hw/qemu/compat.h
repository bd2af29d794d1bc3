/*
 * Every difference between the QEMU versions that the shim builds against is in this file, and in no other.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOC_QEMU_COMPAT_H
#define SOC_QEMU_COMPAT_H

#include "qemu/osdep.h"

#if QEMU_VERSION_MAJOR < 7 || (QEMU_VERSION_MAJOR == 7 && QEMU_VERSION_MINOR < 2) || QEMU_VERSION_MAJOR > 10
#error "the shim knows QEMU 7.2 to 10.x: see hw/qemu/compat.h"
#endif

#if QEMU_VERSION_MAJOR >= 10
#include "system/device_tree.h"
#include "system/reset.h"
#include "system/runstate.h"
#include "system/system.h"
#else
#include "sysemu/device_tree.h"
#include "sysemu/reset.h"
#include "sysemu/runstate.h"
#include "sysemu/sysemu.h"
#endif

#include "exec/address-spaces.h"
#include "exec/memory.h"
#include "hw/pci/pci.h"
#include "hw/pci/pci_bus.h"
#if QEMU_VERSION_MAJOR >= 8
#include "hw/pci/pci_device.h" /* split off hw/pci/pci.h */
#endif
#include "hw/qdev-core.h"

/* 8.2 replaced the hook function by a table of hooks. */
#if QEMU_VERSION_MAJOR > 8 || (QEMU_VERSION_MAJOR == 8 && QEMU_VERSION_MINOR >= 2)
#define COMPAT_PCI_IOMMU_OPS 1
#endif

typedef AddressSpace *CompatPciHook(PCIBus *bus, void *opaque, int devfn);

/* Defines `static void NAME_install(PCIBus *, void *)` and `static bool NAME_installed(PCIBus *)` for a hook. */
#ifdef COMPAT_PCI_IOMMU_OPS
#define COMPAT_PCI_HOOK(name, function)                                       \
    static const PCIIOMMUOps name##_ops = { .get_address_space = (function) }; \
    static void name##_install(PCIBus *bus, void *opaque)                     \
    {                                                                         \
        pci_setup_iommu(bus, &name##_ops, opaque);                            \
    }                                                                         \
    static bool name##_installed(PCIBus *bus)                                 \
    {                                                                         \
        return bus->iommu_ops == &name##_ops;                                 \
    }
static inline bool compat_pci_has_hook(PCIBus *bus)
{
    return bus->iommu_ops != NULL;
}

/* A hook that somebody else installed, and what it says. */
typedef struct CompatPciHooked {
    const PCIIOMMUOps *ops;
    void *opaque;
} CompatPciHooked;
static inline CompatPciHooked compat_pci_hooked(PCIBus *bus)
{
    return (CompatPciHooked){ bus->iommu_ops, bus->iommu_opaque };
}
static inline AddressSpace *compat_pci_hooked_space(const CompatPciHooked *hook, PCIBus *bus, int devfn)
{
    return hook->ops ? hook->ops->get_address_space(bus, hook->opaque, devfn) : NULL;
}
#else
#define COMPAT_PCI_HOOK(name, function)                   \
    static void name##_install(PCIBus *bus, void *opaque) \
    {                                                     \
        pci_setup_iommu(bus, (function), opaque);         \
    }                                                     \
    static bool name##_installed(PCIBus *bus)             \
    {                                                     \
        return bus->iommu_fn == (function);               \
    }
static inline bool compat_pci_has_hook(PCIBus *bus)
{
    return bus->iommu_fn != NULL;
}

typedef struct CompatPciHooked {
    CompatPciHook *function;
    void *opaque;
} CompatPciHooked;
static inline CompatPciHooked compat_pci_hooked(PCIBus *bus)
{
    return (CompatPciHooked){ bus->iommu_fn, bus->iommu_opaque };
}
static inline AddressSpace *compat_pci_hooked_space(const CompatPciHooked *hook, PCIBus *bus, int devfn)
{
    return hook->function ? hook->function(bus, hook->opaque, devfn) : NULL;
}
#endif

/* 9.2 hid the reset method of a class behind a function. */
static inline void compat_set_reset(DeviceClass *dc, void (*reset)(DeviceState *))
{
#if QEMU_VERSION_MAJOR > 9 || (QEMU_VERSION_MAJOR == 9 && QEMU_VERSION_MINOR >= 2)
    device_class_set_legacy_reset(dc, reset);
#else
    dc->reset = reset;
#endif
}

#endif
