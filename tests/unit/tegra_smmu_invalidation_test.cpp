// What the SMMU keeps, in two places: lines of the tables (PTC) and translations (TLB). A driver that flushes one of
// them only must be found out.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/tegra_smmu_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t iova = TegraSmmu::iova, data = TegraSmmu::data, page = TegraSmmu::page;

}  // namespace

TEST_CASE("tegra-smmu: an unmapped page stays reachable until both caches are flushed, whichever comes first")
{
    TegraSmmu smmu(GENERATE(from_range(tegra_smmu_variants)));
    const bool ptc_first = GENERATE(true, false);
    smmu.map(iova, data);
    REQUIRE(smmu.at(iova) == data);
    smmu.driver.write_pte(smmu.domain, iova, 0);
    CHECK(smmu.at(iova) == data);
    if (ptc_first) {
        smmu.driver.flush_ptc(smmu.driver.pte_address(smmu.domain, iova));
        CHECK(smmu.at(iova) == data);
        smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
        CHECK(smmu.kind(iova) == FaultKind::translation);
        return;
    }
    // The walk after the TLB's flush finds the old line, and its result stays in the TLB.
    smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    CHECK(smmu.at(iova) == data);
    smmu.driver.flush_ptc(smmu.driver.pte_address(smmu.domain, iova));
    CHECK(smmu.at(iova) == data);
    smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    CHECK(smmu.kind(iova) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: that nothing is mapped is remembered in both, too")
{
    TegraSmmu smmu;
    smmu.driver.pte_address(smmu.domain, iova);
    REQUIRE(smmu.kind(iova) == FaultKind::translation);
    smmu.driver.write_pte(smmu.domain, iova, TegraSmmuDriver::pte_of(data, Perm::rw));
    smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    CHECK(smmu.kind(iova) == FaultKind::translation);
    smmu.driver.flush_ptc(smmu.driver.pte_address(smmu.domain, iova));
    CHECK(smmu.kind(iova) == FaultKind::translation);
    smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    CHECK(smmu.at(iova) == data);
}

TEST_CASE("tegra-smmu: a walk caches the whole line, and a flush by address drops that line alone")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    const unsigned words = smmu.driver.soc().atom_size / 4;
    const uint64_t first = iova & ~(words * page - 1);  // whose entry begins a line
    smmu.map(first, data);
    REQUIRE(smmu.at(first) == data);
    // The rest of the line, and the next one, are written without a flush of the PTC.
    for (unsigned i = 1; i < 2 * words; ++i)
        smmu.driver.write_pte(smmu.domain, first + i * page, TegraSmmuDriver::pte_of(data + i * page, Perm::rw));
    smmu.driver.flush_tlb();
    for (unsigned i = 1; i < words; ++i)
        CHECK(smmu.kind(first + i * page) == FaultKind::translation);
    CHECK(smmu.at(first + words * page) == data + words * page);

    // Any address of the line will do; the neighbouring lines stay.
    const uint64_t last = first + (words - 1) * page;
    smmu.driver.flush_ptc(smmu.driver.pte_address(smmu.domain, first + words * page));
    smmu.driver.flush_tlb();
    CHECK(smmu.kind(last) == FaultKind::translation);
    smmu.driver.flush_tlb();
    smmu.driver.write(TegraSmmuDriver::ptc_flush, uint32_t(smmu.driver.pte_address(smmu.domain, last)) | 1);
    CHECK(smmu.at(last) == data + (words - 1) * page);
}

TEST_CASE("tegra-smmu: a flush of the whole PTC drops every line, and no translation")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    smmu.map(0x8000'0000, data);
    REQUIRE(smmu.at(iova) == data);
    REQUIRE(smmu.at(0x8000'0000) == data);
    for (uint64_t address : {iova, uint64_t(0x8000'0000)})
        smmu.driver.write_pte(smmu.domain, address, 0);
    smmu.driver.flush_ptc_all();
    CHECK(smmu.at(iova) == data);
    smmu.driver.flush_tlb();
    CHECK(smmu.kind(iova) == FaultKind::translation);
    CHECK(smmu.kind(0x8000'0000) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: without its cache the tables are read each time")
{
    TegraSmmu smmu;
    smmu.driver.write(TegraSmmuDriver::ptc_config, 0x3f);
    smmu.driver.flush_ptc_all();
    smmu.map(iova, data);
    REQUIRE(smmu.at(iova) == data);
    smmu.driver.write_pte(smmu.domain, iova, 0);
    smmu.driver.flush_tlb();
    CHECK(smmu.kind(iova) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: a group is four pages, a section 4 MiB, of the address space that is named")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    const bool section = GENERATE(false, true);
    CAPTURE(variant, section);
    TegraSmmu smmu(variant);
    TegraSmmuDriver::Domain second = smmu.driver.domain_alloc();
    smmu.driver.attach(second, smmu.other_swgroup);
    const uint64_t size = section ? TegraSmmuDriver::section : TegraSmmuDriver::group;
    const uint64_t begin = iova & ~(size - 1);
    const std::vector<uint64_t> inside{begin, begin + size / 2, begin + size - page};
    const std::vector<uint64_t> outside{begin - page, begin + size};
    for (auto *domain : {&smmu.domain, &second})
        for (const auto &list : {inside, outside})
            for (uint64_t address : list)
                smmu.driver.map(*domain, address, data);
    for (const auto &list : {inside, outside})
        for (uint64_t address : list) {
            REQUIRE(smmu.at(address));
            REQUIRE(smmu.at(address, Access::read, TegraSmmu::other));
            smmu.driver.write_pte(smmu.domain, address, 0);
            smmu.driver.write_pte(second, address, 0);
        }
    smmu.driver.flush_ptc_all();
    if (section)
        smmu.driver.flush_tlb_section(second.asid, iova);
    else
        smmu.driver.flush_tlb_group(second.asid, iova);
    for (uint64_t address : inside) {
        CHECK_FALSE(smmu.at(address, Access::read, TegraSmmu::other));
        CHECK(smmu.at(address) == data);
    }
    for (uint64_t address : outside)
        CHECK(smmu.at(address, Access::read, TegraSmmu::other) == data);
}

TEST_CASE("tegra-smmu: without ASID_MATCH a flush is for every address space, with it for one")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    TegraSmmuDriver::Domain second = smmu.driver.domain_alloc();
    smmu.driver.attach(second, smmu.other_swgroup);
    for (auto *domain : {&smmu.domain, &second})
        smmu.driver.map(*domain, iova, data);
    REQUIRE(smmu.at(iova));
    REQUIRE(smmu.at(iova, Access::read, TegraSmmu::other));
    smmu.driver.write_pte(smmu.domain, iova, 0);
    smmu.driver.write_pte(second, iova, 0);
    smmu.driver.flush_ptc_all();
    smmu.driver.flush_tlb_asid(smmu.domain.asid);
    CHECK_FALSE(smmu.at(iova));
    CHECK(smmu.at(iova, Access::read, TegraSmmu::other) == data);
    // A group, of whatever address space.
    smmu.driver.write(TegraSmmuDriver::tlb_flush, uint32_t(iova & ~0x3fffull) >> 12 | 3);
    CHECK_FALSE(smmu.at(iova, Access::read, TegraSmmu::other));
}

TEST_CASE("tegra-smmu: a flush is of the last address space too, and of an address as a whole")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    TegraSmmuDriver::Domain last = smmu.driver.domain_alloc();
    last.asid = smmu.driver.soc().num_asids - 1;
    smmu.driver.write(TegraSmmuDriver::ptb_asid, last.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(last.pd >> 12) | TegraSmmuDriver::all_attributes);
    smmu.driver.enable(smmu.other_swgroup, last.asid);
    const uint64_t high = iova | 1ull << 31;
    for (uint64_t address : {iova, high}) {
        smmu.driver.map(last, address, data);
        REQUIRE(smmu.at(address, Access::read, TegraSmmu::other) == data);
        smmu.driver.write_pte(last, address, 0);
    }
    smmu.driver.flush_ptc_all();
    smmu.driver.flush_tlb_group(last.asid, high);
    CHECK_FALSE(smmu.at(high, Access::read, TegraSmmu::other));
    CHECK(smmu.at(iova, Access::read, TegraSmmu::other) == data);
    smmu.driver.flush_tlb_asid(last.asid);
    CHECK_FALSE(smmu.at(iova, Access::read, TegraSmmu::other));
}

TEST_CASE("tegra-smmu: what switches translation off and on again drops nothing")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    REQUIRE(smmu.at(iova) == data);
    smmu.driver.write_pte(smmu.domain, iova, 0);
    smmu.driver.disable(smmu.swgroup, smmu.domain.asid);
    smmu.driver.enable(smmu.swgroup, smmu.domain.asid);
    smmu.driver.write(TegraSmmuDriver::config, 0);
    smmu.driver.write(TegraSmmuDriver::config, 1);
    CHECK(smmu.at(iova) == data);
    smmu.driver.flush_tlb();
    CHECK(smmu.at(iova) == data);  // of the line
}

TEST_CASE("tegra-smmu: a TLB_FLUSH of a kind that does not exist drops nothing and is logged")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    REQUIRE(smmu.at(iova) == data);
    smmu.driver.write_pte(smmu.domain, iova, 0);
    smmu.driver.flush_ptc_all();
    smmu.driver.write(TegraSmmuDriver::tlb_flush, 1);
    CHECK(smmu.at(iova) == data);
    CHECK(smmu.host.logged("matches neither") == 1);
}

TEST_CASE("tegra-smmu: a new directory drops no translation, which is what the driver's flush of the space is for")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    REQUIRE(smmu.at(iova) == data);
    TegraSmmuDriver::Domain second = smmu.driver.domain_alloc();
    second.asid = smmu.domain.asid;
    smmu.driver.write(TegraSmmuDriver::ptb_asid, second.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(second.pd >> 12) | TegraSmmuDriver::all_attributes);
    CHECK(smmu.at(iova) == data);
    smmu.driver.flush_tlb_asid(second.asid);
    CHECK(smmu.kind(iova) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: a hit walks no table, and a debugger leaves no trace")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    smmu.ask(iova, Access::read, TegraSmmu::client, true);
    smmu.ask(0, Access::read, TegraSmmu::client, true);
    smmu.ask(0, Access::read, TegraSmmu::other, true);
    for (const char *name : {"translations", "walks", "faults", "bypasses"})
        CHECK(smmu.counter(name) == 0);
    CHECK_FALSE(smmu.driver.report());
    // Neither was the line that it read cached.
    smmu.driver.write_pte(smmu.domain, iova, TegraSmmuDriver::pte_of(data + page, Perm::rw));

    CHECK(smmu.at(iova) == data + page);
    smmu.at(iova + 8);
    CHECK(smmu.counter("misses") == 1);
    CHECK(smmu.counter("hits") == 1);
    CHECK(smmu.counter("walks") == 1);
}

TEST_CASE("tegra-smmu: a flush that comes between a walk's read and its end leaves nothing behind")
{
    TegraSmmu smmu;
    const bool of_tlb = GENERATE(true, false);
    smmu.map(iova, data);
    const uint64_t entry = smmu.driver.pte_address(smmu.domain, iova);
    bool done = false;
    smmu.host.memory().after_read = [&] {
        if (done)
            return;
        // What was read may be old already.
        done = true;
        smmu.host.memory().store<uint32_t>(entry, 0);
        smmu.driver.flush_ptc_all();
        if (of_tlb)
            smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    };
    smmu.at(iova);
    REQUIRE(done);
    if (!of_tlb)
        smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    CHECK(smmu.kind(iova) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: a line that is flushed while it is read is not kept")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    const uint64_t entry = smmu.driver.pte_address(smmu.domain, iova);
    smmu.host.memory().after_read = [&, reads = 0]() mutable {
        if (++reads != 2)  // the directory's line, then the table's
            return;
        smmu.host.memory().store<uint32_t>(entry, 0);
        smmu.driver.flush_ptc(entry);
    };
    CHECK(smmu.at(iova) == data);  // as if it had come before
    smmu.driver.flush_tlb_group(smmu.domain.asid, iova);
    CHECK(smmu.kind(iova) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: whoever keeps translations outside hears of a flush, for the clients of that address space")
{
    TegraSmmu smmu;
    TegraSmmuDriver::Domain second = smmu.driver.domain_alloc();
    smmu.driver.attach(second, smmu.other_swgroup);
    smmu.host.unmaps.clear();
    smmu.driver.flush_tlb_group(second.asid, iova);
    REQUIRE(smmu.host.unmaps.size() == 2);  // hdar, hdaw
    CHECK(smmu.host.unmaps[1].stream == TegraSmmu::other);
    CHECK(smmu.host.unmaps[1].address == (iova & ~0x3fffull));
    CHECK(smmu.host.unmaps[1].size == TegraSmmuDriver::group);
    smmu.host.unmaps.clear();
    smmu.driver.disable(smmu.other_swgroup, second.asid);
    CHECK(smmu.host.unmaps.size() >= smmu.driver.soc().clients.size());
}

TEST_CASE("tegra-smmu: a translation that was in use before reset is gone after it")
{
    TegraSmmu smmu;
    smmu.map(iova, data);
    REQUIRE(smmu.at(iova) == data);
    smmu.iommu->reset();
    smmu.driver.write_pte(smmu.domain, iova, 0);
    smmu.driver.write(TegraSmmuDriver::config, 1);
    smmu.driver.write(TegraSmmuDriver::ptb_asid, smmu.domain.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(smmu.domain.pd >> 12) | TegraSmmuDriver::all_attributes);
    smmu.driver.enable(smmu.swgroup, smmu.domain.asid);
    CHECK(smmu.kind(iova) == FaultKind::translation);
}
