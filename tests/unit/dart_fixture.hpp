// A DART behind the fake machine, probed as Linux probes it, with a page table for one stream.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/dart_driver.hpp"
#include "support/dart_table.hpp"
#include "support/fake_host.hpp"
#include "support/frames.hpp"

namespace soc::test {

// Every variant with every page size it has.
inline std::vector<std::string> dart_configurations()
{
    return {
        "variant=t8103,page-size=4k",  "variant=t8103,page-size=16k",
        "variant=t6000,page-size=16k", "variant=t8110,page-size=16k",
        "variant=usb4,page-size=4k",   "variant=usb4,page-size=16k",
    };
}

struct Dart {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 4_MiB;
    static constexpr uint64_t data = ram + 2_MiB;  // tables lie below
    static constexpr uint64_t iova = 0x1000'0000;

    explicit Dart(const std::string &options = "variant=t8103,page-size=4k")
        : frames(ram, 2_MiB), iommu([&] {
              host.ram(ram, ram_size);
              return make_iommu(host, "apple-dart", parse_options(options));
          }()),
          driver(*iommu, parse_options(options)), probed(driver.probe()),
          table(host.memory(), frames, driver.hw().kind, driver.page_size(), driver.hw().ttbr_count)
    {
    }

    TranslateResult ask(uint64_t address, Access access = Access::read, unsigned stream = 1, bool debug = false)
    {
        Transaction txn;
        txn.address = address;
        txn.stream = stream;
        txn.access = access;
        txn.debug = debug;
        return iommu->translate(txn);
    }
    // The output address; nothing where it faulted.
    std::optional<uint64_t> at(uint64_t address, Access access = Access::read, unsigned stream = 1)
    {
        const TranslateResult result = ask(address, access, stream);
        const auto *translation = std::get_if<Translation>(&result);
        return translation ? std::optional(translation->address) : std::nullopt;
    }
    FaultKind kind(uint64_t address, Access access = Access::read, unsigned stream = 1)
    {
        const TranslateResult result = ask(address, access, stream);
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
    uint64_t page() const { return driver.page_size(); }
    // Maps one page at `iova` and points stream 1 at the table.
    void map_and_attach(Perm perm = Perm::rw)
    {
        table.map(iova, data, page(), perm);
        driver.attach(1, table);
    }

    FakeHost host;
    Frames frames;
    std::unique_ptr<Iommu> iommu;
    DartDriver driver;
    bool probed;
    DartTable table;
};

}  // namespace soc::test
