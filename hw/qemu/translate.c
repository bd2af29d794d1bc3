/*
 * The translation path: a memory region that asks a model, one for each (model, stream) of the platform and one
 * for each PCI function. Runs on any thread and takes no lock: what it reads is settled before the machine runs.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "qemu/bitops.h"

#define TYPE_SOC_REGION "soc-iommu-memory-region"

/* Indexes of QEMU's IOMMU regions: what of the bus attributes decides a translation. */
enum { INDEX_UNPRIVILEGED = 0, INDEX_PRIVILEGED = 1, INDEX_COUNT = 2 };

struct SocIommuRegion {
    IOMMUMemoryRegion mr;
    AddressSpace space;
    SocHost *iommu; /* platform */
    uint32_t stream;
    uint32_t flags; /* SOC_TXN_* that the master's transactions have, whatever their attributes say */
    PCIBus *bus;    /* PCI: who serves it depends on the bus number of the moment */
    int devfn;
    AddressSpace *inbound; /* what the host bridge makes of its addresses first; NULL: nothing */
    bool one_fault; /* inside soc_region_begin and soc_region_end */
    bool faulted;   /* since soc_region_begin */
    QLIST_ENTRY(SocIommuRegion) next;
};

static ObjectClass *region_class; /* NULL until there is an instance */
static QLIST_HEAD(, SocIommuRegion) regions = QLIST_HEAD_INITIALIZER(regions);

/* pci_bus_num() without its check of the type, which every transaction would pay for. */
static int bus_number(PCIBus *bus)
{
    return ((PCIBusClass *)object_get_class(OBJECT(bus)))->bus_num(bus);
}

static SocHost *region_model(const SocIommuRegion *region, uint32_t *stream)
{
    if (region->bus) {
        return soc_pci_lookup(PCI_BUILD_BDF(bus_number(region->bus), region->devfn), stream);
    }
    *stream = region->stream;
    return region->iommu;
}

static IOMMUAccessFlags access_of(uint32_t perm)
{
    return IOMMU_ACCESS_FLAG(perm & SOC_PERM_READ, perm & SOC_PERM_WRITE);
}

static IOMMUTLBEntry translate(IOMMUMemoryRegion *mr, hwaddr address, IOMMUAccessFlags flag, int index)
{
    SocIommuRegion *region = container_of(mr, SocIommuRegion, mr);
    SocTransaction txn = { .address = address, .flags = region->flags };
    SocTranslation out;
    SocHost *iommu = region_model(region, &txn.stream);
    IOMMUTLBEntry entry = { .target_as = &address_space_memory, .addr_mask = 0xfff };

    if (!iommu || (region->inbound && !soc_ppce500_system_address(region->inbound, address, &txn.address))) {
        /* No model serves this function, or this address does not come to it: wired straight to what is there. */
        entry.iova = entry.translated_addr = address & ~entry.addr_mask;
        entry.target_as = region->inbound ?: &address_space_memory;
        entry.perm = IOMMU_RW;
        return entry;
    }
    if (unlikely(region->faulted)) {
        entry.iova = address & ~entry.addr_mask;
        return entry;
    }
    if (flag & IOMMU_WO) {
        txn.flags |= SOC_TXN_WRITE;
    }
    if (flag == IOMMU_NONE) { /* QEMU asks what is mapped, and moves nothing */
        txn.flags |= SOC_TXN_DEBUG;
    }
    if (index == INDEX_PRIVILEGED) {
        txn.flags |= SOC_TXN_PRIVILEGED;
    }
    soc_model_translate(iommu->model, &txn, &out);
    if (out.status == SOC_OK) {
        /* The bridge's windows have pages, and end somewhere. */
        entry.addr_mask = region->inbound ? MIN(out.mask, entry.addr_mask) : out.mask;
        entry.translated_addr = out.address & ~entry.addr_mask;
        entry.perm = access_of(out.perm);
    } else if (region->one_fault) {
        region->faulted = true;
    }
    entry.iova = address & ~entry.addr_mask;
    return entry;
}

/*
 * Masters that say nothing about privilege have no attributes at all; those that do have the `user` bit clear for
 * a privileged access. A requester id is on interrupt messages only, which have no privilege either.
 */
static int index_of(IOMMUMemoryRegion *mr, MemTxAttrs attrs)
{
    return !attrs.unspecified && !attrs.user && !attrs.requester_id ? INDEX_PRIVILEGED : INDEX_UNPRIVILEGED;
}

static int index_count(IOMMUMemoryRegion *mr)
{
    return INDEX_COUNT;
}

/* The models know of unmapping only: there is no moment at which hardware like this learns of a new mapping. */
static int listener_changed(IOMMUMemoryRegion *mr, IOMMUNotifierFlag old, IOMMUNotifierFlag wanted, Error **errp)
{
    if (wanted & IOMMU_NOTIFIER_MAP) {
        error_setg(errp, "this device has to know of every mapping when it is made (VFIO on the host does), "
                         "which the models of soc-iommu cannot tell");
        return -EINVAL;
    }
    if (wanted & IOMMU_NOTIFIER_DEVIOTLB_UNMAP) {
        error_setg(errp, "no device TLB: ask for IOMMU_NOTIFIER_UNMAP");
        return -EINVAL;
    }
    return 0;
}

