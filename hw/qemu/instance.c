/*
 * Life of an instance: options, creation, reset, end.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/irq.h"

SocHostList soc_hosts = QTAILQ_HEAD_INITIALIZER(soc_hosts);

SocHost *soc_host_by_id(const char *id)
{
    SocHost *host;

    QTAILQ_FOREACH(host, &soc_hosts, next) {
        if (!strcmp(host->id, id)) {
            return host;
        }
    }
    return NULL;
}

void soc_host_init(SocHost *host, const SocModelType *type, DeviceState *device)
{
    host->type = type;
    host->device = device;
    host->options = g_new0(char *, type->option_count);
    if (object_dynamic_cast(OBJECT(device), TYPE_PCI_DEVICE)) {
        host->pci = PCI_DEVICE(device);
    }
}

/* A user who gave no id= still needs names that are unique: they end up in the device tree and in messages. */
static char *make_id(SocHost *host)
{
    static unsigned unnamed;
    char *id;

    if (host->device->id) {
        return g_strdup(host->device->id);
    }
    do {
        id = g_strdup_printf("%s.%u", host->type->name, unnamed++);
    } while (soc_host_by_id(id));
    return id;
}

static bool create_model(SocHost *host, Error **errp)
{
    g_autofree SocOption *options = g_new0(SocOption, host->type->option_count);
    char error[512] = "";
    uint32_t count = 0;

    for (uint32_t i = 0; i < host->type->option_count; i++) {
        if (host->options[i]) {
            options[count++] = (SocOption){ host->type->options[i].name, host->options[i] };
        }
    }
    host->model = soc_model_create(SOC_SEAM_VERSION, host->type, host, &soc_host_ops, options, count, error,
                                   sizeof(error));
    if (!host->model) {
        error_setg(errp, "%s: %s", host->id, error);
        return false;
    }
    host->shape = soc_model_shape(host->model);
    return true;
}

static bool place(SocHost *host, Error **errp)
{
    switch (host->type->kind) {
    case SOC_KIND_QEMU_MASTER:
        return soc_ports_connect(host, errp) && soc_place_irqs(host, errp) && soc_qemu_master_realize(host, errp);
    case SOC_KIND_MASTER:
        if (!soc_ports_connect(host, errp)) {
            return false;
        }
        break;
    default:
        break;
    }
    if (host->pci) { /* its registers are its BAR: pci_master.c */
        return soc_pci_capabilities_init(host, errp);
    }
    return soc_place_regions(host, errp) && soc_place_irqs(host, errp);
}

bool soc_host_realize(SocHost *host, Error **errp)
{
    host->id = make_id(host);
    soc_pending_init(host);
    if (!create_model(host, errp)) {
        return false;
    }
    host->mmio = g_new0(SocMmio, host->shape->region_count);
    host->region_address = g_new0(uint64_t, host->shape->region_count);
    host->irqs = g_new0(qemu_irq, host->shape->irq_count);
    host->irq_cells = g_new0(uint32_t, 3 * host->shape->irq_count);
    if (!place(host, errp)) {
        return false;
    }
    /* Last, because it cannot be undone. */
    if (host->type->kind == SOC_KIND_IOMMU && !soc_pci_attach(host, errp)) {
        return false;
    }
    QTAILQ_INSERT_TAIL(&soc_hosts, host, next);
    soc_describe_when_done();
    return true;
}

void soc_host_reset(void *opaque)
{
    SocHost *host = opaque;

    soc_pending_clear(host);
    soc_pending_forget_master(host);
    for (uint32_t i = 0; i < host->shape->irq_count && !host->pci; i++) {
        qemu_irq_lower(host->irqs[i]);
    }
    soc_model_reset(host->model);
}

/* Runs for instances whose creation was refused, and for nothing else: none of ours can be unplugged. */
void soc_host_finalize(SocHost *host)
{
    if (host->model) {
        soc_model_destroy(host->model);
        host->model = NULL;
    }
    soc_pending_free(host);
    for (uint32_t i = 0; i < host->type->option_count; i++) {
        g_free(host->options[i]);
    }
    g_free(host->options);
    g_free(host->iommus);
    g_free(host->pci_map);
    g_free(host->ports);
    g_free(host->irqs);
    g_free(host->irq_cells);
    g_free(host->region_address);
    g_free(host->mmio);
    g_free(host->saved);
    g_free(host->id);
}
