// An M4U behind the fake machine, probed as Linux probes it, with port 1 translated.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/fake_host.hpp"
#include "support/m4u_driver.hpp"

namespace soc::test {

struct M4u {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 16_MiB;
    static constexpr uint64_t pages = ram, protect = ram + 5_MiB, data = ram + 8_MiB;
    static constexpr uint64_t iova = 0x1000'0000;
    static constexpr uint64_t page = M4uDriver::page;

    // What becomes of an access that faults: Linux has it sent to the protect buffer.
    enum Faults { aborted, redirected };

    explicit M4u(Faults faults = aborted, const std::string &options = "variant=mt2701")
        : iommu([&] {
              host.ram(ram, ram_size);
              return make_iommu(host, "mtk-m4u-v1", parse_options(options));
          }()),
          driver(host, *iommu, pages, protect)
    {
        driver.probe();
        if (faults == aborted)
            driver.write(M4uDriver::ctrl, M4uDriver::coherent_en);
        driver.attach(1);
    }

    TranslateResult ask(uint64_t address, Access access = Access::read, unsigned port = 1, bool debug = false)
    {
        Transaction txn;
        txn.address = address;
        txn.stream = port;
        txn.access = access;
        txn.debug = debug;
        return iommu->translate(txn);
    }
    // The output address; nothing where it was refused.
    std::optional<uint64_t> at(uint64_t address, Access access = Access::read, unsigned port = 1)
    {
        const TranslateResult result = ask(address, access, port);
        const auto *translation = std::get_if<Translation>(&result);
        return translation ? std::optional(translation->address) : std::nullopt;
    }
    FaultKind kind(uint64_t address, Access access = Access::read, unsigned port = 1)
    {
        const TranslateResult result = ask(address, access, port);
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
    void map(uint64_t from, uint64_t to, uint64_t size = page)
    {
        driver.map(from, to, size);
        driver.flush_range(from, size);
    }

    FakeHost host;
    std::unique_ptr<Iommu> iommu;
    M4uDriver driver;
};

}  // namespace soc::test
