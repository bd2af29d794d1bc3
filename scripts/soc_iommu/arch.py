"""The architectures a guest can have: what builds for one, and what runs it.

SPDX-License-Identifier: GPL-2.0-or-later
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arch:
    cross: str              # prefix of the cross compiler's programs
    image: str              # the kernel's image, in its object directory
    target: str             # make's name for it
    qemu: str               # the emulator
    debian: str             # Debian's name for the architecture
    compiler: list[str]     # packages: for the kernel
    library: list[str]      # and for /init
    flags: tuple[str, ...] = ()  # of /init
    # On 32-bit ARM one driver's ARM_DMA_USE_IOMMU changes the verdict on every other: there are several kernels, which
    # guest-kernel-config/ARCH.kernels lists.
    kernel_per_iommu: bool = False
    page_sizes: bool = False     # there are page-SIZE fragments for it
    reference: bool = False      # QEMU's own IOMMUs are on its boards


ARCHES = {
    "arm64": Arch("aarch64-linux-gnu-", "arch/arm64/boot/Image", "Image", "qemu-system-aarch64", "arm64",
                  ["gcc-aarch64-linux-gnu"], ["g++-aarch64-linux-gnu", "libc6-dev-arm64-cross"],
                  page_sizes=True, reference=True),
    "arm": Arch("arm-linux-gnueabihf-", "arch/arm/boot/zImage", "zImage", "qemu-system-arm", "armhf",
                ["gcc-arm-linux-gnueabihf"], ["g++-arm-linux-gnueabihf", "libc6-dev-armhf-cross"],
                flags=("-D_FILE_OFFSET_BITS=64",), kernel_per_iommu=True),
}
