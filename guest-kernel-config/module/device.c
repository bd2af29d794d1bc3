// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers for the masters, one a bus. They match nothing by themselves: a device
 * comes by driver_override. Binding has a use of its own even where no file is
 * opened: on device-tree machines the core looks for a device's IOMMU when its
 * first driver binds, so a device that never had one has no group.
 */
#include <linux/amba/bus.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "compat.h"
#include "internal.h"
#include "soc-iommu/soc-dma-regs.h"

#if IS_REACHABLE(CONFIG_VFIO_PLATFORM) || IS_REACHABLE(CONFIG_VFIO_PLATFORM_BASE)
#define WITH_VFIO_RESET
#include "vfio_platform_private.h"
#endif

static LIST_HEAD(masters);
static DEFINE_MUTEX(masters_lock);
static DECLARE_WAIT_QUEUE_HEAD(masters_idle);

struct soc_iommu_test_master *soc_iommu_test_master_get(u32 bus, const char *name)
{
	struct soc_iommu_test_master *master, *found = NULL;

	mutex_lock(&masters_lock);
	list_for_each_entry(master, &masters, link) {
		if (master->bus == bus && !strcmp(dev_name(master->dev), name)) {
			master->users++;
			found = master;
			break;
		}
	}
	mutex_unlock(&masters_lock);
	return found;
}

void soc_iommu_test_master_put(struct soc_iommu_test_master *master)
{
	mutex_lock(&masters_lock);
	if (!--master->users)
		wake_up_all(&masters_idle);
	mutex_unlock(&masters_lock);
}

static int master_add(struct device *dev, u32 bus, resource_size_t window, resource_size_t size)
{
	struct soc_iommu_test_master *master;

	master = kzalloc(sizeof(*master), GFP_KERNEL);
	if (!master)
		return -ENOMEM;

	master->dev = dev;
	master->bus = bus;
	master->window = window;
	master->window_size = size;
	dev_set_drvdata(dev, master);

	mutex_lock(&masters_lock);
	list_add(&master->link, &masters);
	mutex_unlock(&masters_lock);
	return 0;
}

/* As VFIO does, an unbind waits until the device is closed. */
static void master_remove(struct device *dev)
{
	struct soc_iommu_test_master *master = dev_get_drvdata(dev);

	mutex_lock(&masters_lock);
	list_del(&master->link);
	while (master->users) {
		mutex_unlock(&masters_lock);
		wait_event(masters_idle, !READ_ONCE(master->users));
		mutex_lock(&masters_lock);
	}
	mutex_unlock(&masters_lock);
	kfree(master);
}

#ifdef CONFIG_PCI
static int pci_master_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	int ret;

	if (!device_iommu_mapped(&pdev->dev))
		return -ENODEV;

	ret = pci_enable_device_mem(pdev);
	if (ret)
		return ret;
	pci_set_master(pdev);

	ret = master_add(&pdev->dev, SOC_IOMMU_TEST_BUS_PCI, pci_resource_start(pdev, 0),
			 pci_resource_len(pdev, 0));
	if (ret) {
		pci_clear_master(pdev);
		pci_disable_device(pdev);
	}
	return ret;
}

static void pci_master_remove(struct pci_dev *pdev)
{
	master_remove(&pdev->dev);
	pci_clear_master(pdev);
	pci_disable_device(pdev);
}

/* The core wants a table; PCI_ANY_ID with an override-only flag is VFIO's, so this one is empty. */
static const struct pci_device_id pci_master_ids[] = { {} };

static struct pci_driver pci_master_driver = {
	.name = SOC_IOMMU_TEST_DRIVER,
	.id_table = pci_master_ids,
	.probe = pci_master_probe,
	.remove = pci_master_remove,
};
#endif

static int platform_master_probe(struct platform_device *pdev)
{
	struct resource *res;
	int ret;

	if (!device_iommu_mapped(&pdev->dev))
		return -ENODEV;

	res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	if (!res)
		return -ENXIO;
	pm_runtime_enable(&pdev->dev);
	ret = master_add(&pdev->dev, SOC_IOMMU_TEST_BUS_PLATFORM, res->start, resource_size(res));
	if (ret)
		pm_runtime_disable(&pdev->dev);
	return ret;
}

