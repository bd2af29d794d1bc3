/*
 * Registers of soc-test-iommu, shared by the model and the tests that drive it. 32-bit, little-endian.
 *
 * One table in guest memory, 512 entries of 8 bytes: entry n translates the page at n * 4 KiB, so addresses end at
 * 2 MiB. Substream s has its own table, 4 KiB * (s + 1) after the first.
 *
 * It answers ATS requests with the rights of the entry, and lets what was translated pass as it is.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#ifndef SOC_TEST_IOMMU_REGS_H
#define SOC_TEST_IOMMU_REGS_H

#define TEST_IOMMU_WINDOW 0x1000
#define TEST_IOMMU_STREAMS 16
#define TEST_IOMMU_SUBSTREAMS 4
#define TEST_IOMMU_ENTRIES 512

/* Bits of an entry; the page's address is in [47:12]. */
#define TEST_ENTRY_VALID 1
#define TEST_ENTRY_WRITE 2
#define TEST_ENTRY_PRIVILEGED 4 /* for privileged transactions only */
#define TEST_ENTRY_NO_EXECUTE 8
#define TEST_ENTRY_ACCESSED 16 /* set by the model, with a compare-exchange */

#define TEST_CTRL 0x00
#define TEST_CTRL_ENABLE 1    /* else everything passes untranslated */
#define TEST_CTRL_HOLD 2      /* what would fault waits, where the master can */
#define TEST_CTRL_IRQ 4       /* a fault raises the line */
#define TEST_CTRL_MSI 8       /* a fault sends a message */
#define TEST_CTRL_ACCESSED 16 /* entries get their accessed bit */
#define TEST_CTRL_NO_ATS 32   /* ATS requests and translated transactions are refused */
#define TEST_TABLE_LO 0x04
#define TEST_TABLE_HI 0x08
#define TEST_STATUS 0x0c /* bit 0: a fault is pending; written 1 clears it and lowers the line */
#define TEST_DEFERRED 0x10 /* RO, how often deferred work ran */
#define TEST_DEFER 0x14    /* WO, asks for deferred work that many times in a row */

#define TEST_MSI_ADDR_LO 0x20
#define TEST_MSI_ADDR_HI 0x24
#define TEST_MSI_DATA 0x28
#define TEST_MSI_DEVICE 0x2c
#define TEST_MSI_SEND 0x30 /* WO */
#define TEST_MSI_TAKEN 0x34 /* RO, 1: the last message was taken */

#define TEST_HELD_COUNT 0x40 /* RO */
#define TEST_HELD_END 0x44   /* WO, 1: retry the oldest, 2: terminate it */

/* Compare-exchange on guest memory. */
#define TEST_CX_ADDR_LO 0x50
#define TEST_CX_ADDR_HI 0x54
#define TEST_CX_EXPECTED_LO 0x58
#define TEST_CX_EXPECTED_HI 0x5c
#define TEST_CX_DESIRED_LO 0x60
#define TEST_CX_DESIRED_HI 0x64
#define TEST_CX_GO 0x68       /* WO, bytes */
#define TEST_CX_FOUND_LO 0x6c /* RO */
#define TEST_CX_FOUND_HI 0x70
#define TEST_CX_OK 0x74 /* RO, 0: refused */

#define TEST_UNMAP_STREAM 0x80
#define TEST_UNMAP_ADDR 0x84
#define TEST_UNMAP_SIZE 0x88 /* write: tells QEMU */

#define TEST_MSG_STREAM 0x90
#define TEST_MSG_TAG 0x94
#define TEST_MSG_SEND 0x98     /* WO: an ATS invalidation to the stream's master */
#define TEST_MSG_SENT 0x9c     /* RO, 1: somebody was there */
#define TEST_MSG_RECEIVED 0xa0 /* RO, type of the last message that came */
#define TEST_MSG_FROM 0xa4     /* RO, its stream */
#define TEST_MSG_FROM_TAG 0xa8 /* RO, its tag */
#define TEST_MSG_COUNT 0xac    /* RO, messages that came */
/* More of the message to send. */
#define TEST_MSG_ADDR 0xc0
#define TEST_MSG_SIZE 0xc4      /* 4 KiB after reset; 0: everything */
#define TEST_MSG_SUBSTREAM 0xc8 /* bit 31: there is one */
#define TEST_MSG_RESPOND 0xcc   /* WO: a page response with this code; its index is MSG_TAG */
/* The last page request that came. */
#define TEST_PRQ_COUNT 0xd0     /* RO, how many did */
#define TEST_PRQ_STREAM 0xd4
#define TEST_PRQ_SUBSTREAM 0xd8
#define TEST_PRQ_FLAGS 0xdc     /* SOC_TXN_* */
#define TEST_PRQ_ADDR_LO 0xe0
#define TEST_PRQ_ADDR_HI 0xe4
#define TEST_PRQ_INDEX 0xe8
#define TEST_PRQ_LAST 0xec

#define TEST_PEEK_ADDR 0xb0 /* write: reads 4 bytes of guest memory there */
#define TEST_PEEK_OK 0xb4   /* RO */
#define TEST_PEEK_DATA 0xb8 /* RO */

#endif
