/*
 * The device tree. The models describe themselves when every device exists, but before the board hands the tree
 * to the guest: `virt` does that in a machine-done notifier of its own, added while the board is built. Notifiers
 * run newest first (notifier_list_add inserts at the head), and ours is added when the first -device of ours is
 * created, which is after the board: so it runs earlier. tests/qtest/device_tree.cpp holds QEMU to it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include <libfdt.h>

#include "hw/boards.h"
#include "qemu/error-report.h"
#include "qemu/notify.h"

static void *tree; /* while it is being written */

uint32_t soc_dt_phandle(SocHost *host)
{
    return qemu_fdt_alloc_phandle(tree);
}

/* libfdt and not qemu_fdt_*: those end QEMU where something does not fit. */
bool soc_dt_node(SocHost *host, const char *path)
{
    void *fdt = tree;
    const char *name = strrchr(path, '/');
    int parent;

    if (!name || !name[1]) {
        return name && path[0] == '/';
    }
    if (fdt_path_offset(fdt, path) >= 0) {
        return true;
    }
    parent = name == path ? 0 : fdt_path_offset_namelen(fdt, path, name - path);
    return parent >= 0 && fdt_add_subnode(fdt, parent, name + 1) >= 0;
}

bool soc_dt_property(SocHost *host, const char *path, const char *name, const void *data, uint32_t size)
{
    const int node = fdt_path_offset(tree, path);

    return node >= 0 && fdt_setprop(tree, node, name, data, size) == 0;
}

static uint32_t phandle_of_compatible(void *fdt, const char *compatible)
{
    const int node = fdt_node_offset_by_compatible(fdt, -1, compatible);

    return node < 0 ? 0 : fdt_get_phandle(fdt, node);
}

static uint32_t interrupt_parent(void *fdt)
{
    int length;
    const fdt32_t *cell = fdt_getprop(fdt, 0, "interrupt-parent", &length);

    return cell && length == sizeof(*cell) ? fdt32_to_cpu(*cell) : 0;
}

/* The value of a master's `iommus`: phandle and cells of every port. */
static uint32_t *iommus_of(SocHost *host, uint32_t *size)
{
    uint32_t *cells = g_new0(uint32_t, 5 * MAX(host->port_count, 1u));
    uint32_t count = 0;

    for (uint32_t i = 0; i < host->port_count; i++) {
        const SocPort *port = &host->ports[i];
        uint32_t named[4] = { 0 };
        uint32_t named_count;

        if (!port->iommu) {
            continue;
        }
        named_count = soc_model_iommu_cells(port->iommu->model, port->stream, named);
        cells[count++] = cpu_to_be32(port->iommu->phandle);
        for (uint32_t j = 0; j < MIN(named_count, 4u); j++) {
            cells[count++] = cpu_to_be32(named[j]);
        }
    }
    *size = count * sizeof(*cells);
    return cells;
}

/* The path of the host bridge's node, where this IOMMU serves its functions; else NULL. */
static const char *pci_host_of(SocHost *host, void *fdt, char *path, int size)
{
    const int node = soc_pci_serves(host) ? fdt_node_offset_by_compatible(fdt, -1, soc_board()->pci_host) : -1;

    return node >= 0 && fdt_get_path(fdt, node, path, size) == 0 ? path : NULL;
}

static void describe(SocHost *host, void *fdt)
{
    char pci_host[256];
    uint32_t size;
    g_autofree uint32_t *iommus = iommus_of(host, &size);
    const SocPlacement placement = {
        .id = host->id,
        .region_address = host->region_address,
        .irq_cells = host->irq_cells,
        .irq_cell_count = soc_board()->irq_cell_count,
        .interrupt_parent = interrupt_parent(fdt) ?: phandle_of_compatible(fdt, "fsl,mpic"),
        .msi_parent = phandle_of_compatible(fdt, "arm,gic-v3-its"),
        .self_phandle = host->phandle,
        .pci_host = pci_host_of(host, fdt, pci_host, sizeof(pci_host)),
        .iommus = iommus,
        .iommus_size = size,
    };
    char error[512] = "";

    if (!soc_model_describe(host->model, &placement, error, sizeof(error))) {
        error_report("%s: device tree: %s", host->id, error);
        exit(1);
    }
}

void soc_describe_all(void *fdt)
{
    Error *error = NULL;
    SocHost *host;

    tree = fdt;
    QTAILQ_FOREACH(host, &soc_hosts, next) {
        host->phandle = qemu_fdt_alloc_phandle(fdt);
    }
    QTAILQ_FOREACH(host, &soc_hosts, next) {
        if (!host->pci) { /* PCI functions are found, not described */
            describe(host, fdt);
        }
    }
    if (!soc_pci_describe(fdt, &error)) {
        error_report_err(error);
        exit(1);
    }
    tree = NULL;
}

static void machine_done(Notifier *notifier, void *data)
{
    void *fdt = MACHINE(qdev_get_machine())->fdt;
    SocHost *host;

    QTAILQ_FOREACH(host, &soc_hosts, next) {
        soc_ports_listen(host);
    }
    if (soc_ppce500()) {
        soc_ppce500_describe_late();
    } else if (fdt) { /* else a board without a tree of its own */
        soc_describe_all(fdt);
    }
}

void soc_describe_when_done(void)
{
    static Notifier notifier;

    if (!notifier.notify) {
        notifier.notify = machine_done;
        qemu_add_machine_init_done_notifier(&notifier);
    }
}
