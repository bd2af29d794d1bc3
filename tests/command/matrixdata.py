"""A small matrix for the tests of the reports, with what guests may do to it.

SPDX-License-Identifier: GPL-2.0-or-later
"""

# A guest can print anything.
NASTY = ("</pre></script><script>document.title='owned'</script><img src=x onerror=alert(1)>&amp;"
         "\x00\x07\x1b[31m]]>\udcff")


def step(name, result="ok", errno=None, session=1, detail="bytes=16384"):
    return {"session": session, "step": name, "result": result, "errno": errno, "detail": detail}


def cell(name, verdict="works", at=None, errno=None, **more):
    """An entry by its cell's name; a later session in which all is well, the first as the verdict says."""
    iommu, _, kernel, page, master, series, gates, api = name.split("/")
    steps = [step("probe"), *([step(at, "fail", errno, detail="said no")] if at else [step("bind"), step("dma"),
             step("bind", session=2), step("dma", session=2)])]
    lifted = [gate for gate in gates.split("+") if gate not in ("stock", "unsafe")]
    log = f"[    0.000000] Booting Linux for {name}\r\n[    0.100000] # soc-iommu begin {api} 1 probe\r\n"
    return {"cell": name, "iommu": iommu, "options": {"variant": "t8103"}, "qemu": "7.2.22",
            "kernel": {"6.1": "6.1.170", "6.12": "6.12.117"}[kernel], "page_size": int(page[:-1]) * 1024,
            "cap_patch": series == "cap", "lifted": lifted, "unsafe_interrupts": "unsafe" in gates, "master": master,
            "api": api, "verdict": verdict, "at": at, "errno": errno, "steps": steps, "kernel_warnings": [],
            "seconds": 1.25, "log": "logs/serial.log", "console": log,
            "qemu_args": f"qemu-system-aarch64 -append 'soc_iommu.api={api} quiet'", "reason": ""} | more


def expect(verdict, at=None, errno=None, reason="", kernel_match=True):
    return {"verdict": verdict, "at": at, "errno": errno, "reason": reason, "kernel_match": kernel_match}


DART = "apple-dart/default/6.12/4k/pci/cap/stock"
GART = "tegra-gart/default/6.1/4k/platform/cap/stock"
WHY = "drivers/vfio/vfio_main.c, vfio_register_group_dev()"


def plain():
    """As attach writes it: nothing is expected."""
    return [cell(f"{DART}/dma"), cell(f"{DART}/vfio", "refused", "bind", "EINVAL", reason="session 1: said no"),
            cell(f"{GART}/direct", "broken", "isolation", kernel_warnings=["WARNING: CPU: 0 at mm/gup.c:1"]),
            cell(f"{GART}/iommufd", "unsupported", steps=[], reason="no /dev/iommu"),
            cell(f"{GART}/dma", "error", steps=[], reason="QEMU ended with status -9", console=NASTY)]


def expected():
    """With an expectation of each cell, and differences both ways."""
    return [cell(f"{DART}/dma", expected=expect("works"), differs=False),
            cell(f"{DART}/vfio", "refused", "bind", "EINVAL", expected=expect("refused", "bind", "EINVAL", WHY),
                 differs=False),
            cell(f"{DART}/compat", expected=expect("refused", "bind", "EINVAL", WHY, kernel_match=False), differs=True),
            cell(f"{GART}/vfio", "refused", "bind", "EPERM", expected=expect("refused", "bind", "EINVAL"),
                 differs=True),
            cell(f"{GART}/direct", expected=None, differs=True),
            cell(f"{GART}/iommufd", "unsupported", steps=[], reason="no /dev/iommu", expected=expect("unsupported"),
                 differs=False),
            cell(f"{GART}/compat", "unsupported", steps=[], expected=expect("works"), differs=True),
            cell(f"{GART}/dma", "error", steps=[], reason="no record", expected=expect("works"), differs=True)]
