"""The claims of the kernel discussion of January 2023, and which cells of the matrix show what there is to them.

A claim is data: its words, and the cells that bear on it, each with a predicate over the cell: it bears the claim out
(True), it speaks against it (False), or it cannot tell (None). claimspage.py prints what was measured.

SPDX-License-Identifier: GPL-2.0-or-later
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from cellfile import detail, fact
from verdict import BROKEN, REFUSED, WORKS

SERIES = ("6.1", "6.12")
PATCH = "[PATCH 1/4] iommu: Add a broken_unmanaged_domain flag in iommu_ops"
DATE = "27 January 2023"
CHEN = "Nicolin Chen and Jason Gunthorpe, in the patch"
MURPHY = "Robin Murphy, in his answer"
MODELS = ["apple-dart", "mtk-m4u-v1", "tegra-gart", "tegra-smmu", "msm-iommu", "omap-iommu", "sprd-iommu", "fsl-pamu"]
# In which a group's domain lets dma-iommu.c do the work.
DMA_TYPES = ["DMA", "DMA-FQ", "dma", "dma-fq"]

Predicate = Callable[[dict], bool | None]


@dataclass
class Evidence:
    """Cells of one IOMMU, by the parts of their names, which may be globs. `flavour` follows the kernel's version."""

    iommu: str
    api: str
    bears: Predicate
    facts: list[tuple[str, str]] = field(default_factory=list)  # (step, key) of what is quoted beside the outcome
    options: str = "default"
    page: str = "4k"
    flavour: str = ""
    cap: str = "cap"
    gates: str = "stock"
    series: tuple[str, ...] = SERIES  # of kernels that can have such a cell

    def glob(self, series: str) -> str:
        kernel = series + self.flavour
        return "/".join([self.iommu, self.options, kernel, self.page, "*", self.cap, self.gates, self.api])


@dataclass
class Claim:
    text: str
    source: str
    evidence: list[Evidence]
    opinion: str = ""  # why no measurement decides it


def works(cell: dict) -> bool:
    return cell["verdict"] == WORKS


def refused(cell: dict) -> bool:
    return cell["verdict"] == REFUSED


def after_probe(predicate: Predicate) -> Predicate:
    """A device that got no group says nothing about what comes later."""
    return lambda cell: None if cell.get("at") == "probe" else predicate(cell)


def cannot_tell(cell: dict) -> None:
    return None


def fails_safe(cell: dict) -> bool | None:
    """Whether it is refused: the kernel stayed whole, and no device got in."""
    return {REFUSED: True, BROKEN: False, WORKS: None}.get(cell["verdict"])


def whole_4g(cell: dict) -> bool | None:
    """Every address of the 4 GiB was mapped, and the domain names no aperture."""
    if not works(cell):
        return None
    return fact(cell, "unmap", "bytes") == str(4 << 30) and "(not forced)" in detail(cell, "attach")


def tiny(cell: dict) -> bool | None:
    """Everything that the domain can map was mapped, and it is far less than 4 GiB."""
    size = fact(cell, "unmap", "bytes")
    return int(size) <= 1 << 28 if size.isdigit() else None


def not_isolated(cell: dict) -> bool | None:
    """A device reached memory outside the aperture."""
    for step in cell.get("steps", []):
        if step["step"] == "isolation":
            return step["result"] != "ok" and "(outside)" in (step.get("detail") or "")
    return None


def no_dma_domain(cell: dict) -> bool | None:
    kind = fact(cell, "probe", "type")
    return kind not in DMA_TYPES if kind else None


def learned_to_unmap(cell: dict) -> bool | None:
    """The older kernel does not unmap what it says, and the newer one does."""
    for step in cell.get("steps", []):
        if step["step"] == "unmap":
            return (step["result"] == "ok") == cell["kernel"].startswith(SERIES[-1])
    return None


def breaks(cell: dict) -> bool | None:
    """That a domain breaks shows that nobody had tested it; that it works shows nothing."""
    return True if cell["verdict"] == BROKEN else None


# Functions behind fsl-pamu have a group only where they are found again.
FOUND = "rescan=on"


def of_a_group(name: str) -> str:
    return FOUND if name == "fsl-pamu" else "default"


