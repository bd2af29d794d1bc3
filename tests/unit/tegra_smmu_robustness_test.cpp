// Whatever a guest does: garbage in registers and tables, threads, saved states.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/tegra_smmu_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("tegra-smmu: garbage in every register and table ends nothing, and the block works afterwards")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    std::mt19937 random(7);
    for (int i = 0; i < 40'000; ++i) {
        const unsigned region = random() % 3, size = 1u << random() % 4;
        const uint32_t offset = random() % 0x1100;
        switch (random() % 4) {
        case 0:
            smmu.iommu->mmio_read(region, offset, size);
            break;
        case 1:
            smmu.iommu->mmio_write(region, random() % 2 ? offset & ~3u : offset, random(), size);
            break;
        case 2:
            smmu.host.memory().store<uint32_t>(TegraSmmu::ram + random() % 0x4000 * 4, random());
            break;
        default:
            smmu.ask(random() >> random() % 32, random() % 2 ? Access::read : Access::write, unsigned(random() % 0x90));
        }
        smmu.host.run_deferred(*smmu.iommu);
    }
    smmu.iommu->reset();
    smmu.driver.probe();
    TegraSmmuDriver::Domain domain{.pd = TegraSmmu::ram + 4_MiB};
    smmu.driver.as_prepare(domain);
    smmu.driver.enable(smmu.swgroup, domain.asid);
    smmu.driver.map(domain, TegraSmmu::iova, TegraSmmu::data);
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
}

TEST_CASE("tegra-smmu: a directory that is its own table, and one at the end of memory, end a walk")
{
    TegraSmmu smmu;
    for (uint64_t iova = 0; iova < 1ull << 32; iova += TegraSmmuDriver::section)
        smmu.driver.write_pde(smmu.domain, iova,
                              uint32_t(smmu.domain.pd >> 12) | TegraSmmuDriver::all_attributes | TegraSmmuDriver::next);
    smmu.driver.flush_ptc_all();
    smmu.driver.flush_tlb();
    // The entry, read as a page's, names the directory's own page.
    CHECK(smmu.at(TegraSmmu::iova) == smmu.domain.pd);
    smmu.driver.write(TegraSmmuDriver::ptb_asid, smmu.domain.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, 0xe03f'ffff);
    smmu.driver.flush_tlb();
    CHECK(smmu.kind(0xffff'f000) == FaultKind::walk_abort);
}

TEST_CASE("tegra-smmu: what wrong software does is logged at a limited rate")
{
    TegraSmmu smmu;
    for (int i = 0; i < 10'000; ++i) {
        smmu.driver.write(0xff0, 1);
        smmu.driver.write(TegraSmmuDriver::tlb_flush, 1);
        smmu.ask(0);
    }
    const unsigned lines = smmu.host.logged("");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("tegra-smmu: a saved state goes on with its address spaces, and another SoC's is refused")
{
    TegraSmmu smmu("tegra30");
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    smmu.at(TegraSmmu::iova + TegraSmmu::page);
    StateWriter out;
    smmu.iommu->save(out);

    FakeHost host;
    host.ram(TegraSmmu::ram, TegraSmmu::ram_size);
    for (const std::string &variant : tegra_smmu_variants) {
        const auto there = make_iommu(host, "tegra-smmu", parse_options("variant=" + variant));
        StateReader in(out.data());
        there->load(in);
        CHECK(in.complete() == (variant == "tegra30"));
    }
    smmu.iommu->reset();
    StateReader in(out.data());
    smmu.iommu->load(in);
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
    CHECK(smmu.driver.report()->address == TegraSmmu::iova + TegraSmmu::page);
    CHECK(smmu.host.line(0));
}

TEST_CASE("tegra-smmu: a saved state that names an address space beyond the last does no harm")
{
    TegraSmmu smmu("tegra30");
    StateWriter out;
    smmu.iommu->save(out);
    for (uint8_t fill : {0xff, 0x5a}) {
        // Behind the names of its sections, everything.
        std::vector<uint8_t> bytes = out.data();
        for (size_t i = 60; i + 400 < bytes.size(); ++i)
            bytes[i] = fill;
        StateReader in(bytes);
        smmu.iommu->load(in);
        smmu.driver.read(TegraSmmuDriver::ptb_data);
        smmu.driver.write(TegraSmmuDriver::ptb_data, fill);
        for (uint32_t stream = 0; stream < smmu.iommu->shape().streams; ++stream)
            smmu.ask(TegraSmmu::iova, Access::read, stream);
    }
}

TEST_CASE("tegra-smmu: translations on one thread meet flushes of both caches on another", "[threads]")
{
    TegraSmmu smmu;
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    // Odd while the page is unmapped and flushed.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    const auto device = [&] {
        while (!done) {
            const unsigned before = epoch;
            const auto at = smmu.at(TegraSmmu::iova);
            if (at && (*at != TegraSmmu::data || (before % 2 && epoch == before)))
                ++wrong;
            smmu.ask(TegraSmmu::iova + 4_MiB, Access::write);
        }
    };
    std::thread master(device);
    for (int i = 0; i < 500; ++i) {
        smmu.driver.unmap(smmu.domain, TegraSmmu::iova);
        ++epoch;
        std::this_thread::yield();
        smmu.host.run_deferred(*smmu.iommu);
        smmu.driver.acknowledge();
        ++epoch;
        smmu.map(TegraSmmu::iova, TegraSmmu::data);
    }
    done = true;
    master.join();
    CHECK(wrong == 0);
}
