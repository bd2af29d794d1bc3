/*
 * PCI: one dispatcher for the root bus. pci_setup_iommu() replaces whoever was there without a word, so every
 * instance that serves PCI functions shares this one, and with it the one `iommu-map` of the host bridge.
 * Expander buses (pxb) hang below the root bus and reach the same hook.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/pci/pci_host.h"

static PCIBus *root_bus; /* hooked; NULL before the first instance that serves PCI */
static CompatPciHooked bridge_hook; /* of the host bridge's own: its inbound windows. Empty on boards without */
static GArray *ranges;   /* SocPciRange, in order of their requester ids */

/* Any thread: `ranges` does not change once the machine runs. */
SocHost *soc_pci_lookup(uint32_t rid, uint32_t *stream)
{
    unsigned low = 0, high = ranges ? ranges->len : 0;

    while (low < high) {
        const unsigned middle = (low + high) / 2;
        const SocPciRange *range = &g_array_index(ranges, SocPciRange, middle);

        if (rid < range->span.rid) {
            high = middle;
        } else if (rid - range->span.rid >= range->span.length) {
            low = middle + 1;
        } else {
            *stream = range->span.stream + (rid - range->span.rid);
            return range->iommu;
        }
    }
    *stream = SOC_NO_STREAM;
    return NULL;
}

static AddressSpace *get_address_space(PCIBus *bus, void *opaque, int devfn)
{
    return soc_region_space(soc_pci_region(bus, devfn));
}

COMPAT_PCI_HOOK(dispatcher, get_address_space)

static int is_primary_host(Object *obj, void *opaque)
{
    PCIHostState *host = (PCIHostState *)object_dynamic_cast(obj, TYPE_PCI_HOST_BRIDGE);

    if (host && host->bus && !host->bus->parent_dev) {
        *(PCIBus **)opaque = host->bus;
        return 1;
    }
    return 0;
}

static int compare_ranges(const void *a, const void *b)
{
    const SocPciRange *left = a, *right = b;

    return left->span.rid < right->span.rid ? -1 : left->span.rid > right->span.rid;
}

static bool check_overlap(const GArray *list, Error **errp)
{
    for (unsigned i = 1; i < list->len; i++) {
        const SocPciRange *low = &g_array_index(list, SocPciRange, i - 1);
        const SocPciRange *high = &g_array_index(list, SocPciRange, i);

        if (high->span.rid - low->span.rid < low->span.length) {
            error_setg(errp, "pci-map: requester id 0x%x (%02x:%02x.%x) is mapped by %s and by %s; give each "
                             "IOMMU its own pci-map=RID:STREAM:LEN, or none", high->span.rid,
                       high->span.rid >> 8, PCI_SLOT(high->span.rid), PCI_FUNC(high->span.rid), low->iommu->id,
                       high->iommu->id);
            return false;
        }
    }
    return true;
}

bool soc_pci_attach(SocHost *iommu, Error **errp)
{
    g_autoptr(GArray) wanted = g_array_new(false, false, sizeof(SocPciRange));
    PCIBus *bus = root_bus;

    if (!soc_pci_map_parse(iommu, wanted, errp)) {
        return false;
    }
    if (!wanted->len) {
        return true;
    }
    if (ranges) {
        g_array_append_vals(wanted, ranges->data, ranges->len);
    }
    g_array_sort(wanted, compare_ranges);
    if (!check_overlap(wanted, errp)) {
        return false;
    }
    if (!bus) {
        object_child_foreach_recursive(object_get_root(), is_primary_host, &bus);
        if (!bus) {
            error_setg(errp, "%s: this machine has no PCI bus; use pci-map=none", iommu->id);
            return false;
        }
        bridge_hook = compat_pci_hooked(bus);
        if (compat_pci_has_hook(bus) && !soc_ppce500_is_bridge(bus, &bridge_hook)) {
            error_setg(errp, "%s: another IOMMU serves the PCI bus already (-machine iommu=, or virtio-iommu); "
                             "leave that out, or use pci-map=none", iommu->id);
            return false;
        }
        dispatcher_install(bus, NULL);
        root_bus = bus;
    }
    if (ranges) {
        g_array_unref(ranges);
    }
    ranges = g_steal_pointer(&wanted);
    return true;
}

bool soc_pci_serves(const SocHost *iommu)
{
    for (unsigned i = 0; ranges && i < ranges->len; i++) {
        if (g_array_index(ranges, SocPciRange, i).iommu == iommu) {
            return true;
        }
    }
    return false;
}

/* What the bridge makes of a function's addresses before they come to the IOMMU; NULL: nothing. */
AddressSpace *soc_pci_inbound(PCIBus *bus, int devfn)
{
    return compat_pci_hooked_space(&bridge_hook, bus, devfn);
}

static bool any_serves_ats(void)
{
    for (unsigned i = 0; i < ranges->len; i++) {
        if (g_array_index(ranges, SocPciRange, i).iommu->shape->features & SOC_FEATURE_ATS) {
            return true;
        }
    }
    return false;
}

/*
 * `iommu-map` of the host bridge: one entry a span, and nothing for what is none of ours. `ats-supported` is for the
 * bridge as a whole; a driver of an IOMMU without ATS does not ask for it.
 */
bool soc_pci_describe(void *fdt, Error **errp)
{
    g_autofree uint32_t *map = NULL;
    char **paths;

    if (!root_bus) {
        return true;
    }
    if (!dispatcher_installed(root_bus)) {
        error_setg(errp, "another IOMMU took the PCI bus from %s after it was created; leave that out, or use "
                         "pci-map=none", g_array_index(ranges, SocPciRange, 0).iommu->id);
        return false;
    }
    map = g_new0(uint32_t, 4 * ranges->len);
    for (unsigned i = 0; i < ranges->len; i++) {
        const SocPciRange *range = &g_array_index(ranges, SocPciRange, i);
        uint32_t cells[4] = { range->span.stream };

        soc_model_iommu_cells(range->iommu->model, range->span.stream, cells);
        map[4 * i] = cpu_to_be32(range->span.rid);
        map[4 * i + 1] = cpu_to_be32(range->iommu->phandle);
        map[4 * i + 2] = cpu_to_be32(cells[0]);
        map[4 * i + 3] = cpu_to_be32(range->span.length);
    }
    /* Only this binding has the property; the ppce500's bridge says what it has to say in the model's describe(). */
    paths = qemu_fdt_node_path(fdt, NULL, "pci-host-ecam-generic", errp);
    if (!paths) {
        return false;
    }
    for (char **path = paths; *path; path++) {
        qemu_fdt_setprop(fdt, *path, "iommu-map", map, 4 * sizeof(*map) * ranges->len);
        if (any_serves_ats()) {
            qemu_fdt_setprop(fdt, *path, "ats-supported", NULL, 0);
        }
    }
    g_strfreev(paths);
    return true;
}
