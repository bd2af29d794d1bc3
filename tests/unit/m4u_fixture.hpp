// An M4U behind the fake machine, probed as Linux probes it, with port 1 translated.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/m4u_driver.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct M4u : IommuFixture {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 16_MiB;
    static constexpr uint64_t pages = ram, protect = ram + 5_MiB, data = ram + 8_MiB;
    static constexpr uint64_t iova = 0x1000'0000;
    static constexpr uint64_t page = M4uDriver::page;

    // What becomes of an access that faults: Linux has it sent to the protect buffer.
    enum Faults { aborted, redirected };

    explicit M4u(Faults faults = aborted, const std::string &options = "variant=mt2701")
        : IommuFixture("mtk-m4u-v1", options, ram, ram_size, 1),
          driver(host, *iommu, pages, protect)
    {
        driver.probe();
        if (faults == aborted)
            driver.write(M4uDriver::ctrl, M4uDriver::coherent_en);
        driver.attach(1);
    }

    void map(uint64_t from, uint64_t to, uint64_t size = page)
    {
        driver.map(from, to, size);
        driver.flush_range(from, size);
    }

    M4uDriver driver;
};

}  // namespace soc::test
