// The node, as arch/arm/boot/dts/qcom/qcom-apq8064.dtsi has it: Documentation/devicetree/bindings/iommu/
// qcom,apq8064-iommu.yaml.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "msm_iommu.hpp"

namespace soc::msm {

DeviceTree MsmIommu::describe(const Placement &placement) const
{
    DeviceTree tree;
    const uint64_t base = placement.regions[0];
    // One clock that never changes for the SoC's two: of the registers' bus, and of the masters'.
    const uint32_t clock = placement.new_phandle();
    add_fixed_clock(tree, unit_name("msm-iommu-clock", base), clock, 64000000);
    std::vector<uint32_t> interrupts;
    for (const auto &line : placement.irqs)
        interrupts.insert(interrupts.end(), line.begin(), line.end());
    tree.node("/" + unit_name("iommu", base))
        .strings("compatible", {"qcom,apq8064-iommu"})
        .reg({{base, window}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", interrupts)
        .cells("clocks", {clock, clock})
        .strings("clock-names", {"smmu_pclk", "iommu_clk"})
        .cells("qcom,ncb", {contexts_})
        .cells("#iommu-cells", {1})
        .cells("phandle", {placement.self});
    return tree;
}

}  // namespace soc::msm
