// A GART behind the fake machine, probed as Linux probes it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/gart_driver.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct Gart : IommuFixture {
    static constexpr uint64_t ram = 0x4000'0000, ram_size = 4_MiB;
    static constexpr uint64_t data = ram + 1_MiB;
    static constexpr uint64_t base = 0x5800'0000, size = 32_MiB;  // the aperture
    static constexpr uint64_t iova = base + 0x5000;
    static constexpr uint32_t reader = 0x19, writer = 0x2f;  // ppcsahbdmar, ppcsahbdmaw

    explicit Gart(const std::string &options = "")
        : IommuFixture("tegra-gart", options, ram, ram_size, reader),
          driver(*iommu, parse_options(options))
    {
        driver.probe();
    }

    bool line() const { return host.line(0); }

    GartDriver driver;
};

}  // namespace soc::test
