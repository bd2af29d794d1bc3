// Unisoc's IOMMU behind the fake machine, probed and attached as Linux does it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/sprd_driver.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct Sprd : IommuFixture {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 8_MiB;
    static constexpr uint64_t pages = ram, protect = ram + 1_MiB, data = ram + 4_MiB;
    static constexpr uint64_t page = SprdDriver::page, aperture = SprdDriver::aperture;
    static constexpr uint64_t iova = 0x0123'4000;
    static constexpr uint32_t client = 3;

    explicit Sprd(const std::string &version = "ex")
        : IommuFixture("sprd-iommu", "version=" + version, ram, ram_size, client),
          driver(host, *iommu, pages, protect)
    {
        driver.probe();
        driver.attach();
    }

    void map(uint64_t from, uint64_t to, uint64_t size = page)
    {
        driver.map(from, to, size);
        driver.sync();
    }
    // The access went to the default page, and was counted as a fault.
    bool faults(uint64_t address, Access access = Access::read)
    {
        const uint64_t before = counter("faults");
        return at(address, access) == (protect | (address & (page - 1))) && counter("faults") == before + 1;
    }

    SprdDriver driver;
};

}  // namespace soc::test
