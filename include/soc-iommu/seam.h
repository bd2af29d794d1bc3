/*
 * The seam between QEMU and the models: a flat C interface, and nothing else.
 *
 * The shim in hw/qemu is C and includes QEMU's headers; the models are C++ and
 * never do. Both include this file. What crosses it is plain data and function
 * tables: no exception, no C++ type, no QEMU type.
 *
 * Threads. Unless a function says otherwise it is called with QEMU's big lock
 * held. `translate` may be called on any thread, without that lock. Of the host
 * functions, `mem_*`, `log` and `defer` may be called on any thread; the others
 * only with the lock held, that is: from any model function but `translate`.
 *
 * Units. Addresses and lengths are bytes. Streams are the numbers the block
 * itself uses (a DART's SID, an SMMU's StreamID).
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOC_IOMMU_SEAM_H
#define SOC_IOMMU_SEAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Raised with every change of a signature, a structure or a meaning below. */
#define SOC_SEAM_VERSION 3u

typedef struct SocModel SocModel; /* an instance of a model; the models own it */
typedef struct SocHost SocHost;   /* that instance as the shim sees it */

/* --- Transactions -------------------------------------------------------- */

enum {
    SOC_TXN_WRITE = 1u << 0,          /* else a read */
    SOC_TXN_PRIVILEGED = 1u << 1,
    SOC_TXN_INSTRUCTION = 1u << 2,
    SOC_TXN_DEBUG = 1u << 3,          /* no side effect: no fault record, no cache fill */
    SOC_TXN_HAS_SUBSTREAM = 1u << 4,
    SOC_TXN_MAY_HOLD = 1u << 5,       /* the master can wait: SOC_HELD is an answer it understands */
    SOC_TXN_ATS_REQUEST = 1u << 6,    /* asks for a translation, moves no data */
    SOC_TXN_ATS_TRANSLATED = 1u << 7, /* `address` is the answer to such a request */
    SOC_TXN_READ = 1u << 8,           /* page requests only, where WRITE says nothing about reading */
};

typedef struct SocTransaction {
    uint64_t address;
    uint32_t stream;
    uint32_t substream; /* 20 bits; with SOC_TXN_HAS_SUBSTREAM */
    uint32_t flags;     /* SOC_TXN_* */
    uint32_t tag;       /* chosen by the master; comes back with a held transaction's end */
} SocTransaction;

/* Why a transaction did not pass. The numbers are guest-visible (soc-dma FAULT_KIND). */
enum {
    SOC_FAULT_NONE = 0,
    SOC_FAULT_TRANSLATION = 1,    /* nothing is mapped there */
    SOC_FAULT_PERMISSION = 2,     /* mapped, but not for this access */
    SOC_FAULT_ADDRESS_SIZE = 3,   /* beyond what the block or the table can express */
    SOC_FAULT_ACCESS_FLAG = 4,
    SOC_FAULT_DISABLED = 5,       /* the stream is switched off, or has no table */
    SOC_FAULT_WALK_ABORT = 6,     /* the table itself could not be read */
    SOC_FAULT_CONFIGURATION = 7,  /* an illegal descriptor of the stream */
    SOC_FAULT_UNKNOWN_STREAM = 8,
    SOC_FAULT_BUS = 9,            /* no model's doing: the bus refused, or an IOMMU of QEMU's own did */
    SOC_FAULT_TERMINATED = 10,    /* held, then ended by software */
};

typedef struct SocFault {
    uint64_t address;
    uint32_t kind;   /* SOC_FAULT_* */
    uint32_t stream;
    uint32_t substream;
    uint32_t flags;  /* SOC_TXN_* of the transaction */
    uint32_t level;  /* of the walk, 0 the root; 0xffffffff before any */
    uint32_t stage;  /* 1 or 2 */
    uint64_t count;  /* faults of this model so far, this one included */
} SocFault;

enum { SOC_OK = 0, SOC_FAULTED = 1, SOC_HELD = 2 };
enum { SOC_PERM_READ = 1u << 0, SOC_PERM_WRITE = 1u << 1 };

