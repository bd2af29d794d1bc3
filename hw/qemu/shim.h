/*
 * What the files of the shim share. An instance of a model is a SocHost, whatever QOM object carries it.
 *
 * Everything here is touched with QEMU's big lock held only, but for three things: the translation path
 * (translate.c), which reads what does not change once the machine runs; `wants_deferred`; and guest memory.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOC_QEMU_SHIM_H
#define SOC_QEMU_SHIM_H

#include "compat.h"

#include "qapi/error.h"
#include "qemu/queue.h"
#include "soc-iommu/seam.h"

#define SOC_NO_STREAM UINT32_MAX
#define SOC_TYPE_BLOCK "soc-iommu-block"           /* parent of the types that are plain devices */
#define SOC_TYPE_PCI_MASTER "soc-iommu-pci-master" /* parent of the types that are PCI functions */

typedef struct SocIommuRegion SocIommuRegion;

/* Where a master's transactions leave it. */
typedef struct SocPort {
    SocHost *iommu;         /* NULL: straight to memory, or a PCI function (ask soc_port_model) */
    uint32_t stream;
    SocIommuRegion *region; /* NULL: system memory */
} SocPort;

typedef struct SocHeld {
    uint64_t hold;
    SocHost *master;
    uint32_t tag;
} SocHeld;

/* A held transaction's end, on its way to the master. */
typedef struct SocResume {
    uint32_t tag;
    uint32_t status;
    SocFault fault;
} SocResume;

/* Where a board has room for instances, and how its device tree names an interrupt. */
typedef struct SocBoard {
    uint64_t first_address, last_address;
    uint32_t first_irq, last_irq;
    const char *controllers[2]; /* QOM types of its interrupt controller; NULL: no second one */
    uint32_t irq_cell_count;    /* at most 3 */
    void (*name_irq)(uint32_t irq, uint32_t *cells);
    const char *pci_host;       /* `compatible` of the host bridge's node */
} SocBoard;

typedef struct SocMmio {
    MemoryRegion mr;
    SocHost *host;
    uint32_t index;
} SocMmio;

/* A master's ear on its IOMMU region. */
typedef struct SocListener {
    IOMMUNotifier notifier;
    SocHost *master;
} SocListener;

struct SocHost {
    const SocModelType *type;
    SocModel *model;        /* NULL until realized */
    const SocShape *shape;
    DeviceState *device;
    PCIDevice *pci;         /* the same, where it is a PCI function */
    uint16_t ats_cap, pasid_cap, pri_cap; /* where they are in its configuration space; 0: nowhere */
    char *id;
    QTAILQ_ENTRY(SocHost) next;

    char **options;         /* as many as type->option_count; NULL: the default */
    char *iommus;           /* masters */
    char *pci_map;          /* IOMMUs */

    SocMmio *mmio;
    uint64_t *region_address;
    uint32_t *irq_cells;
    qemu_irq *irqs;
    uint32_t first_irq;     /* number of the first one, at the board's interrupt controller */
    uint32_t phandle;

    SocPort *ports;         /* masters: at least one */
    uint32_t port_count;
    bool region_known;      /* PCI masters: the one port's region was looked for */

    bool in_model;          /* a call into the model is under way: its registers may not be entered again */
    int wants_deferred;     /* any thread */
    QEMUBH *bh;
    VMChangeStateEntry *vm_changed;
    GArray *held;           /* IOMMUs: SocHeld */
    GArray *resumes;        /* masters: SocResume */
    GArray *inbox;          /* SocMessage */

    uint8_t *saved;         /* vmstate only */
    uint32_t saved_size;

    uint64_t unmaps_heard;  /* masters: unmap notifications that reached it through QEMU */
    SocListener *listeners; /* one a port */
};

typedef QTAILQ_HEAD(SocHostList, SocHost) SocHostList;
extern SocHostList soc_hosts;
extern const SocHostOps soc_host_ops;

/* instance.c: life of an instance */
SocHost *soc_host_of(Object *obj);
SocHost *soc_host_by_id(const char *id);
void soc_host_init(SocHost *host, const SocModelType *type, DeviceState *device);
bool soc_host_realize(SocHost *host, Error **errp);
void soc_host_reset(void *opaque);
void soc_host_finalize(SocHost *host);

