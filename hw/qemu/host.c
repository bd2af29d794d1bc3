/*
 * What the models may ask of QEMU: the SocHostOps of the seam.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/irq.h"
#include "qemu/atomic.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"

/*
 * Page tables and queues are in memory. A guest that points them at registers gets an error, as `memory` says:
 * an access to a device needs the big lock, which a thread that translates must not wait for, and might come back
 * to this very model.
 */
static const MemTxAttrs memory_only = { .memory = 1 };

static bool mem_read(SocHost *host, uint64_t address, void *data, uint32_t size)
{
    return address_space_read(&address_space_memory, address, memory_only, data, size) == MEMTX_OK;
}

static bool mem_write(SocHost *host, uint64_t address, const void *data, uint32_t size)
{
    return address_space_write(&address_space_memory, address, memory_only, data, size) == MEMTX_OK;
}

/* Says whether all of it is RAM that may be written, so that mapping it gives the memory itself and no copy. */
static bool is_writable_ram(uint64_t address, uint32_t size)
{
    hwaddr length = size, offset;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(&address_space_memory, address, &offset, &length, true, memory_only);
    return length == size && memory_region_is_ram(mr) && !memory_region_is_rom(mr) && !memory_region_is_romd(mr) &&
           !memory_region_is_ram_device(mr);
}

static bool mem_cmpxchg(SocHost *host, uint64_t address, uint32_t size, uint64_t *expected, uint64_t desired)
{
    hwaddr length = size;
    void *memory;

    if ((size != 4 && size != 8) || address % size || !is_writable_ram(address, size)) {
        return false;
    }
    memory = address_space_map(&address_space_memory, address, &length, true, memory_only);
    if (!memory || length != size) {
        if (memory) {
            address_space_unmap(&address_space_memory, memory, length, true, 0);
        }
        return false;
    }
    if (size == 4) {
        *expected = le32_to_cpu(qatomic_cmpxchg((uint32_t *)memory, cpu_to_le32(*expected), cpu_to_le32(desired)));
    } else {
        *expected = le64_to_cpu(qatomic_cmpxchg((uint64_t *)memory, cpu_to_le64(*expected), cpu_to_le64(desired)));
    }
    /* The length tells QEMU what is dirty now: migration and translated code have to know. */
    address_space_unmap(&address_space_memory, memory, length, true, size);
    return true;
}

static void irq(SocHost *host, uint32_t line, bool level)
{
    if (line < host->shape->irq_count && !host->pci) {
        qemu_set_irq(host->irqs[line], level);
    }
}

static bool msi(SocHost *host, uint32_t device_id, uint64_t address, uint32_t data)
{
    MemTxAttrs attrs = { .requester_id = device_id };
    MemTxResult result;

    if (attrs.requester_id != device_id) { /* QEMU has 16 bits for it */
        return false;
    }
    address_space_stl_le(&address_space_memory, address, data, attrs, &result);
    return result == MEMTX_OK;
}

static void unmap_notify(SocHost *host, uint32_t stream, uint64_t address, uint64_t size)
{
    soc_region_unmap(host, stream, address, size);
}

static void defer(SocHost *host)
{
    if (!qatomic_xchg(&host->wants_deferred, 1)) {
        qemu_bh_schedule(host->bh);
    }
}

static void log_text(SocHost *host, uint32_t level, const char *text)
{
    static const int masks[] = { LOG_GUEST_ERROR, LOG_UNIMP, LOG_TRACE };

    if (level < ARRAY_SIZE(masks)) {
        qemu_log_mask(masks[level], "%s: %s\n", host->id, text);
    }
}

static void held_end(SocHost *host, uint64_t hold, uint32_t status, const SocFault *fault)
{
    soc_pending_held_end(host, hold, status, fault);
}

static SocHost *master_of_stream(SocHost *iommu, uint32_t stream, uint32_t *port)
{
    SocHost *master;

    QTAILQ_FOREACH(master, &soc_hosts, next) {
        for (*port = 0; *port < master->port_count; (*port)++) {
            uint32_t served;

            if (soc_port_model(master, *port, &served) == iommu && served == stream) {
                return master;
            }
        }
    }
    return NULL;
}

