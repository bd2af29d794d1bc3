// What the DART costs a guest, against the same guest without any plugin, with QEMU's own SMMUv3 beside it. The three
// boot in turn, so that a noisy machine is noisy for all. Prints medians, the best, and their ratios; judges nothing.
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

// The same guest with no plugin and no IOMMU.
std::string bare(std::string line)
{
    remove_option(line, "-plugin ");
    remove_option(line, "-device apple-dart,");
    remove_option(line, "-device soc-dma-pci,");
    replace(line, "soc_iommu.driver=apple-dart", "soc_iommu.driver=none");
    return line;
}

struct Figures {
    double boot = 0;  // seconds of the kernel's clock, start to power-off
    double read = 0;  // microseconds a read
};

double number_after(const std::string &text, size_t at, const std::string &what)
{
    at = text.find(what, at);
    if (at == std::string::npos)
        throw std::runtime_error("the guest did not get as far as '" + what + "':\n" + text);
    return std::strtod(text.c_str() + at + what.size(), nullptr);
}

Figures boot(const std::string &line, bool reads)
{
    const std::string console = output_of("timeout 300 " + line + " </dev/null 2>&1");
    Figures figures;
    const size_t end = console.find("reboot: Power down");
    if (end == std::string::npos)
        throw std::runtime_error("the guest did not power off:\n" + console);
    figures.boot = number_after(console, console.rfind('[', end), "[");
    if (reads)
        figures.read = number_after(console, 0, "ns_per_read=") / 1000;
    return figures;
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

void compare(const char *what, const char *unit, unsigned rounds, unsigned reads)
{
    const std::string dart = qemu_line("apple-dart", reads);
    std::vector<Guest> guests = {{"no IOMMU, no plugin", bare(dart), {}},
                                 {"apple-dart", dart, {}},
                                 {"qemu-smmuv3", qemu_line("qemu-smmuv3", reads), {}}};
    for (unsigned round = 0; round < rounds; ++round)
        for (Guest &guest : guests) {
            const Figures figures = boot(guest.line, reads != 0);
            guest.values.push_back(reads ? figures.read : figures.boot);
        }
    std::printf("%s, %u in turn:\n", what, rounds);
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
    compare("kernel start to power-off, API dma", "s ", rounds, 0);
    compare("4 KiB direct read from virtio-blk", "us", rounds, 4000);
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