typedef struct SocTranslation {
    uint32_t status;  /* SOC_OK, SOC_FAULTED (see fault) or SOC_HELD (see hold) */
    uint32_t perm;    /* SOC_PERM_* */
    uint64_t address; /* output address of the transaction's address */
    uint64_t mask;    /* page size - 1: valid for the aligned block around both addresses */
    uint64_t hold;    /* name of the held transaction, unique in the model */
    SocFault fault;
} SocTranslation;

/*
 * What a master or an IOMMU can do beyond moving data. Of an IOMMU: what it serves. Of a master: what it was built
 * with, and, from `master_features`, what software has switched on.
 */
enum {
    SOC_FEATURE_ATS = 1u << 0,
    SOC_FEATURE_PRI = 1u << 1,
    SOC_FEATURE_PASID = 1u << 2,         /* substreams */
    SOC_FEATURE_PASID_EXECUTE = 1u << 3, /* a substream's transaction may be an instruction fetch */
    SOC_FEATURE_PASID_PRIVILEGED = 1u << 4,
};

/* --- Messages between an IOMMU and its masters (ATS, PRI) ---------------- */

enum {
    SOC_MSG_ATS_INVALIDATE = 1,      /* IOMMU to master */
    SOC_MSG_ATS_INVALIDATE_DONE = 2, /* master to IOMMU */
    SOC_MSG_PAGE_REQUEST = 3,        /* master to IOMMU */
    SOC_MSG_PAGE_RESPONSE = 4,       /* IOMMU to master */
    SOC_MSG_FEATURES = 5,            /* shim to master: `master_features` changed */
};

typedef struct SocMessage {
    uint32_t type;
    uint32_t stream;
    uint32_t substream;
    uint32_t flags;    /* SOC_TXN_*. Invalidate: without HAS_SUBSTREAM it is for every substream. Page request:
                        * READ and WRITE each for itself, neither in a stop marker */
    uint64_t address;
    uint64_t size;     /* invalidate: bytes, a power of two; 0: every address */
    uint32_t tag;      /* invalidate: ITAG; page request and response: PRG index */
    uint32_t response; /* page response: 0 success, 1 invalid, 15 failure. Page request: bit 0 last */
    uint32_t port;     /* of the master, as it receives the message: where an answer goes. The shim fills it in */
} SocMessage;

/* --- What the shim gives a model ----------------------------------------- */

/* Levels of `log`. A guest's mistakes are rate-limited by the models' core, not here. */
enum { SOC_LOG_GUEST_ERROR = 0, SOC_LOG_UNIMPLEMENTED = 1, SOC_LOG_INFO = 2 };

