/* SPDX-License-Identifier: GPL-2.0-only */
/* What differs between the kernels that the module is built for: 6.1 and up. */
#ifndef SOC_IOMMU_TEST_COMPAT_H
#define SOC_IOMMU_TEST_COMPAT_H

#include <linux/err.h>
#include <linux/iommu.h>
#include <linux/mmzone.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
#define PLATFORM_REMOVE_RETURNS_INT

static inline struct iommu_domain *iommu_paging_domain_alloc(struct device *dev)
{
	struct iommu_domain *domain = iommu_domain_alloc(dev->bus);

	/* The old call does not say why; VFIO's type1 answers EIO there. */
	return domain ? domain : ERR_PTR(-EIO);
}
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define iommu_map(domain, iova, physical, length, prot, gfp) \
	iommu_map(domain, iova, physical, length, prot)
#endif

/* 6.16 has no features to switch on any more. */
#if IS_ENABLED(CONFIG_IOMMU_SVA) && LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define WITH_SVA
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* Data for the IOMMU's driver, which arm-smmu-v3 does not look at. */
#define iommu_sva_bind_device(dev, mm) iommu_sva_bind_device(dev, mm, NULL)
#endif

#ifndef MAX_PAGE_ORDER
#define MAX_PAGE_ORDER (MAX_ORDER - 1)
#endif

#endif
