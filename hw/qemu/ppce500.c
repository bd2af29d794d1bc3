/*
 * The ppce500 board of qemu-system-ppc64, which differs from ARM's `virt` in three things.
 *
 * Its memory map: nothing is between the CCSR and the PCI bus's I/O space (e500plat_machine_class_init in QEMU's
 * hw/ppc/e500plat.c, 7.2 and 10.0 alike), and nothing on the internal interrupts 112 to 175 of its MPIC.
 *
 * Its device tree: it is made anew at every reset, written into memory and forgotten (ppce500_load_device_tree in
 * hw/ppc/e500.c). So our nodes are added there, as a boot loader would, after the board's own reset handler: handlers
 * run in the order they were registered, and ours is registered when the machine is done.
 *
 * Its PCI host: a hook of its own leads through inbound windows, which Linux programs (e500_pcihost_set_iommu in
 * hw/pci-host/ppce500.c). What comes out of a window are addresses of the system, and those the IOMMU sees.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include <libfdt.h>

#include "hw/boards.h"
#include "hw/core/cpu.h"
#include "qemu/error-report.h"

enum {
    REGISTER_R3 = 3,         /* of gdb's numbering, and ePAPR's for the device tree */
    ROOM_FOR_NODES = 0x10000,
    LARGEST_TREE = 0x800000, /* the board keeps as much free (DTB_MAX_SIZE) */
};

static void name_mpic_irq(uint32_t irq, uint32_t *cells)
{
    cells[0] = irq;
    cells[1] = 2; /* high level */
}

const SocBoard *soc_ppce500(void)
{
    static const SocBoard board = {
        .first_address = 0xfe0100000,
        .last_address = 0xfe0ffffff,
        .first_irq = 112,
        .last_irq = 175,
        .controllers = { "openpic" },
        .irq_cell_count = 2,
        .name_irq = name_mpic_irq,
        .pci_host = "fsl,mpc8540-pci",
    };

    return object_dynamic_cast(qdev_get_machine(), MACHINE_TYPE_NAME("ppce500")) ? &board : NULL;
}

/* The hook is the bridge's own, and not that of an IOMMU which came before us. */
bool soc_ppce500_is_bridge(PCIBus *bus, const CompatPciHooked *hook)
{
    DeviceState *bridge = BUS(bus)->parent;

    return soc_ppce500() && bridge && hook->opaque == bridge;
}

/*
 * Where a PCI address leaves the bridge's windows; false: in none, but among the bus's own functions, or nowhere. The
 * windows are aliases of system memory, and QEMU looks through these: so the address is put together from what was
 * found. Any thread.
 */
bool soc_ppce500_system_address(AddressSpace *inbound, hwaddr address, hwaddr *system)
{
    hwaddr length = 1;
    MemoryRegion *mr;

    RCU_READ_LOCK_GUARD();
    mr = address_space_translate(inbound, address, system, &length, false, MEMTXATTRS_UNSPECIFIED);
    for (; mr->container; mr = mr->container) {
        *system += mr->addr;
    }
    return mr == get_system_memory();
}

/* A register of the first CPU, as the debugger sees it: the CPU's own header is for code that is built per target. */
static bool read_register(int number, uint64_t *value)
{
    CPUState *cpu = qemu_get_cpu(0);
    g_autoptr(GByteArray) bytes = g_byte_array_new();

    if (!cpu || !CPU_GET_CLASS(cpu)->gdb_read_register(cpu, bytes, number)) {
        return false;
    }
    *value = 0;
    for (unsigned i = 0; i < bytes->len; i++) {
        *value = *value << 8 | bytes->data[i];
    }
    return true;
}

static void describe_at_reset(void *opaque)
{
    struct fdt_header header;
    uint64_t address;
    uint32_t size;
    g_autofree void *fdt = NULL;

    if (!read_register(REGISTER_R3, &address) ||
        address_space_read(&address_space_memory, address, MEMTXATTRS_UNSPECIFIED, &header, sizeof(header)) !=
        MEMTX_OK || fdt_check_header(&header) || fdt_totalsize(&header) > LARGEST_TREE - ROOM_FOR_NODES) {
        error_report("soc-iommu: the board left no device tree where its CPU looks for it");
        exit(1);
    }
    size = fdt_totalsize(&header) + ROOM_FOR_NODES;
    fdt = g_malloc0(size);
    if (address_space_read(&address_space_memory, address, MEMTXATTRS_UNSPECIFIED, fdt, fdt_totalsize(&header)) !=
        MEMTX_OK || fdt_open_into(fdt, fdt, size)) {
        error_report("soc-iommu: cannot read the board's device tree");
        exit(1);
    }
    soc_describe_all(fdt);
    address_space_write(&address_space_memory, address, MEMTXATTRS_UNSPECIFIED, fdt, size);
}

/* A machine whose state is loaded has its tree in memory already: the board does not write it again either. */
void soc_ppce500_describe_late(void)
{
    qemu_register_reset_nosnapshotload(describe_at_reset, NULL);
}
