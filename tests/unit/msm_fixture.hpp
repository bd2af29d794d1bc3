// An MSM IOMMU behind the fake machine, probed as Linux probes it, with masters 3 and 7 in context 1 and master 9 in
// context 2.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "support/msm_driver.hpp"
#include "support/v7s_table.hpp"
#include "unit/iommu_fixture.hpp"

namespace soc::test {

struct Msm : IommuFixture {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 16_MiB, data = ram + 8_MiB;
    static constexpr uint64_t iova = 0x1230'0000, page = V7sTable::small;
    static constexpr unsigned contexts = 3, ctx = 1, other_ctx = 2, mid = 3, other_mid = 9;
    using D = MsmDriver;

    Msm() : IommuFixture("msm-iommu", "context-banks=3", ram, ram_size, mid), driver(*iommu, contexts)
    {
        probed = driver.probe();
        driver.attach(ctx, {mid, 7}, table.root());
        driver.attach(other_ctx, {other_mid}, other_table.root());
    }

    // As iommu_map() and msm_iommu_sync_map().
    void map(uint64_t from, uint64_t to, uint64_t size = page, const V7sProt &prot = {})
    {
        table.map(from, to, size, prot);
        driver.flush_range(ctx, from, size, page);
    }
    TranslateResult with(uint64_t address, Access access, bool privileged, bool instruction = false)
    {
        Transaction txn;
        txn.address = address;
        txn.stream = mid;
        txn.access = access;
        txn.privileged = privileged;
        txn.instruction = instruction;
        return iommu->translate(txn);
    }
    bool may(uint64_t address, Access access, bool privileged, bool instruction = false)
    {
        return std::holds_alternative<Translation>(with(address, access, privileged, instruction));
    }
    // PAR after a lookup.
    uint32_t par(uint32_t command, uint64_t address)
    {
        driver.write(ctx, command, uint32_t(address));
        return driver.read(ctx, D::par);
    }
    bool line(unsigned number)
    {
        host.run_deferred(*iommu);
        return host.line(number);
    }

    Frames frames{ram, 8_MiB};
    V7sTable table{host.memory(), frames}, other_table{host.memory(), frames};
    MsmDriver driver;
    uint32_t probed = 0;
};

}  // namespace soc::test
