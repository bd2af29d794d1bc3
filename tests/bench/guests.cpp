// What an IOMMU costs a guest, against the same guest without any plugin. They boot in turn, so that a noisy machine is
// noisy for all. Prints medians, the best, and their ratios; judges nothing. Arguments: rounds, and the IOMMU if only
// one is asked for.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::string output_of(const std::string &command)
{
    FILE *pipe = popen(command.c_str(), "r");
    if (!pipe)
        throw std::runtime_error("cannot run " + command);
    std::string text;
    std::array<char, 65536> buffer;
    while (const size_t n = fread(buffer.data(), 1, buffer.size(), pipe))
        text.append(buffer.data(), n);
    if (const int status = pclose(pipe); !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        throw std::runtime_error("failed: " + command);
    return text;
}

void replace(std::string &text, const std::string &from, const std::string &to)
{
    const size_t at = text.find(from);
    if (at == std::string::npos)
        throw std::runtime_error("the QEMU line has no '" + from + "': " + text);
    text.replace(at, from.size(), to);
}

// Takes an option and its value out of a QEMU line.
void remove_option(std::string &line, const std::string &start)
{
    const size_t at = line.find(start);
    if (at == std::string::npos)
        throw std::runtime_error("the QEMU line has no '" + start + "': " + line);
    line.erase(at, line.find(' ', at + start.size()) - at);
}

std::string qemu_line(const std::string &iommu, unsigned reads)
{
    const char *source = std::getenv("SOC_IOMMU_SOURCE");
    std::string line = output_of(std::string(source ? source : SOC_IOMMU_SOURCE_ROOT) +
                                 "/scripts/soc-iommu qemu-args " + iommu + " --api dma --sessions 1" +
                                 " --append soc_iommu.reads=" + std::to_string(reads) + " 2>/dev/null");
    line.erase(line.find_last_not_of('\n') + 1);
    return line;
}

struct Iommu {
    const char *name;
    std::string arguments;  // of the command
};

// What is measured: guests of one board, and how far.
struct Comparison {
    const char *what;
    std::vector<Iommu> iommus;
    std::vector<const char *> devices;  // of the first, which the bare guest goes without
    const char *driver;
    const char *until;                  // the console's line at which the kernel's clock is read
    unsigned reads = 0;                 // of the disk; then it is their time that counts
};

const std::vector<Iommu> dart_and_smmu = {{"apple-dart", "apple-dart"}, {"qemu-smmuv3", "qemu-smmuv3"}};

const Comparison comparisons[] = {
    {"kernel start to power-off, API dma", dart_and_smmu, {"apple-dart,", "soc-dma-pci,"},
     "apple-dart", "reboot: Power down"},
    {"4 KiB direct read from virtio-blk", dart_and_smmu, {"apple-dart,", "soc-dma-pci,"},
     "apple-dart", "reboot: Power down", 4000},
    // Without a plugin there is no pl330, so the bare guest has nothing to do once it is up. At probe the driver writes
    // two registers for each of the 8192 entries; with the other sizes for 16 and for 65536.
    {"kernel start to /init, 32-bit ARM, Linux 6.1",
     {{"tegra-gart", "tegra-gart --kernel 6.1"},
      {"16 entries", "tegra-gart --kernel 6.1 -o aperture-size=64k"},
      {"65536 entries", "tegra-gart --kernel 6.1 -o aperture-size=256M -o aperture-base=0x60000000"}},
     {"tegra-gart,", "soc-dma,", "soc-pl330,"}, "tegra-mc", "KTAP version 1"},
    {"kernel start to /init, 32-bit ARM, Linux 6.1", {{"mtk-m4u-v1", "mtk-m4u-v1 --kernel 6.1"}},
     {"mtk-m4u-v1,", "soc-dma,", "soc-pl330,"}, "mtk-iommu-v1", "KTAP version 1"},
    // Of one kernel.
    {"kernel start to /init, 32-bit ARM, Linux 6.12",
     {{"tegra-smmu", "tegra-smmu --kernel 6.12"}, {"msm-iommu", "msm-iommu --kernel 6.12"},
      {"omap-iommu", "omap-iommu --kernel 6.12"}},
     {"tegra-smmu,", "soc-dma,", "soc-pl330,"}, "tegra-mc", "KTAP version 1"},
    {"kernel start to /init, arm64, Linux 6.12", {{"sprd-iommu", "sprd-iommu --kernel 6.12"}},
     {"sprd-iommu,", "soc-dma,", "soc-pl330,"}, "sprd-iommu", "KTAP version 1"},
    {"kernel start to /init, PowerPC, Linux 6.12", {{"fsl-pamu", "fsl-pamu --kernel 6.12"}},
     {"fsl-pamu,", "soc-dma-pci,"}, "fsl-of-pamu", "KTAP version 1"},
};

// The same guest with no plugin and no IOMMU.
std::string bare(std::string line, const Comparison &comparison)
{
    remove_option(line, "-plugin ");
    for (const char *device : comparison.devices)
        remove_option(line, std::string("-device ") + device);
    replace(line, std::string("soc_iommu.driver=") + comparison.driver, "soc_iommu.driver=none");
    return line;
}

double number_after(const std::string &text, size_t at, const std::string &what)
{
    at = text.find(what, at);
    if (at == std::string::npos)
        throw std::runtime_error("the guest did not get as far as '" + what + "':\n" + text);
    return std::strtod(text.c_str() + at + what.size(), nullptr);
}

// Seconds of the kernel's clock, or microseconds a read.
double boot(const std::string &line, const Comparison &comparison)
{
    const std::string console = output_of("timeout 300 " + line + " </dev/null 2>&1");
    if (console.find("reboot: Power down") == std::string::npos)
        throw std::runtime_error("the guest did not power off:\n" + console);
    if (comparison.reads)
        return number_after(console, 0, "ns_per_read=") / 1000;
    const size_t at = console.find(comparison.until);
    if (at == std::string::npos)
        throw std::runtime_error(std::string("the guest did not get as far as '") + comparison.until + "'");
    return number_after(console, console.rfind('[', at), "[");
}

double median(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

// What disturbs a run only adds.
double best(const std::vector<double> &values)
{
    return *std::min_element(values.begin(), values.end());
}

struct Guest {
    const char *name;
    std::string line;
    std::vector<double> values;
};

void compare(const Comparison &comparison, unsigned rounds)
{
    std::vector<Guest> guests = {{"no IOMMU, no plugin", "", {}}};
    for (const Iommu &iommu : comparison.iommus)
        guests.push_back({iommu.name, qemu_line(iommu.arguments, comparison.reads), {}});
    guests[0].line = bare(guests[1].line, comparison);
    for (unsigned round = 0; round < rounds; ++round)
        for (Guest &guest : guests)
            guest.values.push_back(boot(guest.line, comparison));
    const char *unit = comparison.reads ? "us" : "s ";
    std::printf("%s, %u in turn:\n", comparison.what, rounds);
    for (const Guest &guest : guests)
        std::printf("  %-20s median %8.3f %s  ratio %.3f   best %8.3f %s  ratio %.3f\n", guest.name,
                    median(guest.values), unit, median(guest.values) / median(guests[0].values), best(guest.values),
                    unit, best(guest.values) / best(guests[0].values));
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv)
try {
    const unsigned rounds = argc > 1 ? unsigned(std::atoi(argv[1])) : 7;
    const std::string only = argc > 2 ? argv[2] : "";
    for (const Comparison &comparison : comparisons)
        if (only.empty() || comparison.iommus[0].name == only)
            compare(comparison, rounds);
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
