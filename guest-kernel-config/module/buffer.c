// SPDX-License-Identifier: GPL-2.0-only
/* Memory that a test maps for a device and for itself. */
#include <linux/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

struct buffer {
	struct page *pages;
	unsigned int order;
	size_t length;
};

static void buffer_release(struct buffer *buffer)
{
	unsigned long i;

	/* Page by page: whoever still has one mapped keeps it. */
	for (i = 0; i < 1ul << buffer->order; i++)
		__free_page(buffer->pages + i);
	kfree(buffer);
}

long soc_iommu_test_buffer_alloc(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_buffer *call = arg;
	struct buffer *buffer;
	int ret;

	if (!call->length || call->length > PAGE_SIZE << MAX_PAGE_ORDER)
		return -EINVAL;

	buffer = kzalloc(sizeof(*buffer), GFP_KERNEL);
	if (!buffer)
		return -ENOMEM;

	buffer->length = PAGE_ALIGN(call->length);
	buffer->order = get_order(buffer->length);
	buffer->pages = alloc_pages(GFP_KERNEL | __GFP_ZERO, buffer->order);
	if (!buffer->pages) {
		kfree(buffer);
		return -ENOMEM;
	}
	/* vm_insert_page() takes single pages. */
	split_page(buffer->pages, buffer->order);

	ret = xa_alloc(&ctx->buffers, &call->buffer, buffer, XA_LIMIT(1, 4095), GFP_KERNEL);
	if (ret) {
		buffer_release(buffer);
		return ret;
	}

	call->length = buffer->length;
	call->physical = page_to_phys(buffer->pages);
	call->offset = (u64)call->buffer << PAGE_SHIFT;
	return 0;
}

long soc_iommu_test_buffer_free(struct soc_iommu_test_context *ctx, void *arg)
{
	struct soc_iommu_test_id *call = arg;
	struct buffer *buffer = xa_erase(&ctx->buffers, call->id);

	if (!buffer)
		return -ENOENT;
	buffer_release(buffer);
	return 0;
}

int soc_iommu_test_buffer_span(struct soc_iommu_test_context *ctx, u32 id, u64 offset, u64 length,
			       phys_addr_t *physical)
{
	struct buffer *buffer = xa_load(&ctx->buffers, id);

	if (!buffer)
		return -ENOENT;
	if (offset > buffer->length || length > buffer->length - offset)
		return -EINVAL;
	*physical = page_to_phys(buffer->pages) + offset;
	return 0;
}

int soc_iommu_test_buffer_mmap(struct soc_iommu_test_context *ctx, u32 id,
			       struct vm_area_struct *vma)
{
	struct buffer *buffer = xa_load(&ctx->buffers, id);
	unsigned long pages = vma_pages(vma);
	unsigned long i;
	int ret = 0;

	if (!buffer)
		return -ENOENT;
	if (pages > buffer->length >> PAGE_SHIFT)
		return -EINVAL;

	for (i = 0; i < pages && !ret; i++)
		ret = vm_insert_page(vma, vma->vm_start + (i << PAGE_SHIFT), buffer->pages + i);
	return ret;
}

void soc_iommu_test_buffers_release(struct soc_iommu_test_context *ctx)
{
	struct buffer *buffer;
	unsigned long id;

	xa_for_each(&ctx->buffers, id, buffer)
		buffer_release(buffer);
	xa_destroy(&ctx->buffers);
}
