// SPDX-License-Identifier: GPL-2.0-only
/*
 * Test module: gives user space the kernel's IOMMU API, and VFIO a reset handler
 * for soc-dma. For test kernels only; whoever opens the node can write anywhere.
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

static long context_open_master(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_open *call = arg;
	struct soc_iommu_test_master *master;

	if (ctx->master)
		return -EBUSY;
	if (strnlen(call->name, sizeof(call->name)) == sizeof(call->name))
		return -EINVAL;

	master = soc_iommu_test_master_get(call->bus, call->name);
	if (!master)
		return -ENODEV;

	ctx->group = iommu_group_get(master->dev);
	ctx->master = master;
	call->window_offset = 0;
	call->window_size = master->window_size;
	return 0;
}

struct call {
	unsigned int number;
	unsigned int size;
	bool needs_master;
	long (*run)(struct soc_iommu_test_context *ctx, void *arg);
};

static const struct call calls[] = {
	{ SOC_IOMMU_TEST_OPEN, sizeof(struct soc_iommu_test_open), false, context_open_master },
	{ SOC_IOMMU_TEST_DOMAIN_ALLOC, sizeof(struct soc_iommu_test_domain), true,
	  soc_iommu_test_domain_alloc },
	{ SOC_IOMMU_TEST_DOMAIN_FREE, sizeof(struct soc_iommu_test_id), true,
	  soc_iommu_test_domain_free },
	{ SOC_IOMMU_TEST_ATTACH, sizeof(struct soc_iommu_test_id), true, soc_iommu_test_attach },
	{ SOC_IOMMU_TEST_DETACH, sizeof(struct soc_iommu_test_id), true, soc_iommu_test_detach },
	{ SOC_IOMMU_TEST_DOMAIN_INFO, sizeof(struct soc_iommu_test_domain), true,
	  soc_iommu_test_domain_info },
	{ SOC_IOMMU_TEST_BUFFER_ALLOC, sizeof(struct soc_iommu_test_buffer), false,
	  soc_iommu_test_buffer_alloc },
	{ SOC_IOMMU_TEST_BUFFER_FREE, sizeof(struct soc_iommu_test_id), false,
	  soc_iommu_test_buffer_free },
	{ SOC_IOMMU_TEST_MAP, sizeof(struct soc_iommu_test_map), true, soc_iommu_test_map },
	{ SOC_IOMMU_TEST_UNMAP, sizeof(struct soc_iommu_test_unmap), true, soc_iommu_test_unmap },
	{ SOC_IOMMU_TEST_MAP_PHYSICAL, sizeof(struct soc_iommu_test_page), true,
	  soc_iommu_test_map_physical },
	{ SOC_IOMMU_TEST_IOVA_TO_PHYS, sizeof(struct soc_iommu_test_page), true,
	  soc_iommu_test_iova_to_phys },
#ifdef WITH_SVA
	{ SOC_IOMMU_TEST_FEATURE, sizeof(struct soc_iommu_test_feature), true,
	  soc_iommu_test_feature },
	{ SOC_IOMMU_TEST_SVA_BIND, sizeof(struct soc_iommu_test_sva), true,
	  soc_iommu_test_sva_bind },
	{ SOC_IOMMU_TEST_SVA_UNBIND, sizeof(struct soc_iommu_test_id), true,
	  soc_iommu_test_sva_unbind },
#endif
};

union argument {
	struct soc_iommu_test_open open;
	struct soc_iommu_test_domain domain;
	struct soc_iommu_test_id id;
	struct soc_iommu_test_buffer buffer;
	struct soc_iommu_test_map map;
	struct soc_iommu_test_unmap unmap;
	struct soc_iommu_test_page page;
	struct soc_iommu_test_feature feature;
	struct soc_iommu_test_sva sva;
};

static long context_ioctl(struct file *file, unsigned int number, unsigned long address)
{
	struct soc_iommu_test_context *ctx = file->private_data;
	void __user *user = (void __user *)address;
	const struct call *call = NULL;
	union argument arg = {};
	unsigned int i;
	u32 size;
	long ret;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (calls[i].number == number)
			call = &calls[i];
	if (!call)
		return -ENOTTY;

	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < sizeof(struct soc_iommu_test_id))
		return -EINVAL;
	ret = copy_struct_from_user(&arg, call->size, user, size);
	if (ret)
		return ret;

	mutex_lock(&ctx->lock);
	if (call->needs_master && !ctx->master)
		ret = -ENXIO;
	else
		ret = call->run(ctx, &arg);
	mutex_unlock(&ctx->lock);

	if (!ret && copy_to_user(user, &arg, min(size, call->size)))
		ret = -EFAULT;
	return ret;
}

/* Page 0 is the register window; above, the page is the number of a buffer, which begins there. */
static int context_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct soc_iommu_test_context *ctx = file->private_data;
	int ret;

	mutex_lock(&ctx->lock);
	if (vma->vm_pgoff) {
		ret = soc_iommu_test_buffer_mmap(ctx, vma->vm_pgoff, vma);
	} else if (!ctx->master) {
		ret = -ENXIO;
	} else {
		vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
		ret = vm_iomap_memory(vma, ctx->master->window, ctx->master->window_size);
	}
	mutex_unlock(&ctx->lock);
	return ret;
}

static int context_open(struct inode *inode, struct file *file)
{
	struct soc_iommu_test_context *ctx;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (!ctx)
		return -ENOMEM;

	mutex_init(&ctx->lock);
	/* From 1: a number of zero is always a mistake, and offset 0 is the window. */
	xa_init_flags(&ctx->domains, XA_FLAGS_ALLOC1);
	xa_init_flags(&ctx->buffers, XA_FLAGS_ALLOC1);
	file->private_data = ctx;
	return 0;
}

static int context_release(struct inode *inode, struct file *file)
{
	struct soc_iommu_test_context *ctx = file->private_data;

	soc_iommu_test_sva_release(ctx);
	soc_iommu_test_domains_release(ctx);
	soc_iommu_test_buffers_release(ctx);
	if (ctx->group)
		iommu_group_put(ctx->group);
	if (ctx->master)
		soc_iommu_test_master_put(ctx->master);
	kfree(ctx);
	return 0;
}

static const struct file_operations context_fops = {
	.owner = THIS_MODULE,
	.open = context_open,
	.release = context_release,
	.unlocked_ioctl = context_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = context_mmap,
};

static struct miscdevice context_node = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = SOC_IOMMU_TEST_NODE,
	.fops = &context_fops,
	.mode = 0600,
};

static int __init soc_iommu_test_init(void)
{
	int ret = soc_iommu_test_devices_init();

	if (ret)
		return ret;
	ret = misc_register(&context_node);
	if (ret)
		soc_iommu_test_devices_exit();
	return ret;
}

static void __exit soc_iommu_test_exit(void)
{
	misc_deregister(&context_node);
	soc_iommu_test_devices_exit();
}

module_init(soc_iommu_test_init);
module_exit(soc_iommu_test_exit);

MODULE_DESCRIPTION("IOMMU API for tests in user space");
MODULE_LICENSE("GPL");
