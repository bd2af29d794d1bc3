// The nodes of the M4U, smi-common and the larbs, as arch/arm/boot/dts/mt2701.dtsi and mt7623n.dtsi have them.
// Documentation/devicetree/bindings/iommu/mediatek,iommu.yaml, memory-controllers/mediatek,smi-common.yaml and
// mediatek,smi-larb.yaml.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "mtk_m4u_v1.hpp"

namespace soc::m4u_v1 {

namespace {

// mt7623's blocks are mt2701's, and say so by a second compatible.
std::vector<std::string> compatible(const std::string &soc, const std::string &block)
{
    std::vector<std::string> list{"mediatek," + soc + "-" + block};
    if (soc != "mt2701")
        list.push_back("mediatek,mt2701-" + block);
    return list;
}

}  // namespace

DeviceTree MtkM4uV1::describe(const Placement &placement) const
{
    DeviceTree tree;
    const uint64_t base = placement.regions[m4u_region];
    // One clock that never changes for all that the SoC's clock controllers drive.
    const uint32_t clock = placement.new_phandle(), common = placement.new_phandle();
    add_fixed_clock(tree, unit_name("m4u-clock", base), clock, 26000000);
    tree.node("/" + unit_name("smi", placement.regions[common_region]))
        .strings("compatible", compatible(soc_, "smi-common"))
        .reg({{placement.regions[common_region], smi::Smi::window}})
        .cells("clocks", {clock, clock, clock})
        .strings("clock-names", {"apb", "smi", "async"})
        .cells("phandle", {common});
    std::vector<uint32_t> larbs;
    for (unsigned larb = 0; larb < smi::larbs.size(); ++larb) {
        const uint64_t at = placement.regions[first_larb_region + larb];
        larbs.push_back(placement.new_phandle());
        tree.node("/" + unit_name("larb", at))
            .strings("compatible", compatible(soc_, "smi-larb"))
            .reg({{at, smi::Smi::window}})
            .cells("mediatek,smi", {common})
            .cells("mediatek,larb-id", {larb})
            .cells("clocks", {clock, clock})
            .strings("clock-names", {"apb", "smi"})
            .cells("phandle", {larbs.back()});
    }
    tree.node("/" + unit_name("iommu", base))
        .strings("compatible", compatible(soc_, "m4u"))
        .reg({{base, window}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", placement.irqs[0])
        .cells("clocks", {clock})
        .strings("clock-names", {"bclk"})
        .cells("mediatek,larbs", larbs)
        .cells("#iommu-cells", {1})
        .cells("phandle", {placement.self});
    return tree;
}

}  // namespace soc::m4u_v1
