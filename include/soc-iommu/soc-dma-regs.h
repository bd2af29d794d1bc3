/*
 * Registers of soc-dma, the DMA master that the tests drive. Shared by the model, the guest program and
 * the in-kernel test module, so it is plain C without types.
 *
 * One 64 KiB window: registers from 0, a local buffer from SOC_DMA_BUFFER. 32-bit little-endian accesses;
 * the buffer takes any width. A doorbell starts one transfer between the buffer and memory; poll STATUS
 * until BUSY is gone. Registers written while BUSY keep their value, but for those of the cache and of page requests.
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
#define SOC_DMA_SUBSTREAM 0x14 /* RW, [19:0]; SOC_DMA_SUBSTREAM_VALID. Goes with ATTR.DIRECT and ATTR.ATS */
#define SOC_DMA_SUBSTREAM_VALID (1u << 31)
#define SOC_DMA_ATTR 0x18 /* RW */
#define SOC_DMA_ATTR_PRIVILEGED (1u << 0)
#define SOC_DMA_ATTR_INSTRUCTION (1u << 1) /* with DIRECT or ATS */
#define SOC_DMA_ATTR_DIRECT (1u << 2)      /* ask the IOMMU's model itself, not QEMU's memory path */
#define SOC_DMA_ATTR_MAY_STALL (1u << 3)   /* with DIRECT: the transfer can wait for software */
#define SOC_DMA_ATTR_ATS (1u << 4)         /* as DIRECT, through the translation cache; cannot stall */
#define SOC_DMA_ATTR_PRI (1u << 5)         /* with ATS: what has no translation is requested, and waited for */
#define SOC_DMA_ADDR_LO 0x20               /* RW, bus address */
#define SOC_DMA_ADDR_HI 0x24
#define SOC_DMA_LENGTH 0x28        /* RW, bytes; 1 to SOC_DMA_BUFFER_SIZE - BUFFER_OFFSET */
#define SOC_DMA_BUFFER_OFFSET 0x2c /* RW, where in the buffer */
#define SOC_DMA_DOORBELL 0x30      /* WO, SOC_DMA_DOORBELL_* */
#define SOC_DMA_DOORBELL_READ 1    /* memory to buffer */
#define SOC_DMA_DOORBELL_WRITE 2   /* buffer to memory */
#define SOC_DMA_DOORBELL_SWEEP 3   /* many small reads: SOC_DMA_SWEEP_* */
#define SOC_DMA_STATUS 0x34        /* RO */
#define SOC_DMA_STATUS_BUSY (1u << 0)
#define SOC_DMA_STATUS_DONE (1u << 1)    /* the last transfer ended, well or not */
#define SOC_DMA_STATUS_ERROR (1u << 2)   /* it faulted: FAULT_* say how */
#define SOC_DMA_STATUS_HELD (1u << 3)    /* it waits for software (BUSY is set too) */
/*
 * Length, offset, sweep, port or doorbell out of range, or ATTR or SUBSTREAM want what FEATURES lacks: nothing moved,
 * or no more where software took that away under way.
 */
#define SOC_DMA_STATUS_INVALID (1u << 4)
#define SOC_DMA_TRANSFERRED 0x38 /* RO, bytes moved before the end; of a sweep: reads made */

/* The fault of the last transfer, as the IOMMU's model recorded it. */
#define SOC_DMA_FAULT_KIND 0x3c /* RO, SOC_FAULT_* of seam.h; 9 where no model of ours says more */
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

/*
 * The address translation cache, for ATTR.ATS. Its entries belong to a port, a substream, a privilege and an
 * instruction fetch or not. Counters wrap.
 */
#define SOC_DMA_ATC_CTRL 0x78              /* RW */
#define SOC_DMA_ATC_CTRL_SWALLOW (1u << 0) /* invalidations do nothing and get no answer */
#define SOC_DMA_ATC_CTRL_FLUSH (1u << 31)  /* reads as zero; written 1 empties the cache */
#define SOC_DMA_ATC_HITS 0x7c              /* RO */
#define SOC_DMA_ATC_MISSES 0x80            /* RO, translation requests sent */
#define SOC_DMA_ATC_INVALIDATIONS 0x84     /* RO, that came, swallowed or not */
#define SOC_DMA_ATC_ENTRIES 0x88           /* RO, in use now */

