// soc-iommu-describe: the registry, for the command.
//
//     soc-iommu-describe                            prints every type as JSON
//     soc-iommu-describe check NAME [KEY=VALUE]…    says on stderr why such an instance cannot be, and exits 2
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

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

// The members of an object, without its braces.
std::string guest_json(const GuestProfile &guest)
{
    return "\"arch\": " + quoted(guest.arch) + ", \"machine\": " + quoted(guest.machine) +
           ", \"cpu\": " + quoted(guest.cpu) + ", \"memory\": " + quoted(guest.memory) +
           ",\n \"driver\": " + quoted(guest.driver) + ", \"config\": " + quoted(guest.config) +
           ", \"kernels\": " + array(guest.kernels, quoted) + ", \"apis\": " + array(guest.apis, quoted) +
           ", \"streams\": " + array(guest.streams, [](uint32_t stream) { return std::to_string(stream); });
}

std::string variant_json(const GuestVariant &variant)
{
    return "{\"option\": " + quoted(variant.option) + ", \"value\": " + quoted(variant.value) + ", " +
           guest_json(variant.guest) + "}";
}

std::string type_json(const ModelType *type)
{
    const char *const kinds[] = {"iommu", "master", "qemu-master"};
    std::vector<std::string> masters;
    if (type->masters & type->guest.masters & SOC_MASTERS_PCI)
        masters.push_back("pci");
    if (type->masters & type->guest.masters & SOC_MASTERS_PLATFORM)
        masters.push_back("platform");
    std::vector<std::string> counters;
    if (type->kind == ModelKind::iommu)
        counters.assign(Counters::names().begin(), Counters::names().end());
    return "{\"name\": " + quoted(type->name) + ", \"kind\": " + quoted(kinds[unsigned(type->kind)]) +
           ",\n \"summary\": " + quoted(type->summary) +
           ",\n \"options\": " + array(type->options, option_json) +
           ",\n \"counters\": " + array(counters, quoted) + ",\n \"masters\": " + array(masters, quoted) +
           ",\n " + guest_json(type->guest) +
           ",\n \"guests\": " + array(type->other_guests, variant_json) + "}";
}

// Holds nothing and hears nothing: models are only made here, never used.
class NoHost final : public Host, private GuestMemory {
    GuestMemory &memory() override { return *this; }
    void log(LogLevel, const std::string &) override {}
    void defer() override {}
    void irq(unsigned, bool) override {}
    bool msi(uint32_t, uint64_t, uint32_t) override { return false; }
    void unmap_notify(uint32_t, uint64_t, uint64_t) override {}
    void held_end(uint64_t, const Fault *) override {}
    bool message(uint32_t, const SocMessage &) override { return false; }
    uint32_t ports() override { return 0; }
    uint32_t port_stream(uint32_t) override { return ~0u; }
    bool dma(uint32_t, uint64_t, std::span<uint8_t>, Access, bool) override { return false; }
    bool translate(uint32_t, Transaction &, SocTranslation &) override { return false; }
    bool last_fault(uint32_t, SocFault &) override { return false; }
    bool counter(uint32_t, const char *, uint64_t &) override { return false; }
    bool read(uint64_t, void *, uint32_t) override { return false; }
    bool write(uint64_t, const void *, uint32_t) override { return false; }
    std::optional<uint64_t> compare_exchange(uint64_t, uint32_t, uint64_t, uint64_t) override { return {}; }
};

void check(const std::string &name, std::span<char *> settings)
{
    const ModelType *type = find_model_type(name);
    if (!type) {
        std::string names;
        for (const ModelType *known : model_types())
            names += (names.empty() ? "" : ", ") + std::string(known->name);
        throw OptionError("unknown type '" + name + "'; valid: " + names);
    }
    std::vector<std::pair<std::string, std::string>> texts;
    for (const char *setting : settings) {
        const char *equals = std::strchr(setting, '=');
        if (!equals)
            throw OptionError(std::string("'") + setting + "' is not KEY=VALUE");
        texts.emplace_back(std::string(setting, equals), equals + 1);
    }
    std::vector<SocOption> options;
    for (const auto &[key, value] : texts)
        options.push_back({key.c_str(), value.c_str()});
    NoHost host;
    type->create(host, Options(type->options, options));
}

}  // namespace

int main(int argc, char **argv)
{
    const std::span<char *> arguments(argv + 1, argv + argc);
    if (arguments.empty()) {
        std::printf("{\"types\": %s}\n", array(model_types(), type_json).c_str());
        return 0;
    }
    if (arguments.size() < 2 || std::strcmp(arguments[0], "check") != 0) {
        std::fprintf(stderr, "usage: soc-iommu-describe [check NAME [KEY=VALUE]...]\n");
        return 2;
    }
    try {
        check(arguments[1], arguments.subspan(2));
    } catch (const OptionError &refusal) {
        std::fprintf(stderr, "%s\n", refusal.what());
        return 2;
    }
}
