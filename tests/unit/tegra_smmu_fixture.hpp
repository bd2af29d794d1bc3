// An SMMU behind the fake machine, probed as Linux probes it, with the swgroup of its usual client attached.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/tegra_smmu_driver.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct TegraSmmu : IommuFixture {
    using Driver = TegraSmmuDriver;
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 16_MiB, data = ram + 8_MiB;
    static constexpr uint64_t iova = 0x1234'5000;
    static constexpr uint64_t page = Driver::page;
    // Clients that every variant has; the first two are of one swgroup.
    static constexpr uint32_t client = 0x3b, partner = 0x1d;  // ppcsahbdmaw, ppcsahbdmar
    static constexpr uint32_t other = 0x35;                   // hdaw

    explicit TegraSmmu(const std::string &variant = "tegra124")
        : IommuFixture("tegra-smmu", "variant=" + variant, ram, ram_size, client),
          driver(host, *iommu, variant, Frames(ram, data - ram)), swgroup(driver.soc().swgroup_of(client)),
          other_swgroup(driver.soc().swgroup_of(other))
    {
        driver.probe();
        domain = driver.domain_alloc();
        driver.attach(domain, swgroup);
    }

    void map(uint64_t from, uint64_t to, Perm perm = Perm::rw) { driver.map(domain, from, to, page, perm); }
    // Both caches, for what was written into the tables at that address.
    void flush(uint64_t address)
    {
        driver.flush_ptc(driver.pte_address(domain, address));
        driver.flush_tlb_group(domain.asid, address);
    }

    Driver driver;
    uint32_t swgroup, other_swgroup;
    Driver::Domain domain;
};

inline const std::vector<std::string> tegra_smmu_variants{"tegra30", "tegra114", "tegra124", "tegra210"};

}  // namespace soc::test
