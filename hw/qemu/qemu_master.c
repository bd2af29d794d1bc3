/*
 * A DMA master that QEMU itself has, as a platform master behind one of our IOMMUs: any sysbus device that takes
 * the memory it masters as a link. Its name, the link and its settings are data (SocQemuDevice).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/sysbus.h"

static bool apply_settings(DeviceState *dev, const SocQemuDevice *spec, Error **errp)
{
    for (const char *const *setting = spec->settings; setting && *setting; setting += 2) {
        if (!object_property_parse(OBJECT(dev), setting[0], setting[1], errp)) {
            return false;
        }
    }
    return true;
}

bool soc_qemu_master_realize(SocHost *host, Error **errp)
{
    const SocQemuDevice *spec = host->type->qemu_device;
    const SocPort *port = &host->ports[0];
    MemoryRegion *memory = port->region ? soc_region_memory(port->region) : get_system_memory();
    DeviceState *dev;
    SysBusDevice *sbd;

    if (!object_class_by_name(spec->type)) {
        error_setg(errp, "%s: this QEMU has no device '%s'", host->id, spec->type);
        return false;
    }
    dev = qdev_new(spec->type);
    if (!object_property_set_link(OBJECT(dev), spec->dma_link, OBJECT(memory), errp) ||
        !apply_settings(dev, spec, errp)) {
        object_unref(OBJECT(dev));
        return false;
    }
    sbd = SYS_BUS_DEVICE(dev);
    /* It stays out of our own device's subtree: QEMU refuses sysbus devices below /machine/peripheral, which is
     * where -device puts us (machine_init_notify in hw/core/machine.c). */
    if (!sysbus_realize_and_unref(sbd, errp) || !soc_place_regions(host, errp)) {
        return false;
    }
    for (uint32_t i = 0; i < host->shape->region_count; i++) {
        sysbus_mmio_map(sbd, i, host->region_address[i]);
    }
    for (uint32_t i = 0; i < host->shape->irq_count; i++) {
        sysbus_connect_irq(sbd, i, host->irqs[i]);
    }
    return true;
}
