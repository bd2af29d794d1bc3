// A DART behind the fake machine, probed as Linux probes it, with a page table for one stream.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/dart_driver.hpp"
#include "support/dart_table.hpp"
#include "support/frames.hpp"
#include "unit/iommu_fixture.hpp"

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

struct Dart : IommuFixture {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 4_MiB;
    static constexpr uint64_t data = ram + 2_MiB;  // tables lie below
    static constexpr uint64_t iova = 0x1000'0000;

    explicit Dart(const std::string &options = "variant=t8103,page-size=4k")
        : IommuFixture("apple-dart", options, ram, ram_size, 1), frames(ram, 2_MiB),
          driver(*iommu, parse_options(options)), probed(driver.probe()),
          table(host.memory(), frames, driver.hw().kind, driver.page_size(), driver.hw().ttbr_count)
    {
    }

    uint64_t page() const { return driver.page_size(); }
    // Maps one page at `iova` and points stream 1 at the table.
    void map_and_attach(Perm perm = Perm::rw)
    {
        table.map(iova, data, page(), perm);
        driver.attach(1, table);
    }

    Frames frames;
    DartDriver driver;
    bool probed;
    DartTable table;
};

}  // namespace soc::test
