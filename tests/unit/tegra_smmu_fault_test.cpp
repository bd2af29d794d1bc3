// What a fault leaves in the error registers, and the interrupt.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <thread>

#include "catch.hpp"
#include "unit/tegra_smmu_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t iova = TegraSmmu::iova, data = TegraSmmu::data, page = TegraSmmu::page;
// tegra_mc_error_names
constexpr uint32_t emem_decode_error = 2, smmu_translation_error = 6;

}  // namespace

TEST_CASE("tegra-smmu: a page fault tells client, direction and address, by both interrupts")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    for (const auto &[client, access] : {std::pair{TegraSmmu::client, Access::write},
                                         std::pair{TegraSmmu::partner, Access::read}}) {
        smmu.at(iova + 0x678, access, client);
        const auto report = smmu.driver.report();
        REQUIRE(report);
        CHECK(report->interrupts == (TegraSmmuDriver::int_decerr | TegraSmmuDriver::int_page));
        CHECK(report->type == smmu_translation_error);
        CHECK(report->client == client);
        CHECK(report->write == (access == Access::write));
        CHECK(report->address == iova + 0x678);
        // "[--S]"
        CHECK_FALSE(report->readable);
        CHECK_FALSE(report->writable);
        CHECK_FALSE(report->nonsecure);
        CHECK((smmu.driver.read(TegraSmmuDriver::err_status) & 1u << 17) == 0);  // SECURITY
        smmu.driver.acknowledge();
        CHECK_FALSE(smmu.driver.report());
    }
}

TEST_CASE("tegra-smmu: a client's id has eight bits on Tegra210")
{
    TegraSmmu smmu("tegra210");
    const uint32_t tsecwrb = 0x87;
    smmu.driver.enable(smmu.driver.soc().swgroup_of(tsecwrb), smmu.domain.asid);
    smmu.at(iova, Access::write, tsecwrb);
    REQUIRE(smmu.driver.report());
    CHECK(smmu.driver.report()->client == tsecwrb);
}

TEST_CASE("tegra-smmu: the report has what the entries permit, from the tables and from the TLB")
{
    TegraSmmu smmu;
    smmu.map(iova, data, Perm::r);
    smmu.driver.write_pte(smmu.domain, iova + page, uint32_t(data >> 12) | TegraSmmuDriver::writable);
    smmu.driver.write_pte(smmu.domain, iova + 2 * page, TegraSmmuDriver::nonsecure);
    smmu.driver.flush_ptc_all();
    smmu.driver.flush_tlb();
    for (int pass = 0; pass < 2; ++pass) {
        CHECK(smmu.kind(iova, Access::write) == FaultKind::permission);
        auto report = smmu.driver.report();
        REQUIRE(report);
        CHECK((report->readable && !report->writable && report->nonsecure));
        smmu.driver.acknowledge();

        CHECK(smmu.kind(iova + page, Access::read) == FaultKind::permission);
        report = smmu.driver.report();
        REQUIRE(report);
        CHECK((!report->readable && report->writable && !report->nonsecure));
        smmu.driver.acknowledge();

        CHECK(smmu.kind(iova + 2 * page, Access::read) == FaultKind::translation);
        report = smmu.driver.report();
        REQUIRE(report);
        CHECK((!report->readable && !report->writable && report->nonsecure));
        smmu.driver.acknowledge();
    }
    // PTB_DATA permits like an entry.
    smmu.driver.write(TegraSmmuDriver::ptb_asid, smmu.domain.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(smmu.domain.pd >> 12) | TegraSmmuDriver::readable |
                                                     TegraSmmuDriver::writable);
    smmu.driver.flush_tlb();
    CHECK(smmu.kind(iova, Access::write) == FaultKind::permission);
    REQUIRE(smmu.driver.report());
    CHECK(smmu.driver.report()->readable);
    CHECK_FALSE(smmu.driver.report()->nonsecure);
}

