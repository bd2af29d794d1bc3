// soc-iommu-describe: prints the registry as JSON, for the command.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <string>

#include "soc-iommu/registry.hpp"

namespace {

using namespace soc;

std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += c;
    }
    return out + "\"";
}

template <typename List, typename Print>
std::string array(const List &list, Print print)
{
    std::string out = "[";
    for (const auto &item : list)
        out += (out.size() > 1 ? ", " : "") + print(item);
    return out + "]";
}

std::string option_json(const OptionSpec &option)
{
    return "{\"name\": " + quoted(option.name) + ", \"default\": " + quoted(option.value) +
           ", \"valid\": " + quoted(option.valid) + ", \"help\": " + quoted(option.help) + "}";
}

std::string type_json(const ModelType *type)
{
    const char *const kinds[] = {"iommu", "master", "qemu-master"};
    std::vector<std::string> masters;
    if (type->masters & SOC_MASTERS_PCI)
        masters.push_back("pci");
    if (type->masters & SOC_MASTERS_PLATFORM)
        masters.push_back("platform");
    std::vector<std::string> counters;
    if (type->kind == ModelKind::iommu)
        counters.assign(Counters::names().begin(), Counters::names().end());
    const GuestProfile &guest = type->guest;
    return "{\"name\": " + quoted(type->name) + ", \"kind\": " + quoted(kinds[unsigned(type->kind)]) +
           ",\n \"summary\": " + quoted(type->summary) +
           ",\n \"options\": " + array(type->options, option_json) +
           ",\n \"counters\": " + array(counters, quoted) + ",\n \"masters\": " + array(masters, quoted) +
           ",\n \"arch\": " + quoted(guest.arch) + ", \"machine\": " + quoted(guest.machine) +
           ", \"cpu\": " + quoted(guest.cpu) + ", \"memory\": " + quoted(guest.memory) +
           ",\n \"driver\": " + quoted(guest.driver) + ", \"config\": " + quoted(guest.config) +
           ", \"kernels\": " + array(guest.kernels, quoted) + "}";
}

}  // namespace

int main()
{
    std::printf("{\"types\": %s}\n", array(model_types(), type_json).c_str());
}