static bool message(SocHost *host, uint32_t port, const SocMessage *msg)
{
    SocMessage sent = *msg;
    SocHost *to;

    sent.port = port;
    if (host->type->kind == SOC_KIND_IOMMU) {
        to = master_of_stream(host, msg->stream, &sent.port);
    } else {
        to = soc_port_model(host, port, &sent.stream);
    }
    return to && soc_pending_message(to, &sent);
}

static uint32_t ports(SocHost *host)
{
    return host->port_count;
}

static uint32_t port_stream(SocHost *host, uint32_t port)
{
    uint32_t stream;

    soc_port_model(host, port, &stream);
    return stream;
}

static bool dma(SocHost *host, uint32_t port, uint64_t address, void *data, uint32_t size, uint32_t flags)
{
    /* See index_of() in translate.c for how privilege travels. */
    const MemTxAttrs attrs = flags & SOC_TXN_PRIVILEGED ? (MemTxAttrs){ 0 } : MEMTXATTRS_UNSPECIFIED;

    SocIommuRegion *region;
    bool moved;

    if (port >= host->port_count) {
        return false;
    }
    if (host->pci && !host->region_known) { /* it stays what it is from the first transfer on */
        host->ports[port].region = soc_region_of_pci(host->pci);
        host->region_known = true;
    }
    region = host->ports[port].region;
    if (region) {
        soc_region_begin(region);
    }
    moved = address_space_rw(soc_port_space(host, port), address, attrs, data, size, flags & SOC_TXN_WRITE) ==
            MEMTX_OK;
    if (region) {
        soc_region_end(region);
    }
    return moved;
}

/* QEMU's own path sees to that itself. */
static bool may_master(SocHost *host)
{
    return !host->pci || pci_get_word(host->pci->config + PCI_COMMAND) & PCI_COMMAND_MASTER;
}

static bool translate(SocHost *host, uint32_t port, SocTransaction *txn, SocTranslation *out)
{
    SocHost *iommu = soc_port_model(host, port, &txn->stream);

    if (!iommu || !may_master(host)) {
        return false;
    }
    soc_model_translate(iommu->model, txn, out);
    if (out->status == SOC_HELD) {
        soc_pending_hold(iommu, out->hold, host, txn->tag);
    }
    return true;
}

static bool last_fault(SocHost *host, uint32_t port, SocFault *fault)
{
    uint32_t stream;
    SocHost *iommu = soc_port_model(host, port, &stream);

    if (iommu) {
        soc_model_last_fault(iommu->model, fault);
    }
    return iommu;
}

static bool counter(SocHost *host, uint32_t port, const char *name, uint64_t *value)
{
    uint32_t stream;
    SocHost *iommu = soc_port_model(host, port, &stream);

    for (uint32_t i = 0; iommu && i < iommu->type->counter_count; i++) {
        if (!strcmp(iommu->type->counters[i], name)) {
            *value = soc_model_counter(iommu->model, i);
            return true;
        }
    }
    return false;
}

static uint32_t master_features(SocHost *host)
{
    return host->pci ? soc_pci_features(host) : host->shape->features;
}

const SocHostOps soc_host_ops = {
    .mem_read = mem_read,
    .mem_write = mem_write,
    .mem_cmpxchg = mem_cmpxchg,
    .irq = irq,
    .msi = msi,
    .unmap_notify = unmap_notify,
    .defer = defer,
    .log = log_text,
    .held_end = held_end,
    .message = message,
    .ports = ports,
    .port_stream = port_stream,
    .dma = dma,
    .translate = translate,
    .last_fault = last_fault,
    .counter = counter,
    .master_features = master_features,
    .phandle = soc_dt_phandle,
    .dt_node = soc_dt_node,
    .dt_property = soc_dt_property,
};
