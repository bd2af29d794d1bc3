/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * Calls of /dev/soc-iommu-test: the kernel's IOMMU API, for a test in user space.
 *
 * A device is named once for each open file, with SOC_IOMMU_TEST_OPEN; everything
 * that is made later belongs to that file and goes with it. Domains and buffers
 * have numbers, so that several may exist at once.
 *
 * Every structure starts with its size. A shorter one than the module knows is
 * filled up with zeroes; a longer one is refused with E2BIG unless the rest is
 * zero. New fields are added at the end, new calls get new numbers.
 */
#ifndef SOC_IOMMU_TEST_H
#define SOC_IOMMU_TEST_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SOC_IOMMU_TEST_NODE	"soc-iommu-test"
#define SOC_IOMMU_TEST_DRIVER	"soc-iommu-test"	/* by driver_override only */
#define SOC_IOMMU_TEST_TYPE	0xb5

#define SOC_IOMMU_TEST_BUS_PCI		1
#define SOC_IOMMU_TEST_BUS_PLATFORM	2

/* Takes a device that is bound to this module's driver. */
struct soc_iommu_test_open {
	__u32 size;
	__u32 bus;
	char name[64];		/* as in /sys/bus/BUS/devices */
	__aligned_u64 window_offset;	/* out: for mmap() of the register window */
	__aligned_u64 window_size;	/* out */
};

/* What is out may change with the first attach: some drivers know no more before it. */
struct soc_iommu_test_domain {
	__u32 size;
	__u32 type;		/* SOC_IOMMU_TEST_DOMAIN_*, for _ALLOC */
	__u32 domain;		/* out for _ALLOC, in for _INFO */
	__u32 force_aperture;	/* out */
	__aligned_u64 aperture_start;	/* out */
	__aligned_u64 aperture_end;	/* out, the last address */
	__aligned_u64 page_sizes;	/* out, bitmap */
};

#define SOC_IOMMU_TEST_DOMAIN_PAGING	0
#define SOC_IOMMU_TEST_DOMAIN_CURRENT	1	/* what the device has, if it can be mapped in; stays attached */

/* For the calls that need no more than a number. */
struct soc_iommu_test_id {
	__u32 size;
	__u32 id;
};

/* Physically contiguous pages, zeroed, aligned to their size rounded up to a power of two. */
struct soc_iommu_test_buffer {
	__u32 size;
	__u32 buffer;		/* out */
	__aligned_u64 length;
	__aligned_u64 physical;	/* out */
	__aligned_u64 offset;	/* out: for mmap() */
};

struct soc_iommu_test_map {
	__u32 size;
	__u32 domain;
	__u32 buffer;
	__u32 prot;		/* SOC_IOMMU_TEST_PROT_* */
	__aligned_u64 offset;	/* in the buffer */
	__aligned_u64 iova;
	__aligned_u64 length;
};

#define SOC_IOMMU_TEST_PROT_READ	0x1
#define SOC_IOMMU_TEST_PROT_WRITE	0x2
#define SOC_IOMMU_TEST_PROT_CACHE	0x4
#define SOC_IOMMU_TEST_PROT_NOEXEC	0x8
#define SOC_IOMMU_TEST_PROT_MMIO	0x10
#define SOC_IOMMU_TEST_PROT_PRIV	0x20

struct soc_iommu_test_unmap {
	__u32 size;
	__u32 domain;
	__aligned_u64 iova;
	__aligned_u64 length;
	__aligned_u64 unmapped;	/* out: what iommu_unmap() returned */
};

/* What is known of one page of a domain. */
struct soc_iommu_test_page {
	__u32 size;
	__u32 domain;
	__aligned_u64 iova;
	__aligned_u64 physical;	/* in for _MAP_PHYSICAL, out for _IOVA_TO_PHYS */
};

/*
 * What the IOMMU does for a device only once it is told to. On in the order of their
 * numbers, off in the opposite one; what is on when the file is closed goes off then.
 */
struct soc_iommu_test_feature {
	__u32 size;
	__u32 feature;		/* SOC_IOMMU_TEST_FEATURE_* */
	__u32 enable;		/* 0 or 1 */
	__u32 reserved;		/* 0 */
};

#define SOC_IOMMU_TEST_FEATURE_IOPF	0	/* page faults of the device are served */
#define SOC_IOMMU_TEST_FEATURE_SVA	1	/* address spaces of processes can be bound */

/* Binds the calling process' address space; one at a time. */
struct soc_iommu_test_sva {
	__u32 size;
	__u32 pasid;		/* out: the substream that is this address space */
};

#define SOC_IOMMU_TEST_OPEN		_IO(SOC_IOMMU_TEST_TYPE, 0x00)	/* _open */
#define SOC_IOMMU_TEST_DOMAIN_ALLOC	_IO(SOC_IOMMU_TEST_TYPE, 0x10)	/* _domain */
#define SOC_IOMMU_TEST_DOMAIN_FREE	_IO(SOC_IOMMU_TEST_TYPE, 0x11)	/* _id */
#define SOC_IOMMU_TEST_ATTACH		_IO(SOC_IOMMU_TEST_TYPE, 0x12)	/* _id; and claim */
#define SOC_IOMMU_TEST_DETACH		_IO(SOC_IOMMU_TEST_TYPE, 0x13)	/* _id */
#define SOC_IOMMU_TEST_DOMAIN_INFO	_IO(SOC_IOMMU_TEST_TYPE, 0x14)	/* _domain */
#define SOC_IOMMU_TEST_BUFFER_ALLOC	_IO(SOC_IOMMU_TEST_TYPE, 0x20)	/* _buffer */
#define SOC_IOMMU_TEST_BUFFER_FREE	_IO(SOC_IOMMU_TEST_TYPE, 0x21)	/* _id */
#define SOC_IOMMU_TEST_MAP		_IO(SOC_IOMMU_TEST_TYPE, 0x30)	/* _map */
#define SOC_IOMMU_TEST_UNMAP		_IO(SOC_IOMMU_TEST_TYPE, 0x31)	/* _unmap */
/* Maps one page to any address, memory or not; the other way is what the driver believes it mapped. */
#define SOC_IOMMU_TEST_MAP_PHYSICAL	_IO(SOC_IOMMU_TEST_TYPE, 0x32)	/* _page */
#define SOC_IOMMU_TEST_IOVA_TO_PHYS	_IO(SOC_IOMMU_TEST_TYPE, 0x33)	/* _page */
/* Not known to a module of a kernel without CONFIG_IOMMU_SVA. */
#define SOC_IOMMU_TEST_FEATURE		_IO(SOC_IOMMU_TEST_TYPE, 0x40)	/* _feature */
#define SOC_IOMMU_TEST_SVA_BIND		_IO(SOC_IOMMU_TEST_TYPE, 0x41)	/* _sva */
#define SOC_IOMMU_TEST_SVA_UNBIND	_IO(SOC_IOMMU_TEST_TYPE, 0x42)	/* _id, of the PASID */

#endif
