// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc_smmuv3.hpp"

#include <algorithm>

namespace soc::smmuv3 {

namespace {

constexpr uint64_t window = 0x20000;  // two pages of 64 KiB
constexpr unsigned tlb_sets = 2048, tlb_ways = 8;
constexpr unsigned table_sets = 256, table_ways = 4;
// DeviceID of the SMMU's own MSIs at the ITS: bus 255, device 31, function 7, which the board's bus never has.
constexpr uint32_t own_device_id = 0xffff;
// The wired interrupts are edges (Documentation/devicetree/bindings/iommu/arm,smmu-v3.yaml).
constexpr uint32_t edge_rising = 1;

}  // namespace

SocSmmuV3::SocSmmuV3(Host &host, const Features &features)
    : Iommu(host, "soc-smmuv3"), features_(features), interrupts_(host, features_, own_device_id),
      registers_(features_, log_, interrupts_), events_(host, registers_, interrupts_),
      page_requests_(host, registers_, interrupts_),
      commands_(host, registers_, interrupts_, [this](const CommandWords &words) { return execute(words); }),
      stream_table_(features_, host.memory()), walker_(features_, host.memory(), [this] { counters_.walk(); }),
      tlb_(tlb_sets, tlb_ways),
      tables_(table_sets, table_ways),
      stalls_(features_.stall_max()), ats_(host), seen_(1u << features_.sid_bits)
{
    shape_.regions = {{.name = "registers", .size = window, .address = 0, .alignment = 0x10000,
                       .flags = SOC_REGION_MMIO}};
    shape_.irqs = Interrupts::lines;
    shape_.streams = 1u << features_.sid_bits;
    // A function's requester id is its StreamID.
    shape_.features = (features_.ats ? uint32_t(SOC_FEATURE_ATS) : 0u) |
                      (features_.pri ? uint32_t(SOC_FEATURE_PRI) : 0u) |
                      (features_.ssid_bits ? uint32_t(SOC_FEATURE_PASID) : 0u);
    shape_.pci_map = {{.rid = 0, .stream = 0, .length = std::min(0x10000u, shape_.streams)}};
    registers_.on_enable([this](uint32_t before, uint32_t now) { enables_changed(before, now); });
}

// 6.3.9.6: with SMMUEN the stalled transactions end. What the caches hold stays.
void SocSmmuV3::enables_changed(uint32_t before, uint32_t now)
{
    if (!(before & ~now & cr0::SMMUEN::mask))
        return;
    events_.take_unrecorded();
    for (const auto &stalled : stalls_.take_all())
        end(stalled, false);
}

void SocSmmuV3::reset()
{
    registers_.reset();
    interrupts_.reset();
    events_.reset();
    page_requests_.reset();
    commands_.reset();
    configurations_.drop_everything();
    tlb_.drop_everything();
    tables_.drop_everything();
    stalls_.reset();
    ats_.reset();
    seen_.reset();
    counters_.reset();
}

// The caches are not saved: an SMMU may always have lost them. Which streams were seen is kept by asking all again.
void SocSmmuV3::save(StateWriter &out) const
{
    out.section("soc-smmuv3", 1);
    registers_.save(out);
    interrupts_.save(out);
    events_.save(out);
    page_requests_.save(out);
    commands_.save(out);
    stalls_.save(out);
    ats_.save(out);
    counters_.save(out);
}

void SocSmmuV3::load(StateReader &in)
{
    in.section("soc-smmuv3", 1);
    registers_.load(in);
    interrupts_.load(in);
    events_.load(in);
    page_requests_.load(in);
    commands_.load(in);
    stalls_.load(in);
    ats_.load(in);
    counters_.load(in);
    configurations_.drop_everything();
    tlb_.drop_everything();
    tables_.drop_everything();
    seen_.reset();
    host_.defer();
}

void SocSmmuV3::mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size)
{
    Iommu::mmio_write(region, offset, value, size);
    events_.flush();
    interrupts_.deliver();
    if (commands_.waiting())
        host_.defer();
}

