// SPDX-License-Identifier: GPL-2.0-or-later
#include "fault_log.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>

namespace guest
{
namespace
{

// The number that follows `label`, up to a blank or a mark.
std::optional<uint64_t> number_after(std::string_view text, std::string_view label)
{
    const auto at = text.find(label);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    std::string_view rest = text.substr(at + label.size());
    return parse_number(rest.substr(0, rest.find_first_of(" ,:\n")));
}

// drivers/iommu/apple-dart.c, apple_dart_t8020_irq() and apple_dart_t8110_irq():
// "translation fault: status:0x… stream:… code:0x… (…) at 0x…"
std::optional<LoggedFault> apple_dart(const KernelLine &line)
{
    const auto address = number_after(line.text, ") at ");
    if (line.text.find("translation fault: status:") == std::string::npos || !address) {
        return std::nullopt;
    }
    LoggedFault fault = {*address, std::nullopt, line.microseconds};
    if (const auto stream = number_after(line.text, "stream:")) {
        fault.stream = static_cast<uint32_t>(*stream);
    }
    return fault;
}

// drivers/iommu/virtio-iommu.c, viommu_fault_handler(): "page fault from EP … at 0x… [W]"
std::optional<LoggedFault> virtio_iommu(const KernelLine &line)
{
    const auto endpoint = number_after(line.text, " fault from EP ");
    if (!endpoint) {
        return std::nullopt;
    }
    const auto address = number_after(line.text, " at ");
    return LoggedFault{address.value_or(0), static_cast<uint32_t>(*endpoint), line.microseconds};
}

// drivers/iommu/mtk_iommu_v1.c, mtk_iommu_v1_isr(): "fault type=0x… iova=0x… pa=0x… larb=… port=…". The
// stream is the port counted through all larbs (include/dt-bindings/memory/mt2701-larb-port.h).
std::optional<LoggedFault> mtk_iommu_v1(const KernelLine &line)
{
    constexpr std::array<uint32_t, 4> first_port = {0, 11, 21, 44};
    const auto address = number_after(line.text, " iova=");
    const auto larb = number_after(line.text, " larb=");
    const auto port = number_after(line.text, " port=");
    if (line.text.find("fault type=0x") == std::string::npos || !address || !larb || !port) {
        return std::nullopt;
    }
    LoggedFault fault = {*address, std::nullopt, line.microseconds};
    if (*larb < first_port.size()) {
        fault.stream = first_port[static_cast<size_t>(*larb)] + static_cast<uint32_t>(*port);
    }
    return fault;
}

// drivers/memory/tegra/tegra20.c, tegra20_mc_handle_irq(): "CLIENT: write @0x…: GART page fault (…)"; mc.c,
// tegra30_mc_handle_irq(): "CLIENT: write @0x…: Page fault (SMMU translation error [RW-])", and the same fault a second
// time as a decode error, which counts: the kernel limits lines. The client goes by its name; no stream is read off it.
std::optional<LoggedFault> tegra_mc(const KernelLine &line)
{
    constexpr std::array<std::string_view, 3> errors = {": GART page fault (", ": Page fault (",
                                                        ": EMEM address decode error ("};
    const auto address = number_after(line.text, " @");
    const bool known = std::any_of(errors.begin(), errors.end(), [&](std::string_view error) {
        return line.text.find(error) != std::string::npos;
    });
    if (!address || !known) {
        return std::nullopt;
    }
    return LoggedFault{*address, std::nullopt, line.microseconds};
}

// drivers/iommu/omap-iommu.c, iommu_fault_handler(): "errs:0x… da:0x… pgd:0x… …". It does not know the master.
std::optional<LoggedFault> omap_iommu(const KernelLine &line)
{
    const auto address = number_after(line.text, " da:");
    if (line.text.find(": errs:0x") == std::string::npos || !address) {
        return std::nullopt;
    }
    return LoggedFault{*address, std::nullopt, line.microseconds};
}

// drivers/iommu/fsl_pamu.c, pamu_av_isr(): "fsl-pamu: pamu_av_isr: AVA=…", sixteen digits, one of several lines. The
// LIODN, in the one with AVS1, is the host bridge's and no function's: no stream is read off it.
std::optional<LoggedFault> fsl_pamu(const KernelLine &line)
{
    constexpr std::string_view label = "pamu_av_isr: AVA=";
    const auto at = line.text.find(label);
    if (at == std::string::npos) {
        return std::nullopt;
    }
    const auto address = parse_number("0x" + line.text.substr(at + label.size(), 16));
    return address ? std::optional(LoggedFault{*address, std::nullopt, line.microseconds}) : std::nullopt;
}

// drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c, arm_smmu_evtq_thread(): "event 0x10 received:", then the four
// double words of the event, a line each. Word 0 holds the stream in [63:32], word 2 the input address.
std::vector<LoggedFault> arm_smmu_v3(const std::vector<KernelLine> &lines)
{
    std::vector<LoggedFault> faults;
    for (size_t i = 0; i + 3 < lines.size(); i++) {
        if (lines[i].text.find("event 0x") == std::string::npos ||
            lines[i].text.find(" received:") == std::string::npos) {
            continue;
        }
        const auto word = [&](size_t n) -> std::optional<uint64_t> {
            const std::string_view text = lines[i + 1 + n].text;
            const auto at = text.rfind("0x");
            return at == std::string_view::npos ? std::nullopt : parse_number(trim(text.substr(at)));
        };
        const auto first = word(0);
        const auto third = word(2);
        if (first && third) {
            faults.push_back({*third, static_cast<uint32_t>(*first >> 32), lines[i].microseconds});
        }
    }
    return faults;
}

// drivers/iommu/msm_iommu.c, print_ctx_regs(): "FAR    = … PAR    = …", then FSR, then "FSYNR0 = … FSYNR1 = …", all
// of eight hexadecimal digits without a prefix. FSYNR0 has the master in [7:0].
std::vector<LoggedFault> msm_iommu(const std::vector<KernelLine> &lines)
{
    const auto value = [](std::string_view text, std::string_view label) -> std::optional<uint64_t> {
        const auto at = text.find(label);
        if (at == std::string_view::npos) {
            return std::nullopt;
        }
        return parse_number("0x" + std::string(text.substr(at + label.size(), 8)));
    };
    std::vector<LoggedFault> faults;
    std::optional<LoggedFault> open;
    for (const KernelLine &line : lines) {
        if (const auto address = value(line.text, "FAR    = ")) {
            open = LoggedFault{*address, std::nullopt, line.microseconds};
        } else if (const auto syndrome = value(line.text, "FSYNR0 = "); syndrome && open) {
            open->stream = static_cast<uint32_t>(*syndrome & 0xff);
            faults.push_back(*open);
            open.reset();
        }
    }
    return faults;
}

// How a driver says that a device's access faulted.
struct Style {
    std::string_view driver;
    std::optional<LoggedFault> (*of_line)(const KernelLine &);
    std::vector<LoggedFault> (*of_lines)(const std::vector<KernelLine> &) = nullptr; // a report of several lines
    bool narrow = false; // its block's lines carry 32 bits of an address
    bool once = false;   // it turns the report of faults off, or the block, with the first one
};

constexpr Style styles[] = {
    {"apple-dart", apple_dart},
    {"arm-smmu-v3", nullptr, arm_smmu_v3},
    {"fsl-of-pamu", fsl_pamu},
    {"msm-iommu", nullptr, msm_iommu, true},
    {"mtk-iommu-v1", mtk_iommu_v1, nullptr, true},
    {"omap-iommu", omap_iommu, nullptr, true, true},
    {"tegra-mc", tegra_mc, nullptr, true},
    {"virtio-iommu", virtio_iommu},
};

// Nothing of a driver that reports no faults.
const Style *style_of(std::string_view driver)
{
    std::string name(driver);
    std::replace(name.begin(), name.end(), '_', '-');
    const auto found = std::find_if(std::begin(styles), std::end(styles),
                                    [&](const Style &style) { return style.driver == name; });
    return found == std::end(styles) ? nullptr : found;
}

} // namespace

std::optional<KernelLine> parse_kernel_line(std::string_view record)
{
    // "priority,sequence,microseconds,flags;text\n"; lines that start with a blank are properties.
    const auto semicolon = record.find(';');
    if (semicolon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto head = split(record.substr(0, semicolon), ',');
    if (head.size() < 3) {
        return std::nullopt;
    }
    const auto priority = parse_number(head[0]);
    const auto sequence = parse_number(head[1]);
    const auto microseconds = parse_number(head[2]);
    if (!priority || !sequence || !microseconds || *priority >> 3 != 0) {
        return std::nullopt; // facility 0 is the kernel
    }
    std::string_view text = record.substr(semicolon + 1);
    return KernelLine{*sequence, *microseconds, std::string(text.substr(0, text.find('\n')))};
}

bool driver_reports_faults(std::string_view driver, uint64_t address)
{
    const Style *style = style_of(driver);
    return style && !(style->narrow && address >> 32);
}

bool reports_once(std::string_view driver)
{
    const Style *style = style_of(driver);
    return style && style->once;
}

std::vector<LoggedFault> logged_faults(std::string_view driver, const std::vector<KernelLine> &lines)
{
    const Style *style = style_of(driver);
    if (!style) {
        return {};
    }
    if (style->of_lines) {
        return style->of_lines(lines);
    }
    std::vector<LoggedFault> faults;
    for (const KernelLine &line : lines) {
        if (const auto fault = style->of_line(line)) {
            faults.push_back(*fault);
        }
    }
    return faults;
}

bool rate_limited(const std::vector<LoggedFault> &faults, uint64_t now)
{
    constexpr uint64_t interval = 5'000'000;
    constexpr int burst = 10;
    return std::count_if(faults.begin(), faults.end(), [&](const LoggedFault &fault) {
               return fault.microseconds + interval >= now;
           }) >= burst;
}

} // namespace guest