TEST_CASE("tegra-smmu: an address without memory is a decode error, by one interrupt")
{
    TegraSmmu smmu;
    SECTION("physical, with bits 33 and 32")
    {
        smmu.at(0x2'0000'0010, Access::write, TegraSmmu::other);
        const auto report = smmu.driver.report();
        REQUIRE(report);
        CHECK(report->client == TegraSmmu::other);
        CHECK(report->write);
        CHECK(report->address == 0x2'0000'0010);
    }
    SECTION("through a page, as the client gave it")
    {
        smmu.map(iova, 0x4000'0000);
        smmu.at(iova + 0x10);
        const auto report = smmu.driver.report();
        REQUIRE(report);
        CHECK(report->client == TegraSmmu::client);
        CHECK_FALSE(report->write);
        CHECK(report->address == iova + 0x10);
    }
    CHECK(smmu.driver.report()->interrupts == TegraSmmuDriver::int_decerr);
    CHECK(smmu.driver.report()->type == emem_decode_error);
}

TEST_CASE("tegra-smmu: a table without memory is a decode error of the SMMU's own client")
{
    const uint64_t nowhere = GENERATE(0x4000'0000ull, 0x2'4000'0000ull);
    const bool directory = GENERATE(true, false);
    TegraSmmu smmu;
    if (directory) {
        smmu.driver.write(TegraSmmuDriver::ptb_asid, smmu.domain.asid);
        smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(nowhere >> 12) | TegraSmmuDriver::all_attributes);
    } else {
        smmu.driver.write_pde(smmu.domain, iova,
                              uint32_t(nowhere >> 12) | TegraSmmuDriver::all_attributes | TegraSmmuDriver::next);
    }
    CHECK(smmu.kind(iova, Access::write) == FaultKind::walk_abort);
    const auto report = smmu.driver.report();
    REQUIRE(report);
    CHECK(report->interrupts == TegraSmmuDriver::int_decerr);
    CHECK(report->type == emem_decode_error);
    CHECK(report->client == 0);  // ptcr
    CHECK_FALSE(report->write);
    CHECK(report->address == nowhere + (directory ? iova >> 22 : iova >> 12 & 0x3ff) * 4);
    // It is asked for again.
    smmu.host.ram(nowhere, page);
    CHECK(smmu.kind(iova) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: the first error stays until it is acknowledged")
{
    TegraSmmu smmu;
    smmu.at(iova);
    smmu.at(iova + page, Access::write);
    CHECK(smmu.driver.report()->address == iova);
    smmu.driver.write(TegraSmmuDriver::intstatus, TegraSmmuDriver::int_page);
    smmu.at(iova + 2 * page);
    CHECK(smmu.driver.report()->address == iova);  // the other interrupt of the pair still stands
    smmu.driver.acknowledge();
    smmu.at(iova + 3 * page);
    CHECK(smmu.driver.report()->address == iova + 3 * page);
}

TEST_CASE("tegra-smmu: the line rises from deferred work, follows INTMASK and falls with the acknowledgement")
{
    TegraSmmu smmu;
    smmu.at(iova);
    CHECK_FALSE(smmu.host.line(0));
    REQUIRE(smmu.host.run_deferred(*smmu.iommu));
    CHECK(smmu.host.line(0));
    smmu.driver.write(TegraSmmuDriver::intmask, 0);
    CHECK_FALSE(smmu.host.line(0));
    for (uint32_t bit : {TegraSmmuDriver::int_decerr, TegraSmmuDriver::int_page}) {
        smmu.driver.write(TegraSmmuDriver::intmask, bit);
        CHECK(smmu.host.line(0));
    }
    smmu.driver.acknowledge();
    CHECK_FALSE(smmu.host.line(0));
}

TEST_CASE("tegra-smmu: attaching a client that has no enable bit of its own acknowledges the errors, as it would there")
{
    // tegra_smmu_enable() reads and writes the register 0 for the GPU's clients, which is INTSTATUS.
    TegraSmmu smmu;
    smmu.at(iova);
    REQUIRE(smmu.driver.report());
    TegraSmmuDriver::Domain second = smmu.driver.domain_alloc();
    smmu.driver.attach(second, 19);
    CHECK_FALSE(smmu.driver.report());
    CHECK(smmu.at(data, Access::read, 0x58) == data);  // gpusrd has an MMU of its own
}

TEST_CASE("tegra-smmu: the line is up after any fault that no acknowledgement followed", "[threads]")
{
    TegraSmmu smmu;
    std::atomic<bool> done{false};
    std::thread device([&] {
        for (uint64_t i = 0; i < 20'000; ++i)
            smmu.ask(i << 12);
        done = true;
    });
    while (!done) {
        smmu.host.run_deferred(*smmu.iommu);
        if (smmu.host.line(0))
            smmu.driver.acknowledge();
    }
    device.join();
    smmu.host.run_deferred(*smmu.iommu);
    CHECK(smmu.host.line(0) == smmu.driver.report().has_value());
    smmu.ask(0x1000);
    smmu.host.run_deferred(*smmu.iommu);
    CHECK(smmu.host.line(0));
}
