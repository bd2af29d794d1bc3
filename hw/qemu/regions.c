/*
 * Where registers and interrupt lines of an instance go. The `virt` board keeps nothing between 0x0b000000 and
 * 0x0bffffff (base_memmap in QEMU's hw/arm/virt.c, 7.2 and 10.0 alike), and nothing on the interrupts of its
 * platform bus (112 to 175) unless sysbus devices are plugged there, which we do not do.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/irq.h"
#include "qemu/log.h"

static void name_spi(uint32_t irq, uint32_t *cells)
{
    cells[0] = 0; /* GIC_SPI */
    cells[1] = irq;
    cells[2] = 4; /* IRQ_TYPE_LEVEL_HIGH */
}

static const SocBoard virt = {
    .first_address = 0x0b000000,
    .last_address = 0x0bffffff,
    .first_irq = 112,
    .last_irq = 175,
    .controllers = { "arm-gicv3-common", "arm_gic_common" },
    .irq_cell_count = 3,
    .name_irq = name_spi,
    .pci_host = "pci-host-ecam-generic",
};

static uint64_t next_address; /* 0: the board's first */
static uint32_t next_irq;

const SocBoard *soc_board(void)
{
    return soc_ppce500() ?: &virt;
}

/*
 * A model can be made to reach its own registers: by a doorbell whose transfer goes there, or by an MSI address
 * that points there. It holds its locks then, so the bus answers for it.
 */
static bool enter(SocMmio *mmio, hwaddr offset)
{
    SocHost *host = mmio->host;

    if (host->in_model) {
        qemu_log_mask(LOG_GUEST_ERROR, "%s: accesses its own registers (region %u, offset 0x%" PRIx64 ")\n",
                      host->id, mmio->index, (uint64_t)offset);
        return false;
    }
    host->in_model = true;
    return true;
}

static void leave(SocHost *host)
{
    host->in_model = false;
    soc_pending_kick(host);
}

static uint64_t mmio_read(void *opaque, hwaddr offset, unsigned size)
{
    SocMmio *mmio = opaque;
    uint64_t value = 0;

    if (enter(mmio, offset)) {
        value = soc_model_mmio_read(mmio->host->model, mmio->index, offset, size);
        leave(mmio->host);
    }
    return value;
}

static void mmio_write(void *opaque, hwaddr offset, uint64_t value, unsigned size)
{
    SocMmio *mmio = opaque;

    if (enter(mmio, offset)) {
        soc_model_mmio_write(mmio->host->model, mmio->index, offset, value, size);
        leave(mmio->host);
    }
}

/* Every width and alignment reaches the model, which answers as its hardware does. */
static const MemoryRegionOps mmio_ops = {
    .read = mmio_read,
    .write = mmio_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
    .impl = { .min_access_size = 1, .max_access_size = 8, .unaligned = true },
};

void soc_mmio_init(SocHost *host, uint32_t index)
{
    const SocRegion *region = &host->shape->regions[index];
    SocMmio *mmio = &host->mmio[index];

    mmio->host = host;
    mmio->index = index;
    memory_region_init_io(&mmio->mr, OBJECT(host->device), &mmio_ops, mmio, region->name, region->size);
}

/* The name of what is there already; NULL: nothing. */
static const char *occupant(uint64_t address, uint64_t size)
{
    MemoryRegionSection section = memory_region_find(get_system_memory(), address, size);
    SocHost *host;

    if (section.mr) {
        memory_region_unref(section.mr);
        return memory_region_name(section.mr); /* the board's: it stays */
    }
    /* Apertures map nothing, so memory_region_find does not know them. */
    QTAILQ_FOREACH(host, &soc_hosts, next) {
        for (uint32_t i = 0; host->region_address && i < host->shape->region_count; i++) {
            const uint64_t other = host->region_address[i];

            if (other && address < other + host->shape->regions[i].size && other < address + size) {
                return host->id;
            }
        }
    }
    return NULL;
}

static bool find_place(SocHost *host, const SocRegion *region, uint64_t *address, Error **errp)
{
    const uint64_t alignment = MAX(region->alignment, 0x1000u);
    const SocBoard *board = soc_board();

    if (region->address) {
        const char *other = occupant(region->address, region->size);

        if (other) {
            error_setg(errp, "%s: region '%s' has to be at 0x%" PRIx64 " to 0x%" PRIx64 ", where '%s' is already",
                       host->id, region->name, region->address, region->address + region->size - 1, other);
            return false;
        }
        *address = region->address;
        return true;
    }
    *address = QEMU_ALIGN_UP(next_address ?: board->first_address, alignment);
    while (*address + region->size - 1 <= board->last_address && occupant(*address, region->size)) {
        *address += alignment;
    }
    if (*address + region->size - 1 > board->last_address) {
        error_setg(errp, "%s: no room for region '%s' of 0x%" PRIx64 " bytes between 0x%" PRIx64 " and 0x%" PRIx64
                         ": too many devices", host->id, region->name, region->size, board->first_address,
                   board->last_address);
        return false;
    }
    next_address = *address + region->size;
    return true;
}

bool soc_place_regions(SocHost *host, Error **errp)
{
    for (uint32_t i = 0; i < host->shape->region_count; i++) {
        const SocRegion *region = &host->shape->regions[i];

        if (!find_place(host, region, &host->region_address[i], errp)) {
            return false;
        }
        if (region->flags & SOC_REGION_APERTURE || host->type->kind == SOC_KIND_QEMU_MASTER) {
            continue;
        }
        soc_mmio_init(host, i);
        memory_region_add_subregion(get_system_memory(), host->region_address[i], &host->mmio[i].mr);
    }
    return true;
}

bool soc_place_irqs(SocHost *host, Error **errp)
{
    const SocBoard *board = soc_board();
    Object *controller = NULL;

    if (!host->shape->irq_count) {
        return true;
    }
    for (unsigned i = 0; i < ARRAY_SIZE(board->controllers) && board->controllers[i] && !controller; i++) {
        controller = object_resolve_path_type("", board->controllers[i], NULL);
    }
    if (!controller) {
        error_setg(errp, "%s: this machine has no GIC; use -machine virt", host->id);
        return false;
    }
    next_irq = MAX(next_irq, board->first_irq);
    if (next_irq + host->shape->irq_count - 1 > board->last_irq) {
        error_setg(errp, "%s: no interrupt line is left between %u and %u: too many devices", host->id,
                   board->first_irq, board->last_irq);
        return false;
    }
    host->first_irq = next_irq;
    for (uint32_t i = 0; i < host->shape->irq_count; i++) {
        host->irqs[i] = qdev_get_gpio_in(DEVICE(controller), next_irq);
        board->name_irq(next_irq++, host->irq_cells + board->irq_cell_count * i);
    }
    return true;
}