void SocSmmuV3::deferred()
{
    ats_.round();
    commands_.continue_work();
    events_.flush();
    interrupts_.deliver();
    if (commands_.waiting())
        host_.defer();
}

void SocSmmuV3::message(const SocMessage &msg)
{
    if (msg.type == SOC_MSG_ATS_INVALIDATE_DONE) {
        ats_.answered(msg);
        host_.defer();
    } else if (msg.type == SOC_MSG_PAGE_REQUEST) {
        page_request(msg);
    }
}

// Chapter 8.
void SocSmmuV3::page_request(const SocMessage &msg)
{
    const auto has = [&](uint32_t flag) { return (msg.flags & flag) != 0; };
    const bool substream = has(SOC_TXN_HAS_SUBSTREAM) && features_.ssid_bits;
    const PageRequestWords words{
        ppr::SID::of(msg.stream) | (substream ? ppr::SSV::of(1) | ppr::SSID::of(msg.substream) : 0) |
            // Without SSV both are 0.
            ppr::Priv::of(substream && has(SOC_TXN_PRIVILEGED)) | ppr::X::of(substream && has(SOC_TXN_INSTRUCTION)) |
            ppr::R::of(has(SOC_TXN_READ)) | ppr::W::of(has(SOC_TXN_WRITE)) | ppr::Last::of(msg.response),
        ppr::PrgIndex::of(msg.tag) | (msg.address & ppr::Address::mask)};
    const auto answer = page_requests_.receive(words);
    if (answer == PageRequestQueue::Answer::none)
        return;
    const bool success = answer == PageRequestQueue::Answer::success;
    SocMessage response{};
    response.type = SOC_MSG_PAGE_RESPONSE;
    response.stream = msg.stream;
    response.tag = msg.tag;
    response.response = success ? 0 : 15;  // PCIe's Success and Response Failure
    if (success && substream) {
        response.flags = SOC_TXN_HAS_SUBSTREAM;
        response.substream = msg.substream;
    }
    host_.message(0, response);
}

// Documentation/devicetree/bindings/iommu/arm,smmu-v3.yaml.
DeviceTree SocSmmuV3::describe(const Placement &placement) const
{
    DeviceTree tree;
    std::vector<uint32_t> interrupts;
    for (std::vector<uint32_t> line : placement.irqs) {
        line.back() = edge_rising;
        interrupts.insert(interrupts.end(), line.begin(), line.end());
    }
    DeviceTreeNode &node = tree.node("/" + unit_name("iommu", placement.regions[0]));
    node.strings("compatible", {"arm,smmu-v3"})
        .reg({{placement.regions[0], window}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", interrupts)
        .strings("interrupt-names", {"eventq", "priq", "cmdq-sync", "gerror"})
        .cells("#iommu-cells", {1})
        .cells("phandle", {placement.self});
    // Said either way: a board may say dma-coherent at its root (QEMU's "virt" does since 8.1), and Linux asks
    // a node's parents when it says neither (of_dma_is_coherent()).
    node.flag(features_.coherent ? "dma-coherent" : "dma-noncoherent");
    if (features_.msi && placement.msi_parent)
        node.cells("msi-parent", {placement.msi_parent, own_device_id});
    return tree;
}

}  // namespace soc::smmuv3

namespace soc {

extern const ModelType soc_smmuv3_type;
const ModelType soc_smmuv3_type{
    .name = "soc-smmuv3",
    .kind = ModelKind::iommu,
    .summary = "Arm's System MMU version 3, with substreams, stall, hardware dirty state, ATS, PRI and MSIs",
    .options = {smmuv3::option_specs, smmuv3::option_specs + smmuv3::option_spec_count},
    .masters = SOC_MASTERS_PCI | SOC_MASTERS_PLATFORM,
    .guest = {.arch = "arm64", .machine = "virt,gic-version=3", .cpu = "max", .memory = "512M",
              .driver = "arm-smmu-v3", .config = "soc-smmuv3", .kernels = {"6.1", "6.12"}, .apis = {"sva", "dirty"}},
    .qemu_device = nullptr,
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<smmuv3::SocSmmuV3>(host, smmuv3::Features(options));
    },
};

}  // namespace soc