/* properties.c */
void soc_class_add_properties(ObjectClass *oc, const SocModelType *type, bool pci);

/* regions.c: registers and interrupt lines */
const SocBoard *soc_board(void);
void soc_mmio_init(SocHost *host, uint32_t index);
bool soc_place_regions(SocHost *host, Error **errp);
bool soc_place_irqs(SocHost *host, Error **errp);

/* translate.c */
void soc_register_translate_type(void);
SocIommuRegion *soc_platform_region(SocHost *iommu, uint32_t stream, uint32_t flags);
SocIommuRegion *soc_pci_region(PCIBus *bus, int devfn);
MemoryRegion *soc_region_memory(SocIommuRegion *region);
AddressSpace *soc_region_space(SocIommuRegion *region);
SocIommuRegion *soc_region_of_pci(PCIDevice *pci);
void soc_region_begin(SocIommuRegion *region);
void soc_region_end(SocIommuRegion *region);
void soc_region_unmap(SocHost *iommu, uint32_t stream, uint64_t address, uint64_t size);

/* pci.c: the dispatcher */
bool soc_pci_attach(SocHost *iommu, Error **errp);
SocHost *soc_pci_lookup(uint32_t rid, uint32_t *stream);
bool soc_pci_serves(const SocHost *iommu);
AddressSpace *soc_pci_inbound(PCIBus *bus, int devfn);
bool soc_pci_describe(void *fdt, Error **errp);

/* ppce500.c: the one board that is not ARM's `virt` */
const SocBoard *soc_ppce500(void); /* NULL on others */
bool soc_ppce500_is_bridge(PCIBus *bus, const CompatPciHooked *hook);
bool soc_ppce500_system_address(AddressSpace *inbound, hwaddr address, hwaddr *system);
void soc_ppce500_describe_late(void);

/* pci_map.c */
typedef struct SocPciRange {
    SocPciSpan span;
    SocHost *iommu;
} SocPciRange;
bool soc_pci_map_parse(SocHost *iommu, GArray *ranges, Error **errp);

/* pci_capabilities.c: ATS, PASID and PRI of a master */
bool soc_pci_capabilities_init(SocHost *host, Error **errp);
void soc_pci_capabilities_reset(SocHost *host);
void soc_pci_capabilities_write(SocHost *host, uint32_t address, uint32_t value, int size);
uint32_t soc_pci_features(SocHost *host);
void soc_pci_heard(SocHost *host, const SocMessage *msg);

/* ports.c */
bool soc_ports_connect(SocHost *master, Error **errp);
void soc_ports_listen(SocHost *master);
SocHost *soc_port_model(SocHost *master, uint32_t port, uint32_t *stream);
AddressSpace *soc_port_space(SocHost *master, uint32_t port);

/* pending.c: what waits for the bottom half */
void soc_pending_init(SocHost *host);
void soc_pending_kick(SocHost *host);
void soc_pending_clear(SocHost *host);
void soc_pending_free(SocHost *host);
void soc_pending_hold(SocHost *iommu, uint64_t hold, SocHost *master, uint32_t tag);
void soc_pending_held_end(SocHost *iommu, uint64_t hold, uint32_t status, const SocFault *fault);
void soc_pending_forget_master(SocHost *master);
bool soc_pending_message(SocHost *to, const SocMessage *msg);

/* state.c */
void soc_class_add_state(DeviceClass *dc, const char *name, size_t host_offset, bool pci);

/* device_tree.c */
void soc_describe_when_done(void);
void soc_describe_all(void *fdt);
uint32_t soc_dt_phandle(SocHost *host);
bool soc_dt_node(SocHost *host, const char *path);
bool soc_dt_property(SocHost *host, const char *path, const char *name, const void *data, uint32_t size);

/* types.c, pci_master.c, qemu_master.c */
void soc_register_types(void);
void soc_register_pci_master(const SocModelType *type);
SocHost *soc_pci_master_host(Object *obj);
bool soc_qemu_master_realize(SocHost *host, Error **errp);

#endif
