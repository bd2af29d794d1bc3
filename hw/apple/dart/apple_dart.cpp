// SPDX-License-Identifier: GPL-2.0-or-later
#include "apple_dart.hpp"

#include <algorithm>
#include <bit>

namespace soc::dart {

namespace {

// The sizes of the real ones are not known.
constexpr unsigned tlb_sets = 128, tlb_ways = 4;

const Variant &find_variant(const std::string &name)
{
    const auto all = variants();
    return *std::find_if(all.begin(), all.end(), [&](const Variant &variant) { return name == variant.name; });
}

unsigned page_shift_from(const Options &options, const Variant &variant)
{
    const std::string &text = options.text("page-size");
    if (text == "auto")
        return variant.entries->smallest_page_shift;
    if (text == "16k")
        return 14;
    if (variant.entries->smallest_page_shift > 12)
        throw OptionError("page-size=4k is not valid for variant=" + std::string(variant.name) +
                          ": its page-table entries hold address bits 41 to 14 only, so it has 16k pages and no "
                          "others; valid: 16k");
    return 12;
}

bool bypass_from(const Options &options, const Variant &variant)
{
    const std::string &text = options.text("bypass");
    if (text == "on" && !variant.has_bypass)
        throw OptionError("bypass=on is not valid for variant=" + std::string(variant.name) +
                          ": the block has no bypass; valid: off");
    return text == "auto" ? variant.has_bypass : text == "on";
}

unsigned streams_from(const Options &options, const Variant &variant)
{
    if (options.text("streams") == "auto")
        return variant.default_streams;
    const uint64_t number = options.number("streams");
    if (number < 1 || number > variant.max_streams)
        throw OptionError("streams=" + options.text("streams") + " is not valid for variant=" + variant.name +
                          "; valid: 1 to " + std::to_string(variant.max_streams));
    return unsigned(number);
}

}  // namespace

Config::Config(const Options &options)
    : variant(find_variant(options.text("variant"))), page_shift(page_shift_from(options, variant)),
      bypass(bypass_from(options, variant)), locked(options.flag("lock")), streams(streams_from(options, variant))
{
}

AppleDart::AppleDart(Host &host, const Config &config)
    : RegisterIommu(host, "apple-dart"), config_(config), format_(*config.variant.entries, config.page_shift),
      va_width_(format_.input_bits() + unsigned(std::countr_zero(config.variant.ttbr.per_stream))),
      bank_(window, log_), tlb_(tlb_sets, tlb_ways, config.variant.max_streams),
      fault_record_(config.variant, bank_),
      streams_(config.variant, config.bypass, config.locked, bank_,
               [this](unsigned stream) { changed(stream); }),
      tlb_commands_(config.variant, bank_, log_, [this](unsigned stream) { invalidate(stream); })
{
    keep({&bank_, &fault_record_});
    shape_.regions = {register_region("registers", window)};
    shape_.irqs = 1;
    shape_.streams = config.streams;
    // A bus of the board has 32 slots: slot n, function 0 is stream n.
    for (uint32_t slot = 0; slot < std::min(32u, config.streams); ++slot)
        shape_.pci_map.push_back({.rid = slot * 8, .stream = slot, .length = 1});
    add_parameters();
}

void AppleDart::add_parameters()
{
    const Variant &variant = config_.variant;
    bank_.add({.name = "PARAMS1", .offset = reg::params1, .reset = uint32_t(reg::PageShift::of(config_.page_shift))});
    bank_.add({.name = "PARAMS2", .offset = reg::params2, .reset = uint32_t(reg::BypassSupport::of(config_.bypass))});
    if (variant.widths)
        bank_.add({.name = variant.widths->name,
                   .offset = variant.widths->offset,
                   .reset = uint32_t(reg::PaWidth::of(variant.pa_width) | reg::VaWidth::of(va_width_) |
                                     reg::VersionMajor::of(1))});
    if (variant.stream_count)
        bank_.add({.name = variant.stream_count->name,
                   .offset = variant.stream_count->offset,
                   .reset = uint32_t(reg::NumSids::of(config_.streams))});
    if (variant.remap)
        bank_.add({.name = "REMAP", .offset = variant.remap, .count = 4, .writable = ~0u});
}

// Documentation/devicetree/bindings/iommu/apple,dart.yaml.
DeviceTree AppleDart::describe(const Placement &placement) const
{
    DeviceTree tree;
    tree.node("/" + unit_name("iommu", placement.regions[0]))
        .strings("compatible", {config_.variant.compatible})
        .reg({{placement.regions[0], window}})
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("interrupts", placement.irqs[0])
        .cells("#iommu-cells", {1})
        .cells("phandle", {placement.self});
    return tree;
}

void AppleDart::fault_raised(const Fault &fault)
{
    // A stream that is not wired has no place in the block's registers.
    if (fault.kind == FaultKind::unknown_stream)
        return;
    fault_record_.latch(fault);
    host_.defer();
}

// The registers have room for more streams than are wired.
void AppleDart::changed(unsigned stream)
{
    if (stream < shape_.streams)
        forget_outside(stream);
}

}  // namespace soc::dart

namespace soc {

extern const ModelType apple_dart_type;
const ModelType apple_dart_type{
    .name = "apple-dart",
    .kind = ModelKind::iommu,
    .summary = "Apple's Device Address Resolution Table, as in the M1 and M2",
    .options =
        {
            {"variant", "t8103", "t8103|t6000|t8110|usb4", "which DART: M1, M1 Pro, M2, or the M1's for USB4"},
            {"page-size", "auto", "auto|4k|16k", "auto: 4k where the variant can (t8103, usb4), else 16k"},
            {"bypass", "auto", "auto|on|off", "whether streams can pass untranslated; auto: on, off for usb4"},
            {"lock", "off", "off|on", "on: TCR and TTBR take no writes, as firmware leaves some DARTs"},
            {"streams", "auto", "auto, or 1 to 16 (t8103, t6000), 64 (usb4) or 256 (t8110)",
             "streams that masters may use; auto: 16, 64 for usb4"},
        },
    .masters = SOC_MASTERS_PCI | SOC_MASTERS_PLATFORM,
    .guest = {.arch = "arm64",
              .machine = "virt,gic-version=3",
              .cpu = "max",
              .memory = "512M",
              .driver = "apple-dart",
              .config = "apple-dart",
              .kernels = {"6.1", "6.12"},
              .apis = {"limits"}},
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<dart::AppleDart>(host, dart::Config(options));
    },
};

}  // namespace soc