/*
 * Page requests. The doorbell sends one from PORT, for SUBSTREAM where that is valid. A transfer with ATTR.PRI sends
 * its own, with the indexes 0, 1, … 511, 0.
 */
#define SOC_DMA_PRI_ADDR_LO 0x90 /* RW */
#define SOC_DMA_PRI_ADDR_HI 0x94
#define SOC_DMA_PRI_ATTR 0x98 /* RW */
#define SOC_DMA_PRI_ATTR_READ (1u << 0)
#define SOC_DMA_PRI_ATTR_WRITE (1u << 1)
#define SOC_DMA_PRI_ATTR_EXECUTE (1u << 2)
#define SOC_DMA_PRI_ATTR_PRIVILEGED (1u << 3)
#define SOC_DMA_PRI_ATTR_LAST (1u << 4)  /* of its group */
#define SOC_DMA_PRI_ATTR_INDEX_SHIFT 16  /* [24:16], the group's index */
#define SOC_DMA_PRI_ATTR_INDEX_MASK 0x1ffu
#define SOC_DMA_PRI_DOORBELL 0x9c        /* WO, any value */
#define SOC_DMA_PRI_STATUS 0xa0          /* RO, of the last doorbell; 0 before any */
#define SOC_DMA_PRI_STATUS_SENT 1
#define SOC_DMA_PRI_STATUS_INVALID 2     /* no such port, or FEATURES lacks what it takes */
#define SOC_DMA_PRI_STATUS_UNHEARD 3     /* no model of ours is behind the port, or it is overrun */
#define SOC_DMA_PRI_REQUESTS 0xa4        /* RO, sent so far, transfers' own included */
#define SOC_DMA_PRI_RESPONSES 0xa8       /* RO, that came so far */
#define SOC_DMA_PRI_RESPONSE 0xac        /* RO, the last: [8:0] index, [15:12] code */
#define SOC_DMA_PRI_RESPONSE_CODE_SHIFT 12
#define SOC_DMA_PRI_RESPONSE_SUCCESS 0
#define SOC_DMA_PRI_RESPONSE_INVALID 1
#define SOC_DMA_PRI_RESPONSE_FAILURE 15
#define SOC_DMA_PRI_WAITING 0xb0         /* RO, what the transfer waits for: [8:0] index; SOC_DMA_PRI_WAITING_VALID */
#define SOC_DMA_PRI_WAITING_VALID (1u << 31)

/*
 * What may be used now. A PCI function: what software enabled in its capabilities. On the platform: the options ats
 * and pri, and every kind of substream. How wide a substream may be is left to whoever writes SUBSTREAM.
 */
#define SOC_DMA_FEATURES 0xb4 /* RO */
#define SOC_DMA_FEATURES_ATS (1u << 0)
#define SOC_DMA_FEATURES_PRI (1u << 1)
#define SOC_DMA_FEATURES_PASID (1u << 2)
#define SOC_DMA_FEATURES_PASID_EXECUTE (1u << 3)
#define SOC_DMA_FEATURES_PASID_PRIVILEGED (1u << 4)
#define SOC_DMA_HOLDS 0xb8 /* RO, how often a transfer was held by the IOMMU (a stall) */

/*
 * For measurements: a sweep reads 8 bytes at ADDR and COUNT - 1 times STRIDE further on, and all that ROUNDS times,
 * each into the buffer at BUFFER_OFFSET. Not with ATTR.DIRECT or ATTR.ATS. COUNT times ROUNDS: 1 to 2^32 - 1.
 */
#define SOC_DMA_SWEEP_COUNT 0xc0  /* RW */
#define SOC_DMA_SWEEP_STRIDE 0xc4 /* RW, bytes */
#define SOC_DMA_SWEEP_ROUNDS 0xc8 /* RW */

#define SOC_DMA_BUFFER 0x8000
#define SOC_DMA_BUFFER_SIZE 0x8000

#endif
