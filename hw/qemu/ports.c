/*
 * Ports of a master: the `iommus` option, ID:STREAM joined by '+', and what is behind each.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "qemu/cutils.h"

static bool parse_port(SocHost *master, const char *text, SocPort *port, Error **errp)
{
    const char *colon = strrchr(text, ':');
    g_autofree char *id = colon ? g_strndup(text, colon - text) : NULL;
    unsigned int stream;

    if (!colon || qemu_strtoui(colon + 1, NULL, 0, &stream) < 0) {
        error_setg(errp, "%s: iommus=%s; valid: ID:STREAM[+ID:STREAM...], numbers decimal or with 0x", master->id,
                   master->iommus);
        return false;
    }
    port->iommu = soc_host_by_id(id);
    if (!port->iommu || port->iommu->type->kind != SOC_KIND_IOMMU) {
        error_setg(errp, "%s: iommus=%s: there is no IOMMU with id=%s before this device on the command line",
                   master->id, master->iommus, id);
        return false;
    }
    if (!(port->iommu->type->masters & SOC_MASTERS_PLATFORM)) {
        error_setg(errp, "%s: %s takes no platform masters", master->id, port->iommu->type->name);
        return false;
    }
    if (stream >= port->iommu->shape->stream_count) {
        error_setg(errp, "%s: iommus=%s: %s has the streams 0 to %u", master->id, master->iommus, id,
                   port->iommu->shape->stream_count - 1);
        return false;
    }
    port->stream = stream;
    port->region = soc_platform_region(port->iommu, stream,
                                       master->type->qemu_device ? master->type->qemu_device->flags : 0);
    return true;
}

bool soc_ports_connect(SocHost *master, Error **errp)
{
    g_auto(GStrv) names = g_strsplit(master->iommus ?: "", "+", -1);
    const uint32_t count = g_strv_length(names);

    master->port_count = MAX(count, 1u);
    master->ports = g_new0(SocPort, master->port_count);
    master->ports[0].stream = SOC_NO_STREAM;
    for (uint32_t i = 0; i < count; i++) {
        if (!parse_port(master, names[i], &master->ports[i], errp)) {
            return false;
        }
    }
    if (count > 1 && master->type->kind == SOC_KIND_QEMU_MASTER) {
        error_setg(errp, "%s: iommus=%s: %s has one port", master->id, master->iommus, master->type->name);
        return false;
    }
    return true;
}

SocHost *soc_port_model(SocHost *master, uint32_t port, uint32_t *stream)
{
    *stream = SOC_NO_STREAM;
    if (port >= master->port_count) {
        return NULL;
    }
    if (master->pci) {
        return soc_pci_lookup(pci_requester_id(master->pci), stream);
    }
    *stream = master->ports[port].stream;
    return master->ports[port].iommu;
}

AddressSpace *soc_port_space(SocHost *master, uint32_t port)
{
    if (master->pci) {
        return pci_get_address_space(master->pci);
    }
    return master->ports[port].region ? soc_region_space(master->ports[port].region) : &address_space_memory;
}

static void heard(IOMMUNotifier *notifier, IOMMUTLBEntry *entry)
{
    container_of(notifier, SocListener, notifier)->master->unmaps_heard++;
}

/* A master hears of unmapping through QEMU as any device with a translation cache does. */
static void listen_to(SocHost *master, SocListener *listener, MemoryRegion *mr)
{
    if (!memory_region_is_iommu(mr)) {
        return;
    }
    listener->master = master;
    iommu_notifier_init(&listener->notifier, heard, IOMMU_NOTIFIER_UNMAP, 0, UINT64_MAX, 0);
    memory_region_register_iommu_notifier(mr, &listener->notifier, NULL);
}

/* Once every device is there, because only then is it known who serves a PCI function. */
void soc_ports_listen(SocHost *master)
{
    if (master->type->kind != SOC_KIND_MASTER) {
        return;
    }
    master->listeners = g_new0(SocListener, master->port_count);
    if (master->pci) {
        listen_to(master, &master->listeners[0], pci_device_iommu_address_space(master->pci)->root);
        return;
    }
    for (uint32_t i = 0; i < master->port_count; i++) {
        if (master->ports[i].region) {
            listen_to(master, &master->listeners[i], soc_region_memory(master->ports[i].region));
        }
    }
}
