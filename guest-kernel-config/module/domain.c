// SPDX-License-Identifier: GPL-2.0-only
/* Domains: allocate, attach as a kernel driver does for its own device, map, unmap, detach, free. */
#ifdef CONFIG_ARM_DMA_USE_IOMMU
#include <asm/dma-iommu.h>
#endif
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

static void detach(struct soc_iommu_test_context *ctx)
{
	if (ctx->attached) {
		pm_runtime_put(ctx->master->dev);
		if (ctx->attached != ctx->current_domain)
			iommu_detach_group(ctx->attached, ctx->group);
		ctx->attached = NULL;
	}
}

/*
 * 32-bit ARM gives the DMA API a domain that is not the group's default one, and which has to go before another comes:
 * so do the drivers of displays there (tegra-drm's host1x_client_iommu_attach(), rockchip_drm_dma_attach_device()).
 */
static void leave_dma_api(struct device *dev)
{
#ifdef CONFIG_ARM_DMA_USE_IOMMU
	if (to_dma_iommu_mapping(dev))
		arm_iommu_detach_device(dev);
#endif
}

static void describe(struct iommu_domain *domain, struct soc_iommu_test_domain *call)
{
	call->aperture_start = domain->geometry.aperture_start;
	call->aperture_end = domain->geometry.aperture_end;
	call->force_aperture = domain->geometry.force_aperture;
	call->page_sizes = domain->pgsize_bitmap;
}

static void domain_free(struct soc_iommu_test_context *ctx, struct iommu_domain *domain)
{
	if (domain != ctx->current_domain)
		iommu_domain_free(domain);
}

long soc_iommu_test_domain_alloc(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_domain *call = arg;
	struct iommu_domain *domain;
	int ret;

	if (!ctx->group)
		return -ENODEV;

	switch (call->type) {
	case SOC_IOMMU_TEST_DOMAIN_PAGING:
		domain = iommu_paging_domain_alloc(ctx->master->dev);
		break;
	case SOC_IOMMU_TEST_DOMAIN_CURRENT:
		domain = iommu_get_domain_for_dev(ctx->master->dev);
		/* iommu_map() refuses an identity or platform domain. */
		if (!domain || !(domain->type & __IOMMU_DOMAIN_PAGING))
			domain = ERR_PTR(-ENODEV);
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (IS_ERR(domain))
		return PTR_ERR(domain);
	if (call->type == SOC_IOMMU_TEST_DOMAIN_CURRENT)
		ctx->current_domain = domain;

	ret = xa_alloc(&ctx->domains, &call->domain, domain, xa_limit_31b, GFP_KERNEL);
	if (ret) {
		domain_free(ctx, domain);
		return ret;
	}

	describe(domain, call);
	return 0;
}

long soc_iommu_test_domain_info(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_domain *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->domain);

	if (!domain)
		return -ENOENT;
	describe(domain, call);
	return 0;
}

long soc_iommu_test_domain_free(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_id *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->id);

	if (!domain)
		return -ENOENT;
	if (domain == ctx->attached)
		return -EBUSY;
	xa_erase(&ctx->domains, call->id);
	domain_free(ctx, domain);
	return 0;
}

long soc_iommu_test_attach(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_id *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->id);
	int ret;

	if (!domain)
		return -ENOENT;
	if (ctx->attached)
		return -EBUSY;

	if (domain != ctx->current_domain) {
		leave_dma_api(ctx->master->dev);
		ret = iommu_attach_group(domain, ctx->group);
		if (ret)
			return ret;
	}
	/* A device in use has power, and so have those it is linked to: MediaTek's SMI sets up its ports then. */
	ret = pm_runtime_resume_and_get(ctx->master->dev);
	if (ret) {
		if (domain != ctx->current_domain)
			iommu_detach_group(domain, ctx->group);
		return ret;
	}
	ctx->attached = domain;
	return 0;
}

long soc_iommu_test_detach(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_id *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->id);

	if (!domain)
		return -ENOENT;
	if (domain != ctx->attached)
		return -EINVAL;
	detach(ctx);
	return 0;
}

static int prot_flags(u32 prot)
{
	static const struct {
		u32 ours;
		int kernel;
	} flags[] = {
		{ SOC_IOMMU_TEST_PROT_READ, IOMMU_READ },
		{ SOC_IOMMU_TEST_PROT_WRITE, IOMMU_WRITE },
		{ SOC_IOMMU_TEST_PROT_CACHE, IOMMU_CACHE },
		{ SOC_IOMMU_TEST_PROT_NOEXEC, IOMMU_NOEXEC },
		{ SOC_IOMMU_TEST_PROT_MMIO, IOMMU_MMIO },
		{ SOC_IOMMU_TEST_PROT_PRIV, IOMMU_PRIV },
	};
	unsigned int i;
	int kernel = 0;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (prot & flags[i].ours)
			kernel |= flags[i].kernel;
		prot &= ~flags[i].ours;
	}
	return prot ? -EINVAL : kernel;
}

long soc_iommu_test_map(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_map *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->domain);
	int prot = prot_flags(call->prot);
	phys_addr_t physical;
	int ret;

	if (!domain)
		return -ENOENT;
	if (prot < 0)
		return prot;
	if (call->iova != (unsigned long)call->iova || call->length != (size_t)call->length)
		return -EOVERFLOW;

	ret = soc_iommu_test_buffer_span(ctx, call->buffer, call->offset, call->length, &physical);
	if (ret)
		return ret;
	return iommu_map(domain, call->iova, physical, call->length, prot, GFP_KERNEL);
}

long soc_iommu_test_unmap(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_unmap *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->domain);

	if (!domain)
		return -ENOENT;
	if (call->iova != (unsigned long)call->iova || call->length != (size_t)call->length)
		return -EOVERFLOW;
	call->unmapped = iommu_unmap(domain, call->iova, call->length);
	return 0;
}

long soc_iommu_test_map_physical(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_page *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->domain);

	if (!domain)
		return -ENOENT;
	if (call->iova != (unsigned long)call->iova ||
	    call->physical != (phys_addr_t)call->physical)
		return -EOVERFLOW;
	return iommu_map(domain, call->iova, call->physical, PAGE_SIZE, IOMMU_READ, GFP_KERNEL);
}

long soc_iommu_test_iova_to_phys(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_page *call = arg;
	struct iommu_domain *domain = xa_load(&ctx->domains, call->domain);

	if (!domain)
		return -ENOENT;
	if (call->iova != (unsigned long)call->iova)
		return -EOVERFLOW;
	call->physical = iommu_iova_to_phys(domain, call->iova);
	return 0;
}

void soc_iommu_test_domains_release(struct soc_iommu_test_context *ctx)
{
	struct iommu_domain *domain;
	unsigned long id;

	detach(ctx);
	xa_for_each(&ctx->domains, id, domain)
		domain_free(ctx, domain);
	xa_destroy(&ctx->domains);
}
