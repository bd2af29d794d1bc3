// SPDX-License-Identifier: GPL-2.0-only
/* Shared virtual addressing: the address space of a process, for a device's substream. */
#include <linux/sched.h>

#include "compat.h"
#include "internal.h"

#ifdef WITH_SVA

static const enum iommu_dev_features features[] = {
	[SOC_IOMMU_TEST_FEATURE_IOPF] = IOMMU_DEV_FEAT_IOPF,
	[SOC_IOMMU_TEST_FEATURE_SVA] = IOMMU_DEV_FEAT_SVA,
};

long soc_iommu_test_feature(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_feature *call = arg;
	struct device *dev = ctx->master->dev;
	int ret;

	if (call->feature >= ARRAY_SIZE(features) || call->enable > 1 || call->reserved)
		return -EINVAL;

	if (call->enable)
		ret = iommu_dev_enable_feature(dev, features[call->feature]);
	else
		ret = iommu_dev_disable_feature(dev, features[call->feature]);
	if (ret)
		return ret;

	if (call->enable)
		ctx->features |= BIT(call->feature);
	else
		ctx->features &= ~BIT(call->feature);
	return 0;
}

long soc_iommu_test_sva_bind(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_sva *call = arg;
	struct iommu_sva *sva;

	if (ctx->sva)
		return -EBUSY;

	/* A process that makes a call has an address space: no reference is needed for the binding. */
	sva = iommu_sva_bind_device(ctx->master->dev, current->mm);
	if (IS_ERR(sva))
		return PTR_ERR(sva);

	ctx->sva = sva;
	call->pasid = iommu_sva_get_pasid(sva);
	return 0;
}

static void unbind(struct soc_iommu_test_context *ctx)
{
	if (ctx->sva)
		iommu_sva_unbind_device(ctx->sva);
	ctx->sva = NULL;
}

long soc_iommu_test_sva_unbind(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_id *call = arg;

	if (!ctx->sva || iommu_sva_get_pasid(ctx->sva) != call->id)
		return -ENOENT;
	unbind(ctx);
	return 0;
}

void soc_iommu_test_sva_release(struct soc_iommu_test_context *ctx)
{
	int i;

	unbind(ctx);
	for (i = ARRAY_SIZE(features) - 1; i >= 0; i--)
		if (ctx->features & BIT(i))
			iommu_dev_disable_feature(ctx->master->dev, features[i]);
	ctx->features = 0;
}

#else

void soc_iommu_test_sva_release(struct soc_iommu_test_context *ctx)
{
}

#endif