PROBE, ATTACH, SPACE = ("probe", "type"), ("attach", "aperture"), ("map", "space")
MAPPED = [ATTACH, SPACE, ("unmap", "bytes")]

CLAIMS = [
    Claim("fsl_pamu has no map and unmap, so it has no unmanaged domain at all", CHEN,
          [Evidence("fsl-pamu", "direct", after_probe(lambda cell: not works(cell)), [ATTACH], options=FOUND),
           Evidence("fsl-pamu", "iommufd", after_probe(lambda cell: not works(cell)), options=FOUND, cap="nocap",
                    gates="stock+unsafe", series=("6.12",)),  # 6.1 has no iommufd
           Evidence("fsl-pamu", "direct", cannot_tell, [PROBE])]),
    Claim("mtk_iommu_v1 maps exactly 4 GiB with its fixed 4 MiB table and does not set the aperture", CHEN,
          [Evidence("mtk-m4u-v1", "aperture", whole_4g, MAPPED),
           Evidence("mtk-m4u-v1", "direct", cannot_tell, [ATTACH])]),
    Claim("ARM's DMA operations assume that every IOMMU has a 32-bit address space, and do not check", MURPHY,
          [Evidence("tegra-gart", "dma", after_probe(lambda cell: not works(cell)), [PROBE], flavour="-arm-dma"),
           Evidence("tegra-gart", "dma", cannot_tell, [PROBE]),
           Evidence("mtk-m4u-v1", "dma", cannot_tell, [PROBE])]),
    Claim("tegra-gart's attach, detach and groups are a fiction that satisfies the API; its domain is tiny, and not "
          "isolated from the addresses outside the aperture; yet map and unmap work",
          f"The fiction: {CHEN}; the rest: {MURPHY}",
          [Evidence("tegra-gart", "vfio", refused, [PROBE], gates="cache-coherency+unsafe"),
           Evidence("tegra-gart", "aperture", lambda cell: works(cell) and tiny(cell), MAPPED),
           Evidence("tegra-gart", "direct", not_isolated, [ATTACH])]),
    Claim("these drivers have no DMA domains, so their unmanaged domains are largely untested", CHEN,
          [item for name in ("fsl-pamu", "mtk-m4u-v1", "tegra-gart", "msm-iommu", "omap-iommu", "tegra-smmu")
           for item in (Evidence(name, "dma", no_dma_domain, [PROBE], options=of_a_group(name)),
                        Evidence(name, "direct", breaks, options=of_a_group(name)))]),
    Claim("msm, omap and tegra-smmu are untested with VFIO and iommufd, but work for their in-tree users",
          f"Untested: {CHEN}; work: {MURPHY}",
          [item for name in ("msm-iommu", "omap-iommu", "tegra-smmu")
           for item in (Evidence(name, "direct", after_probe(works)), Evidence(name, "vfio", cannot_tell),
                        Evidence(name, "iommufd", cannot_tell))]),
    Claim("apple-dart is broken under some conditions, but fails safe: it refuses to attach anything", MURPHY,
          [Evidence("apple-dart", "direct", works, [PROBE]),
           Evidence("apple-dart", "direct", fails_safe, [PROBE], options="page-size=16k*"),
           Evidence("apple-dart", "dma", cannot_tell, [PROBE], options="page-size=16k*"),
           *(Evidence("apple-dart", api, fails_safe, options="page-size=16k*", cap="nocap", gates="cache-coherency")
             for api in ("vfio", "compat", "iommufd"))]),
    Claim("sprd has a small domain, and only recently learned to unmap", MURPHY,
          [Evidence("sprd-iommu", "aperture", lambda cell: tiny(cell) if works(cell) else None, MAPPED),
           Evidence("sprd-iommu", "direct", learned_to_unmap, [ATTACH, ("unmap", "bytes")])]),
    Claim("no SoC IOMMU of these is of interest to VFIO", MURPHY,
          [Evidence(name, api, cannot_tell, gates="stock*") for name in MODELS for api in ("vfio", "iommufd")],
          "Interest cannot be measured. The cells say what a stock kernel does when VFIO and iommufd are tried."),
]
