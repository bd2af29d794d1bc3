// soc-pl330: QEMU's own pl330 as a platform master behind a model, with the device-tree node that Linux' pl330
// driver wants (Documentation/devicetree/bindings/dma/arm,pl330.yaml). The shim creates the device itself.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/registry.hpp"

namespace soc {

namespace {

constexpr uint64_t window = 0x1000;
// QEMU's pl330 has one event-interrupt line per event and one for aborts; the node lists the first.
constexpr const char *settings[] = {"num_events", "16", "num_chnls", "8", "num_periph_req", "4", nullptr};
// The DMAC fetches its program with privilege, and Linux maps that for privileged reading alone (pl330.c,
// DMA_ATTR_PRIVILEGED). QEMU's pl330 does not say which access is a fetch, so all are privileged: data that is mapped
// for the privileged alone passes, too, where hardware would refuse it.
constexpr SocQemuDevice qemu_pl330{
    .type = "pl330", .dma_link = "memory", .settings = settings, .flags = SOC_TXN_PRIVILEGED};

class Pl330 final : public Master {
public:
    explicit Pl330(Host &host) : Master(host, "soc-pl330")
    {
        shape_.regions = {{.name = "registers", .size = window, .address = 0, .alignment = window,
                           .flags = SOC_REGION_MMIO}};
        shape_.irqs = 2;
    }

    const Shape &shape() const override { return shape_; }
    void reset() override {}
    void save(StateWriter &) const override {}
    void load(StateReader &) override {}
    RegisterBank *registers(unsigned) override { return nullptr; }

    DeviceTree describe(const Placement &placement) const override
    {
        DeviceTree tree;
        const uint64_t base = placement.regions[0];
        std::vector<uint32_t> interrupts;
        for (const auto &line : placement.irqs)
            interrupts.insert(interrupts.end(), line.begin(), line.end());
        // The AMBA bus wants its clock by this name (drivers/amba/bus.c, amba_get_enable_pclk).
        const uint32_t clock = placement.new_phandle();
        tree.node("/" + unit_name("soc-pl330-clock", base))
            .strings("compatible", {"fixed-clock"})
            .cells("#clock-cells", {0})
            .cells("clock-frequency", {24000000})
            .cells("phandle", {clock});
        DeviceTreeNode &node = tree.node("/" + unit_name("dma-controller", base));
        node.strings("compatible", {"arm,pl330", "arm,primecell"})
            .reg({{base, window}})
            .cells("interrupts", interrupts)
            .cells("interrupt-parent", {placement.interrupt_parent})
            .cells("clocks", {clock})
            .strings("clock-names", {"apb_pclk"})
            .cells("#dma-cells", {1})
            .flag("dma-coherent");
        if (!placement.iommus.empty())
            node.bytes("iommus", placement.iommus);
        return tree;
    }

private:
    Shape shape_;
};

}  // namespace

extern const ModelType soc_pl330_type;
const ModelType soc_pl330_type{
    .name = "soc-pl330",
    .kind = ModelKind::qemu_master,
    .summary = "QEMU's pl330 DMA controller as a platform master",
    .options = {},
    .masters = SOC_MASTERS_PLATFORM,
    .guest = {},
    .qemu_device = &qemu_pl330,
    .create = [](Host &host, const Options &) -> std::unique_ptr<Device> { return std::make_unique<Pl330>(host); },
};

}  // namespace soc
