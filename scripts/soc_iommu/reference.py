"""IOMMUs that are QEMU's own: they validate the guest program, and are the baseline.

SPDX-License-Identifier: GPL-2.0-or-later
"""

# Neither serves a platform master: QEMU wires both to the PCI bus only.
COMMON = {"masters": ["pci"], "options": [], "counters": [], "arch": "arm64", "cpu": "max", "memory": "512M",
          "kernels": ["6.1", "6.12"], "config": "reference", "ours": False}


def iommus(make) -> list:
    return [
        make(name="qemu-smmuv3", summary="QEMU's own SMMUv3 (reference)", machine="virt,gic-version=3,iommu=smmuv3",
             driver="arm-smmu-v3", device=None, **COMMON),
        make(name="virtio-iommu", summary="QEMU's own virtio-iommu (reference)", machine="virt,gic-version=3",
             driver="virtio_iommu", device="virtio-iommu-pci", fixed="addr=5", **COMMON),
    ]
