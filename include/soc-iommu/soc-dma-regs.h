/*
 * Registers of soc-dma, the DMA master that the tests drive. Shared by the model, the guest program and
 * the in-kernel test module, so it is plain C without types.
 *
 * One 64 KiB window: registers from 0, a local buffer from SOC_DMA_BUFFER. 32-bit little-endian accesses;
 * the buffer takes any width. A doorbell starts one transfer between the buffer and memory; poll STATUS
 * until BUSY is gone. Registers written while BUSY keep their value.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later WITH Linux-syscall-note
 */
#ifndef SOC_DMA_REGS_H
#define SOC_DMA_REGS_H

#define SOC_DMA_WINDOW 0x10000
#define SOC_DMA_PCI_VENDOR 0x1234
#define SOC_DMA_PCI_DEVICE 0x50d1 /* BAR 0 is the window, 32-bit memory */
#define SOC_DMA_COMPATIBLE "qemu-soc-iommu,soc-dma"

#define SOC_DMA_ID 0x00 /* RO, SOC_DMA_ID_VALUE */
#define SOC_DMA_ID_VALUE 0x534f4344
#define SOC_DMA_VERSION 0x04 /* RO, 1 */
#define SOC_DMA_PORTS 0x08   /* RO, how many ports */
#define SOC_DMA_PORT 0x0c    /* RW, the port that transfers use */
#define SOC_DMA_STREAM 0x10  /* RO, stream of that port; all ones: not known */
#define SOC_DMA_SUBSTREAM 0x14 /* RW, [19:0]; SOC_DMA_SUBSTREAM_VALID. Goes with ATTR.DIRECT */
#define SOC_DMA_SUBSTREAM_VALID (1u << 31)
#define SOC_DMA_ATTR 0x18 /* RW */
#define SOC_DMA_ATTR_PRIVILEGED (1u << 0)
#define SOC_DMA_ATTR_INSTRUCTION (1u << 1) /* with DIRECT */
#define SOC_DMA_ATTR_DIRECT (1u << 2)      /* ask the IOMMU's model itself, not QEMU's memory path */
#define SOC_DMA_ATTR_MAY_STALL (1u << 3)   /* with DIRECT: the transfer can wait for software */
#define SOC_DMA_ADDR_LO 0x20               /* RW, bus address */
#define SOC_DMA_ADDR_HI 0x24
#define SOC_DMA_LENGTH 0x28        /* RW, bytes; 1 to SOC_DMA_BUFFER_SIZE - BUFFER_OFFSET */
#define SOC_DMA_BUFFER_OFFSET 0x2c /* RW, where in the buffer */
#define SOC_DMA_DOORBELL 0x30      /* WO, SOC_DMA_DOORBELL_* */
#define SOC_DMA_DOORBELL_READ 1    /* memory to buffer */
#define SOC_DMA_DOORBELL_WRITE 2   /* buffer to memory */
#define SOC_DMA_STATUS 0x34        /* RO */
#define SOC_DMA_STATUS_BUSY (1u << 0)
#define SOC_DMA_STATUS_DONE (1u << 1)    /* the last transfer ended, well or not */
#define SOC_DMA_STATUS_ERROR (1u << 2)   /* it faulted: FAULT_* say how */
#define SOC_DMA_STATUS_HELD (1u << 3)    /* it waits for software (BUSY is set too) */
#define SOC_DMA_STATUS_INVALID (1u << 4) /* length, offset, port or doorbell out of range: nothing moved */
#define SOC_DMA_TRANSFERRED 0x38 /* RO, bytes moved before the end */

/* The fault of the last transfer, as the IOMMU's model recorded it. */
#define SOC_DMA_FAULT_KIND 0x3c /* RO, SOC_FAULT_* of seam.h; 9 where no model of ours is behind the port */
#define SOC_DMA_FAULT_ADDR_LO 0x40
#define SOC_DMA_FAULT_ADDR_HI 0x44
#define SOC_DMA_FAULT_STREAM 0x48
#define SOC_DMA_FAULT_SUBSTREAM 0x4c
#define SOC_DMA_FAULT_FLAGS 0x50 /* RO, SOC_TXN_* of seam.h: bit 0 write */

/*
 * Counters of the model behind the selected port, whoever's transactions they count. LO latches HI.
 * All zero and OBSERVED clear where the IOMMU is none of ours.
 */
#define SOC_DMA_OBSERVED 0x5c /* RO, 1: a model of ours is behind the port */
#define SOC_DMA_TRANSLATIONS_LO 0x60
#define SOC_DMA_TRANSLATIONS_HI 0x64
#define SOC_DMA_FAULTS_LO 0x68
#define SOC_DMA_FAULTS_HI 0x6c
#define SOC_DMA_INVALIDATIONS_LO 0x70
#define SOC_DMA_INVALIDATIONS_HI 0x74

#define SOC_DMA_BUFFER 0x8000
#define SOC_DMA_BUFFER_SIZE 0x8000

#endif