#ifdef PLATFORM_REMOVE_RETURNS_INT
static int platform_master_remove(struct platform_device *pdev)
{
	master_remove(&pdev->dev);
	pm_runtime_disable(&pdev->dev);
	return 0;
}
#else
static void platform_master_remove(struct platform_device *pdev)
{
	master_remove(&pdev->dev);
	pm_runtime_disable(&pdev->dev);
}
#endif

static struct platform_driver platform_master_driver = {
	.driver.name = SOC_IOMMU_TEST_DRIVER,
	.probe = platform_master_probe,
	.remove = platform_master_remove,
};

#ifdef CONFIG_ARM_AMBA
/* For the group of an AMBA master (pl330); nothing opens it. */
static int amba_master_probe(struct amba_device *adev, const struct amba_id *id)
{
	return device_iommu_mapped(&adev->dev) ? 0 : -ENODEV;
}

static void amba_master_remove(struct amba_device *adev)
{
}

static const struct amba_id amba_master_ids[] = { { 0, 0 } };

static struct amba_driver amba_master_driver = {
	.drv.name = SOC_IOMMU_TEST_DRIVER,
	.id_table = amba_master_ids,
	.probe = amba_master_probe,
	.remove = amba_master_remove,
};
#endif

#ifdef WITH_VFIO_RESET
/*
 * soc-dma has no reset of its own. A transfer ends within its doorbell or is held
 * by the IOMMU, so what is left is to forget what the last user wrote.
 */
static int soc_dma_reset(struct vfio_platform_device *vdev)
{
	static const u32 registers[] = {
		SOC_DMA_PORT, SOC_DMA_SUBSTREAM, SOC_DMA_ATTR, SOC_DMA_ADDR_LO,
		SOC_DMA_ADDR_HI, SOC_DMA_LENGTH, SOC_DMA_BUFFER_OFFSET,
	};
	struct vfio_platform_region *region = &vdev->regions[0];
	unsigned int i;

	if (!region->ioaddr) {
		region->ioaddr = ioremap(region->addr, region->size);
		if (!region->ioaddr)
			return -ENOMEM;
	}

	for (i = 0; i < ARRAY_SIZE(registers); i++)
		writel(0, region->ioaddr + registers[i]);
	for (i = 0; i < SOC_DMA_BUFFER_SIZE; i += 4)
		writel(0, region->ioaddr + SOC_DMA_BUFFER + i);
	return 0;
}

MODULE_ALIAS("vfio-reset:" SOC_DMA_COMPATIBLE);

static void reset_register(void)
{
	vfio_platform_register_reset(SOC_DMA_COMPATIBLE, soc_dma_reset);
}

static void reset_unregister(void)
{
	vfio_platform_unregister_reset(SOC_DMA_COMPATIBLE, soc_dma_reset);
}
#else
static void reset_register(void)
{
}

static void reset_unregister(void)
{
}
#endif

int soc_iommu_test_devices_init(void)
{
	int ret;

	ret = platform_driver_register(&platform_master_driver);
	if (ret)
		return ret;
#ifdef CONFIG_PCI
	ret = pci_register_driver(&pci_master_driver);
	if (ret)
		goto platform;
#endif
#ifdef CONFIG_ARM_AMBA
	ret = amba_driver_register(&amba_master_driver);
	if (ret)
		goto pci;
#endif
	reset_register();
	return 0;

#ifdef CONFIG_ARM_AMBA
pci:
#endif
#ifdef CONFIG_PCI
	pci_unregister_driver(&pci_master_driver);
platform:
#endif
	platform_driver_unregister(&platform_master_driver);
	return ret;
}

void soc_iommu_test_devices_exit(void)
{
	reset_unregister();
#ifdef CONFIG_ARM_AMBA
	amba_driver_unregister(&amba_master_driver);
#endif
#ifdef CONFIG_PCI
	pci_unregister_driver(&pci_master_driver);
#endif
	platform_driver_unregister(&platform_master_driver);
}