typedef struct SocHostOps {
    /* Guest physical memory. false: nothing there, or it did not answer. Any thread. */
    bool (*mem_read)(SocHost *, uint64_t address, void *data, uint32_t size);
    bool (*mem_write)(SocHost *, uint64_t address, const void *data, uint32_t size);
    /* Atomic compare-exchange of 4 or 8 aligned bytes, RAM only, in host byte order of the
     * little-endian value. *expected is replaced by what was found. false: not RAM. The exchange
     * took place where *expected is unchanged. Any thread. */
    bool (*mem_cmpxchg)(SocHost *, uint64_t address, uint32_t size, uint64_t *expected, uint64_t desired);

    void (*irq)(SocHost *, uint32_t line, bool level);
    /* A message-signalled interrupt: 32 bits written at `address` by requester `device_id`. */
    bool (*msi)(SocHost *, uint32_t device_id, uint64_t address, uint32_t data);
    /* Tells QEMU that translations of [address, address + size) of the stream are gone. */
    void (*unmap_notify)(SocHost *, uint32_t stream, uint64_t address, uint64_t size);
    /* Asks for one call of the model's `deferred`, soon, with the big lock. Calls that come before
     * it runs are one call. Any thread. */
    void (*defer)(SocHost *);
    void (*log)(SocHost *, uint32_t level, const char *text);

    /* IOMMU only: ends a held transaction. SOC_OK: retry it; SOC_FAULTED: terminated, `fault` says how.
     * The master hears of it through its `resumed`, after this call has returned. */
    void (*held_end)(SocHost *, uint64_t hold, uint32_t status, const SocFault *fault);
    /* Sends a message to the other side: from an IOMMU to the master of msg->stream, from a master to the
     * IOMMU behind `port` (ignored for an IOMMU). false: nobody there, or no room for one more
     * page request or response. */
    bool (*message)(SocHost *, uint32_t port, const SocMessage *msg);

    /* Masters only. Ports count from 0 in the order of the `iommus` option; a PCI function has port 0. */
    uint32_t (*ports)(SocHost *);
    uint32_t (*port_stream)(SocHost *, uint32_t port); /* 0xffffffff: not known (QEMU's own IOMMU, or none) */
    /* An ordinary transaction through QEMU's address space of that port. Privilege is all it can carry. */
    bool (*dma)(SocHost *, uint32_t port, uint64_t address, void *data, uint32_t size, uint32_t flags);
    /* A transaction asked of the port's model itself: `stream` is filled in. false: no model there, or a PCI function
     * that software does not let master the bus. */
    bool (*translate)(SocHost *, uint32_t port, SocTransaction *, SocTranslation *);
    /* The port's model's last fault and counters by name; false: no model there, or no such counter. */
    bool (*last_fault)(SocHost *, uint32_t port, SocFault *);
    bool (*counter)(SocHost *, uint32_t port, const char *name, uint64_t *value);
    /* SOC_FEATURE_* that may be used now. A PCI function: what software enabled in its capabilities. Any other
     * master: its shape's, for nobody has to enable them. */
    uint32_t (*master_features)(SocHost *);

    /* Device tree, during `describe` only. Paths are absolute; parents first. */
    uint32_t (*phandle)(SocHost *);                        /* a new one */
    bool (*dt_node)(SocHost *, const char *path);
    bool (*dt_property)(SocHost *, const char *path, const char *name, const void *data, uint32_t size);
} SocHostOps;

/* Where the shim put an instance; given to `describe`. */
typedef struct SocPlacement {
    const char *id;                  /* the user's id=, or one made up */
    const uint64_t *region_address;  /* as many as the model has regions */
    const uint32_t *irq_cells;       /* the cells of each interrupt line, as the board's controller has them */
    uint32_t irq_cell_count;         /* of one line */
    uint32_t interrupt_parent;       /* phandle of the interrupt controller */
    uint32_t msi_parent;             /* phandle of the ITS, 0 if there is none */
    uint32_t self_phandle;           /* phandle for the model's own node */
    const char *pci_host;            /* path of the PCI host bridge whose functions it serves, or NULL */
    /* Masters: the ready value of `iommus`, and its size in bytes. */
    const void *iommus;
    uint32_t iommus_size;
} SocPlacement;

/* --- What a model gives the shim ----------------------------------------- */

typedef struct SocRegion {
    const char *name;
    uint64_t size;      /* a multiple of 4 KiB */
    uint64_t address;   /* where it must be, or 0: the shim finds a place */
    uint32_t alignment; /* a power of two, for a place that the shim finds */
    uint32_t flags;
} SocRegion;

enum {
    SOC_REGION_MMIO = 0,    /* accesses come to mmio_read and mmio_write, any width from 1 to 8, any alignment */
    SOC_REGION_APERTURE = 1 /* address space set aside, nothing mapped */
};

typedef struct SocOptionSpec {
    const char *name;
    const char *value; /* the default */
    const char *valid; /* "a|b|c", or words that say what is valid: "1..16" */
    const char *help;
} SocOptionSpec;

typedef struct SocOption {
    const char *name;
    const char *value;
} SocOption;

enum { SOC_KIND_IOMMU = 0, SOC_KIND_MASTER = 1, SOC_KIND_QEMU_MASTER = 2 };
enum { SOC_MASTERS_PCI = 1u << 0, SOC_MASTERS_PLATFORM = 1u << 1 };

/* A span of the PCI bus whose functions the IOMMU serves, as in the iommu-map property. */
typedef struct SocPciSpan {
    uint32_t rid;
    uint32_t stream;
    uint32_t length;
} SocPciSpan;

