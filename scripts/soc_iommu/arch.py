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
    package: str            # and what it is in, in Debian 12 and 13
    debian: str             # Debian's name for the architecture; "" where Debian has none of its programs
    compiler: list[str]     # packages: for the kernel
    library: list[str]      # and for /init
    console: str            # the board's first serial line, as Linux calls it
    flags: tuple[str, ...] = ()  # of /init
    # An IOMMU that guest-kernel-config/ARCH.kernels does not list has a kernel for itself: one driver's configuration
    # may change the verdict on every other.
    kernel_per_iommu: bool = False
    page_sizes: bool = False     # there are page-SIZE fragments for it
    pci_masters: bool = False    # masters of its IOMMUs can be PCI functions
    reference: bool = False      # QEMU's own IOMMUs are on its boards
    cannot_load: str = ""        # why a machine that was saved does not go on; "" where it does


ARCHES = {
    "arm64": Arch("aarch64-linux-gnu-", "arch/arm64/boot/Image", "Image", "qemu-system-aarch64",
                  "qemu-system-arm", "arm64", ["gcc-aarch64-linux-gnu"],
                  ["g++-aarch64-linux-gnu", "libc6-dev-arm64-cross"], "ttyAMA0",
                  page_sizes=True, pci_masters=True, reference=True),
    "arm": Arch("arm-linux-gnueabihf-", "arch/arm/boot/zImage", "zImage", "qemu-system-arm", "qemu-system-arm",
                "armhf", ["gcc-arm-linux-gnueabihf"], ["g++-arm-linux-gnueabihf", "libc6-dev-armhf-cross"], "ttyAMA0",
                flags=("-D_FILE_OFFSET_BITS=64",), kernel_per_iommu=True),
    # 32-bit and big-endian, of which Debian has the cross compiler and nothing else.
    "powerpc": Arch("powerpc-linux-gnu-", "vmlinux", "vmlinux", "qemu-system-ppc64", "qemu-system-ppc",
                    "", ["gcc-powerpc-linux-gnu"], ["g++-powerpc-linux-gnu", "libc6-dev-powerpc-cross"], "ttyS0",
                    flags=("-D_FILE_OFFSET_BITS=64",), pci_masters=True,
                    cannot_load="QEMU's ppce500 comes back without its CPU's exception vectors and its PCI windows"),
}
