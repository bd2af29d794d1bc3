// A GART behind the fake machine, probed as Linux probes it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/fake_host.hpp"
#include "support/gart_driver.hpp"

namespace soc::test {

struct Gart {
    static constexpr uint64_t ram = 0x4000'0000, ram_size = 4_MiB;
    static constexpr uint64_t data = ram + 1_MiB;
    static constexpr uint64_t base = 0x5800'0000, size = 32_MiB;  // the aperture
    static constexpr uint64_t iova = base + 0x5000;
    static constexpr uint32_t reader = 0x19, writer = 0x2f;  // ppcsahbdmar, ppcsahbdmaw

    explicit Gart(const std::string &options = "")
        : iommu([&] {
              host.ram(ram, ram_size);
              return make_iommu(host, "tegra-gart", parse_options(options));
          }()),
          driver(*iommu, parse_options(options))
    {
        driver.probe();
    }

    TranslateResult ask(uint64_t address, Access access = Access::read, uint32_t client = reader, bool debug = false)
    {
        Transaction txn;
        txn.address = address;
        txn.stream = client;
        txn.access = access;
        txn.debug = debug;
        return iommu->translate(txn);
    }
    // The output address; nothing where it faulted.
    std::optional<uint64_t> at(uint64_t address, Access access = Access::read, uint32_t client = reader)
    {
        const TranslateResult result = ask(address, access, client);
        const auto *translation = std::get_if<Translation>(&result);
        return translation ? std::optional(translation->address) : std::nullopt;
    }
    FaultKind kind(uint64_t address, Access access = Access::read, uint32_t client = reader)
    {
        const TranslateResult result = ask(address, access, client);
        const auto *fault = std::get_if<Fault>(&result);
        return fault ? fault->kind : FaultKind::none;
    }
    uint64_t counter(const char *name)
    {
        const auto names = Counters::names();
        for (unsigned i = 0; i < names.size(); ++i)
            if (std::string_view(names[i]) == name)
                return iommu->counters().value(i);
        throw std::runtime_error(name);
    }
    bool line() const { return host.line(0); }

    FakeHost host;
    std::unique_ptr<Iommu> iommu;
    GartDriver driver;
};

}  // namespace soc::test
