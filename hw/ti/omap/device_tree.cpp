// The nodes of the MMU, as arch/arm/boot/dts' omap3.dtsi, omap4-l4.dtsi and dra7.dtsi have them.
// Documentation/devicetree/bindings/iommu/ti,omap-iommu.txt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "omap_iommu.hpp"

namespace soc::omap {

// No parent "ti,sysc" and no platform data here: then the driver asks for no clock, no reset and no power domain
// (omap_iommu_runtime_resume()).
DeviceTree OmapIommu::describe(const Placement &placement) const
{
    DeviceTree tree;
    DeviceTreeNode &mmu = tree.node("/" + unit_name("mmu", placement.regions[mmu_region]))
                              .strings("compatible", {variant_.compatible})
                              .reg({{placement.regions[mmu_region], window}})
                              .cells("interrupt-parent", {placement.interrupt_parent})
                              .cells("interrupts", placement.irqs[0])
                              .cells("#iommu-cells", {0})
                              .cells("phandle", {placement.self});
    if (tlb_entries_ != Tlb::most)
        mmu.cells("ti,#tlb-entries", {tlb_entries_});
    if (bus_error_back_)
        mmu.flag("ti,iommu-bus-err-back");
    if (variant_.dsp_system) {
        const uint32_t system = placement.new_phandle();
        tree.node("/" + unit_name("dsp_system", placement.regions[dsp_system_region]))
            .strings("compatible", {"syscon"})
            .reg({{placement.regions[dsp_system_region], window}})
            .cells("phandle", {system});
        mmu.cells("ti,syscon-mmuconfig", {system, 0});
    }
    return tree;
}

}  // namespace soc::omap