static SocIommuRegion *new_region(SocHost *iommu, uint32_t stream, PCIBus *bus, int devfn, const char *name)
{
    SocIommuRegion *region = g_new0(SocIommuRegion, 1);

    /* Zeroes the whole of *region, so the fields come after it. */
    memory_region_init_iommu(&region->mr, sizeof(*region), TYPE_SOC_REGION,
                             iommu ? OBJECT(iommu->device) : OBJECT(qdev_get_machine()), name, UINT64_MAX);
    region->iommu = iommu;
    region->stream = stream;
    region->bus = bus;
    region->devfn = devfn;
    region->inbound = bus ? soc_pci_inbound(bus, devfn) : NULL;
    address_space_init(&region->space, MEMORY_REGION(&region->mr), name);
    QLIST_INSERT_HEAD(&regions, region, next);
    return region;
}

SocIommuRegion *soc_platform_region(SocHost *iommu, uint32_t stream, uint32_t flags)
{
    SocIommuRegion *region;
    g_autofree char *name = g_strdup_printf("%s.stream%u", iommu->id, stream);

    QLIST_FOREACH(region, &regions, next) {
        if (region->iommu == iommu && region->stream == stream && region->flags == flags) {
            return region;
        }
    }
    region = new_region(iommu, stream, NULL, 0, name);
    region->flags = flags;
    return region;
}

SocIommuRegion *soc_pci_region(PCIBus *bus, int devfn)
{
    static unsigned count;
    SocIommuRegion *region;
    g_autofree char *name = NULL;

    QLIST_FOREACH(region, &regions, next) {
        if (region->bus == bus && region->devfn == devfn) {
            return region;
        }
    }
    name = g_strdup_printf("soc-iommu.pci%u.%02x.%x", count++, PCI_SLOT(devfn), PCI_FUNC(devfn));
    return new_region(NULL, 0, bus, devfn, name);
}

MemoryRegion *soc_region_memory(SocIommuRegion *region)
{
    return MEMORY_REGION(&region->mr);
}

AddressSpace *soc_region_space(SocIommuRegion *region)
{
    return &region->space;
}

/*
 * QEMU goes on after a part of an access that was refused, four bytes at a time, and would ask the model for each.
 * A master stops at the first refusal. Between these two calls, which one master makes on its own region with the
 * big lock held, the model hears of one.
 */
void soc_region_begin(SocIommuRegion *region)
{
    region->one_fault = true;
}

void soc_region_end(SocIommuRegion *region)
{
    region->one_fault = region->faulted = false;
}

SocIommuRegion *soc_region_of_pci(PCIDevice *pci)
{
    MemoryRegion *mr = pci_device_iommu_address_space(pci)->root;

    /* Nothing is derived from the class; by its name it would have to be looked up at every access. */
    if (object_get_class(OBJECT(mr)) != region_class) {
        return NULL;
    }
    return container_of((IOMMUMemoryRegion *)mr, SocIommuRegion, mr);
}

/* QEMU wants blocks of a power of two, aligned, and inside what the listener asked for. */
static void notify_one(IOMMUNotifier *listener, uint64_t first, uint64_t last)
{
    first = MAX(first, (uint64_t)listener->start);
    last = MIN(last, (uint64_t)listener->end);
    while (first <= last) {
        const uint64_t left = last - first;
        unsigned bits = first ? ctz64(first) : 63;
        IOMMUTLBEvent event = { .type = IOMMU_NOTIFIER_UNMAP };

        while (bits && MAKE_64BIT_MASK(0, bits) > left) {
            bits--;
        }
        event.entry = (IOMMUTLBEntry){ .target_as = &address_space_memory, .iova = first,
                                       .addr_mask = MAKE_64BIT_MASK(0, bits), .perm = IOMMU_NONE };
        memory_region_notify_iommu_one(listener, &event);
        if (event.entry.addr_mask >= left) {
            return;
        }
        first += event.entry.addr_mask + 1;
    }
}

void soc_region_unmap(SocHost *iommu, uint32_t stream, uint64_t address, uint64_t size)
{
    const uint64_t last = size && address + (size - 1) >= address ? address + (size - 1) : UINT64_MAX;
    SocIommuRegion *region;

    QLIST_FOREACH(region, &regions, next) {
        uint32_t served_stream;
        IOMMUNotifier *listener;

        if (region_model(region, &served_stream) != iommu || served_stream != stream) {
            continue;
        }
        IOMMU_NOTIFIER_FOREACH(listener, &region->mr) {
            notify_one(listener, address, last);
        }
    }
}

static void region_class_init(ObjectClass *oc, void *data)
{
    IOMMUMemoryRegionClass *imrc = IOMMU_MEMORY_REGION_CLASS(oc);

    region_class = oc;

    imrc->translate = translate;
    imrc->attrs_to_index = index_of;
    imrc->num_indexes = index_count;
    imrc->notify_flag_changed = listener_changed;
}

void soc_register_translate_type(void)
{
    static const TypeInfo info = {
        .name = TYPE_SOC_REGION,
        .parent = TYPE_IOMMU_MEMORY_REGION,
        .instance_size = sizeof(SocIommuRegion),
        .class_init = region_class_init,
    };

    type_register_static(&info);
}
