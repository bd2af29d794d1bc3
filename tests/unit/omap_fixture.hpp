// TI's MMU behind the fake machine, attached as Linux attaches it: an empty table, the walk enabled, the TLB flushed.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/omap_driver.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct Omap : IommuFixture {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 64_MiB;
    static constexpr uint64_t tables = ram, data = ram + 16_MiB;
    static constexpr uint64_t iova = 0x1000'0000;
    static constexpr uint64_t page = OmapDriver::page;

    explicit Omap(const std::string &options = "variant=omap4")
        : IommuFixture("omap-iommu", options, ram, ram_size, 1),
          driver(host, *iommu, tables, options.find("tlb-entries=8") != std::string::npos ? 8 : 32,
                 options.find("omap2") == std::string::npos && options.find("dsp") == std::string::npos)
    {
        driver.attach();
    }

    // As omap_iommu_map and omap_iommu_unmap, for pages of 4 KiB.
    void map(uint64_t from, uint64_t to, uint64_t size = page)
    {
        for (uint64_t done = 0; done < size; done += page) {
            driver.flush_page(from + done);
            driver.map_as(OmapDriver::small, from + done, to + done);
        }
    }
    void unmap(uint64_t from, uint64_t size = page)
    {
        for (uint64_t done = 0; done < size; done += page) {
            driver.unmap(from + done, page);
            driver.flush_page(from + done);
        }
    }

    OmapDriver driver;
};

}  // namespace soc::test