/* A DMA master that QEMU itself has, created by type name; its device tree is the model's to write. */
typedef struct SocQemuDevice {
    const char *type;            /* "pl330" */
    const char *dma_link;        /* property that takes the memory region: "memory" */
    const char *const *settings; /* name, value, …, NULL */
    uint32_t flags;              /* SOC_TXN_* of all its transactions: QEMU's own devices say nothing of it */
} SocQemuDevice;

/* One per type; lives for ever. */
typedef struct SocModelType {
    const char *name; /* the QOM type */
    uint32_t kind;    /* SOC_KIND_* */
    const char *summary;
    const SocOptionSpec *options;
    uint32_t option_count;
    const char *const *counters; /* QOM properties, 64-bit, read only */
    uint32_t counter_count;
    uint32_t masters; /* IOMMU: SOC_MASTERS_*. Master: where it can live */
    const SocQemuDevice *qemu_device;
    const void *descriptor; /* the registry's own */
} SocModelType;

/* Every type of this build. */
uint32_t soc_model_types(const SocModelType **types);

/*
 * Breaks every model in one way, for tests of the guest program: hw/core/mutation.hpp. Before any model is made.
 * False: no such way, or a build without them.
 */
bool soc_mutate(const char *name);

typedef struct SocShape {
    const SocRegion *regions;
    uint32_t region_count;
    uint32_t irq_count;
    const SocPciSpan *pci_map; /* IOMMU: what `pci-map=auto` stands for */
    uint32_t pci_span_count;
    uint32_t stream_count;     /* streams are 0 to stream_count - 1 */
    uint32_t address_bits;     /* width of what a master may ask for */
    uint32_t features;         /* SOC_FEATURE_*; a PCI function has a capability for each */
    uint32_t substream_bits;   /* masters: width of the PASID capability; 0: the PCI function has none */
} SocShape;

/* NULL: refused, and `error` (of `error_size`) says why, naming the valid values. Options not named have
 * their default. `seam_version` must be SOC_SEAM_VERSION. */
SocModel *soc_model_create(uint32_t seam_version, const SocModelType *, SocHost *, const SocHostOps *,
                           const SocOption *options, uint32_t option_count, char *error, size_t error_size);
void soc_model_destroy(SocModel *);

/* Constant for the life of the instance. */
const SocShape *soc_model_shape(const SocModel *);

void soc_model_reset(SocModel *);

/* Any width of 1 to 8 and any offset: what the block does not know reads as zero and is logged. */
uint64_t soc_model_mmio_read(SocModel *, uint32_t region, uint64_t offset, uint32_t size);
void soc_model_mmio_write(SocModel *, uint32_t region, uint64_t offset, uint64_t value, uint32_t size);

/* Any thread. */
void soc_model_translate(SocModel *, const SocTransaction *, SocTranslation *);

void soc_model_deferred(SocModel *);
void soc_model_message(SocModel *, const SocMessage *);
/* Masters: a held transaction of this master has ended. SOC_OK: ask again. */
void soc_model_resumed(SocModel *, uint32_t tag, uint32_t status, const SocFault *);

/* Cells of the `iommus` property that name this stream, at most 4; returns how many. */
uint32_t soc_model_iommu_cells(const SocModel *, uint32_t stream, uint32_t cells[4]);
/* Writes the device tree; false with `error` filled where that failed. Once, after every device exists. */
bool soc_model_describe(SocModel *, const SocPlacement *, char *error, size_t error_size);

/* Any thread for both. */
uint64_t soc_model_counter(const SocModel *, uint32_t index);
void soc_model_last_fault(const SocModel *, SocFault *);
/* The datasheet-neutral name of a SOC_FAULT_* value. */
const char *soc_fault_name(uint32_t kind);

/* Everything that a guest can see, as bytes. `save` returns the size needed and fills no more than `size`.
 * `load` refuses with false what it did not write, and leaves the model as after reset. */
size_t soc_model_save(const SocModel *, void *data, size_t size);
bool soc_model_load(SocModel *, const void *data, size_t size);

#ifdef __cplusplus
}
#endif
#endif
