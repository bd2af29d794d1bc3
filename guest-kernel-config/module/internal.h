/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef SOC_IOMMU_TEST_INTERNAL_H
#define SOC_IOMMU_TEST_INTERNAL_H

#include <linux/iommu.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/xarray.h>

#include "soc_iommu_test.h"

struct file;
struct iommu_sva;
struct vm_area_struct;

/* A device that is bound to our driver. */
struct soc_iommu_test_master {
	struct list_head link;
	struct device *dev;
	u32 bus;
	resource_size_t window;
	resource_size_t window_size;
	unsigned int users;
};

/* An open file. */
struct soc_iommu_test_context {
	struct mutex lock;	/* everything below */
	struct soc_iommu_test_master *master;
	struct iommu_group *group;
	struct xarray domains;
	struct xarray buffers;
	struct iommu_domain *attached;
	struct iommu_domain *current_domain;	/* not ours to attach or free */
	struct iommu_sva *sva;
	u32 features;		/* bits by SOC_IOMMU_TEST_FEATURE_* that are on */
};

int soc_iommu_test_devices_init(void);
void soc_iommu_test_devices_exit(void);
struct soc_iommu_test_master *soc_iommu_test_master_get(u32 bus, const char *name);
void soc_iommu_test_master_put(struct soc_iommu_test_master *master);

long soc_iommu_test_domain_alloc(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_domain_free(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_domain_info(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_attach(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_detach(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_map(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_unmap(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_map_physical(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_iova_to_phys(struct soc_iommu_test_context *ctx, void *arg);
void soc_iommu_test_domains_release(struct soc_iommu_test_context *ctx);

long soc_iommu_test_buffer_alloc(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_buffer_free(struct soc_iommu_test_context *ctx, void *arg);
int soc_iommu_test_buffer_span(struct soc_iommu_test_context *ctx, u32 id, u64 offset, u64 length,
			       phys_addr_t *physical);
int soc_iommu_test_buffer_mmap(struct soc_iommu_test_context *ctx, u32 id,
			       struct vm_area_struct *vma);
void soc_iommu_test_buffers_release(struct soc_iommu_test_context *ctx);

long soc_iommu_test_feature(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_sva_bind(struct soc_iommu_test_context *ctx, void *arg);
long soc_iommu_test_sva_unbind(struct soc_iommu_test_context *ctx, void *arg);
void soc_iommu_test_sva_release(struct soc_iommu_test_context *ctx);

#endif
