// Five PAMUs behind the fake machine, probed as Linux probes them.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/pamu_driver.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct Pamu : IommuFixture {
    static constexpr uint64_t ram = 0x1000'0000, ram_size = 16_MiB;
    static constexpr uint64_t tables = ram, data = ram + 8_MiB;
    static constexpr uint64_t page = PamuDriver::page;
    static constexpr uint32_t liodn = 7;
    static constexpr uint32_t behind(unsigned pamu, uint32_t of = liodn) { return pamu * 0x1000 + of; }
    static constexpr uint32_t pci(uint32_t requester) { return 0x10000 + requester; }

    explicit Pamu(const std::string &options = "")
        : IommuFixture("fsl-pamu", options, ram, ram_size, liodn), driver(host, *iommu, tables)
    {
        driver.probe();
    }

    PamuDriver driver;
};

}  // namespace soc::test
