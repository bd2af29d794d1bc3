/*
 * A master of ours as a PCI function, "NAME-pci": its register window is BAR 0. It is an Express endpoint with a
 * function-level reset, so that VFIO in the guest can reset it.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/pci/pcie.h"
#include "soc-iommu/soc-dma-regs.h"

enum { EXPRESS_CAPABILITY = 0x80 };

typedef struct SocPciMaster {
    PCIDevice parent;
    SocHost host;
    MemoryRegion bar;
} SocPciMaster;

typedef struct SocPciMasterClass {
    PCIDeviceClass parent;
    const SocModelType *type;
} SocPciMasterClass;

#define SOC_PCI_MASTER(obj) OBJECT_CHECK(SocPciMaster, (obj), SOC_TYPE_PCI_MASTER)

SocHost *soc_pci_master_host(Object *obj)
{
    return &SOC_PCI_MASTER(obj)->host;
}

static void master_init(Object *obj)
{
    const SocPciMasterClass *class = (const SocPciMasterClass *)object_get_class(obj);

    soc_host_init(&SOC_PCI_MASTER(obj)->host, class->type, DEVICE(obj));
    /* Gives the function the configuration space that the capability needs, before it is realized. */
    PCI_DEVICE(obj)->cap_present |= QEMU_PCI_CAP_EXPRESS;
}

static void master_finalize(Object *obj)
{
    soc_host_finalize(&SOC_PCI_MASTER(obj)->host);
}

static void master_realize(PCIDevice *pci, Error **errp)
{
    SocPciMaster *master = SOC_PCI_MASTER(pci);
    SocHost *host = &master->host;

    if (pci_bus_is_express(pci_get_bus(pci))) {
        if (pcie_endpoint_cap_init(pci, EXPRESS_CAPABILITY) < 0) {
            error_setg(errp, "no room for the PCI Express capability");
            return;
        }
        pcie_cap_flr_init(pci);
    }
    if (!soc_host_realize(host, errp)) {
        return;
    }
    if (host->shape->region_count) {
        soc_mmio_init(host, 0);
        memory_region_init(&master->bar, OBJECT(pci), host->type->name, pow2ceil(host->shape->regions[0].size));
        memory_region_add_subregion(&master->bar, 0, &host->mmio[0].mr);
        pci_register_bar(pci, 0, PCI_BASE_ADDRESS_SPACE_MEMORY, &master->bar);
    }
}

static void master_config_write(PCIDevice *pci, uint32_t address, uint32_t value, int size)
{
    soc_pci_capabilities_write(&SOC_PCI_MASTER(pci)->host, address, value, size);
    if (pci_is_express(pci) && pci->exp.exp_cap) {
        pcie_cap_flr_write_config(pci, address, value, size);
    }
}

static void master_reset(DeviceState *dev)
{
    soc_pci_capabilities_reset(&SOC_PCI_MASTER(dev)->host);
    soc_host_reset(&SOC_PCI_MASTER(dev)->host);
}

static void master_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    PCIDeviceClass *pc = PCI_DEVICE_CLASS(oc);
    const SocModelType *type = data;

    ((SocPciMasterClass *)oc)->type = type;
    pc->realize = master_realize;
    pc->config_write = master_config_write;
    pc->vendor_id = SOC_DMA_PCI_VENDOR;
    pc->device_id = SOC_DMA_PCI_DEVICE;
    pc->class_id = PCI_CLASS_OTHERS;
    dc->hotpluggable = false;
    dc->desc = type->summary;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    compat_set_reset(dc, master_reset);
    soc_class_add_properties(oc, type, true);
    soc_class_add_state(dc, object_class_get_name(oc), offsetof(SocPciMaster, host), true);
}

void soc_register_pci_master(const SocModelType *type)
{
    static bool base_registered;
    static InterfaceInfo interfaces[] = {
        { INTERFACE_PCIE_DEVICE },
        { INTERFACE_CONVENTIONAL_PCI_DEVICE },
        { },
    };
    static const TypeInfo base = {
        .name = SOC_TYPE_PCI_MASTER,
        .parent = TYPE_PCI_DEVICE,
        .instance_size = sizeof(SocPciMaster),
        .class_size = sizeof(SocPciMasterClass),
        .abstract = true,
        .interfaces = interfaces,
    };
    g_autofree char *name = g_strdup_printf("%s-pci", type->name);
    const TypeInfo info = {
        .name = name,
        .parent = SOC_TYPE_PCI_MASTER,
        .instance_init = master_init,
        .instance_finalize = master_finalize,
        .class_init = master_class_init,
        .class_data = (void *)type,
    };

    if (!base_registered) {
        type_register_static(&base);
        base_registered = true;
    }
    type_register_static(&info);
}
