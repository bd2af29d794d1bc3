// The nodes of the PAMUs and the global utilities, and what the PCI host bridge says of its LIODN, as the SoCs' device
// trees have them: arch/powerpc/boot/dts/fsl/p4080si-post.dtsi, Documentation/devicetree/bindings/powerpc/fsl/pamu.txt
// and guts.yaml. On a board, U-Boot writes the LIODNs.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "fsl_pamu.hpp"

namespace soc::pamu {

DeviceTree FslPamu::describe(const Placement &placement) const
{
    DeviceTree tree;
    const uint64_t base = placement.regions[pamu_region], guts = placement.regions[guts_region];
    tree.node("/" + unit_name("global-utilities", guts))
        .strings("compatible", {"fsl,qoriq-device-config-1.0"})
        .reg({{guts, window}});
    tree.node("/" + unit_name("iommu", base))
        .strings("compatible", {"fsl,pamu-v1.0", "fsl,pamu"})
        .reg({{base, bank_.size()}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", placement.irqs[0])
        .cells("#iommu-cells", {1})
        .cells("phandle", {placement.self});
    if (!placement.pci_host.empty())
        tree.node(placement.pci_host)
            .cells("fsl,liodn", {options_.pci_liodn})
            .cells("fsl,iommu-parent", {placement.self});
    return tree;
}

}  // namespace soc::pamu
