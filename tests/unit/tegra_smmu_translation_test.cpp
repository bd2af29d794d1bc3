// From a client's address to memory: which clients are translated, the tables' two levels, permissions.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <set>

#include "catch.hpp"
#include "unit/tegra_smmu_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("tegra-smmu: a mapped page is reached, and its neighbours are not")
{
    TegraSmmu smmu(GENERATE(from_range(tegra_smmu_variants)));
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    const TranslateResult result = smmu.ask(TegraSmmu::iova + 0x123, Access::write);
    REQUIRE(std::holds_alternative<Translation>(result));
    CHECK(std::get<Translation>(result).address == TegraSmmu::data + 0x123);
    CHECK(std::get<Translation>(result).mask == TegraSmmu::page - 1);
    CHECK(smmu.kind(TegraSmmu::iova - 1) == FaultKind::translation);
    CHECK(smmu.kind(TegraSmmu::iova + TegraSmmu::page) == FaultKind::translation);
    CHECK(smmu.kind(TegraSmmu::data) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: a directory covers 4 GiB, from its first entry to its last")
{
    TegraSmmu smmu;
    smmu.map(0, TegraSmmu::data);
    smmu.map(0xffff'f000, TegraSmmu::data + TegraSmmu::page);
    CHECK(smmu.at(4) == TegraSmmu::data + 4);
    CHECK(smmu.at(0xffff'ffff) == TegraSmmu::data + 2 * TegraSmmu::page - 1);
    CHECK(smmu.kind(0x1000) == FaultKind::translation);
    CHECK(smmu.kind(0xffff'efff) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: every client with an enable bit follows its swgroup's register, and the others stay physical")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    const TegraSoc &soc = smmu.driver.soc();
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    smmu.driver.disable(smmu.swgroup, 0);
    for (const TegraSoc::SwGroup &group : soc.swgroups) {
        CAPTURE(group.swgroup);
        smmu.driver.enable(group.swgroup, smmu.domain.asid);
        for (const TegraSoc::Client &client : soc.clients) {
            CAPTURE(client.id);
            const bool translated = client.swgroup == group.swgroup && client.reg;
            CHECK(smmu.at(TegraSmmu::iova + 8, Access::read, client.id).has_value() == translated);
            CHECK(smmu.at(TegraSmmu::data + 8, Access::write, client.id).has_value() != translated);
        }
        smmu.driver.disable(group.swgroup, smmu.domain.asid);
    }
}

TEST_CASE("tegra-smmu: a client is translated while SMMU, client and swgroup are all enabled")
{
    TegraSmmu smmu;
    const uint32_t asid_reg = smmu.driver.soc().asid_register(smmu.swgroup);
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    REQUIRE(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
    const auto [reg, off, on] = GENERATE_COPY(table<uint32_t, uint32_t, uint32_t>({
        {TegraSmmuDriver::config, 0u, 1u}, {0x22cu, 0u, 1u << 27}, {asid_reg, 0u, 1u << 31},
    }));
    CAPTURE(reg);
    smmu.driver.write(reg, off);
    CHECK(smmu.at(TegraSmmu::data + 4) == TegraSmmu::data + 4);
    CHECK(smmu.counter("bypasses") == 1);
    smmu.driver.write(reg, on);
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
    CHECK(smmu.kind(TegraSmmu::data) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: permissions are what directory register, directory and table all permit")
{
    TegraSmmu smmu;
    constexpr uint32_t attributes[] = {0, TegraSmmuDriver::readable, TegraSmmuDriver::writable,
                                       TegraSmmuDriver::readable | TegraSmmuDriver::writable};
    smmu.driver.pte_address(smmu.domain, TegraSmmu::iova);
    const uint64_t table = smmu.domain.pts.begin()->second;
    for (uint32_t ptb : attributes)
        for (uint32_t pde : attributes)
            for (uint32_t pte : attributes) {
                CAPTURE(ptb, pde, pte);
                smmu.driver.write(TegraSmmuDriver::ptb_asid, smmu.domain.asid);
                smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(smmu.domain.pd >> 12) | ptb);
                smmu.driver.write_pde(smmu.domain, TegraSmmu::iova,
                                      uint32_t(table >> 12) | pde | TegraSmmuDriver::next);
                smmu.driver.write_pte(smmu.domain, TegraSmmu::iova, uint32_t(TegraSmmu::data >> 12) | pte);
                smmu.driver.flush_ptc_all();
                smmu.driver.flush_tlb();
                const uint32_t both = ptb & pde & pte;
                for (int pass = 0; pass < 2; ++pass) {
                    CHECK(smmu.at(TegraSmmu::iova, Access::read).has_value() == bool(both & TegraSmmuDriver::readable));
                    CHECK(smmu.at(TegraSmmu::iova, Access::write).has_value() ==
                          bool(both & TegraSmmuDriver::writable));
                }
                const FaultKind wrong = both ? FaultKind::permission : FaultKind::translation;
                if (!(both & TegraSmmuDriver::writable))
                    CHECK(smmu.kind(TegraSmmu::iova, Access::write) == wrong);
            }
}

TEST_CASE("tegra-smmu: the last fault's level says which entry ended the walk")
{
    TegraSmmu smmu;
    const auto level = [&](uint64_t address) {
        smmu.at(address);
        return smmu.iommu->counters().last_fault().fault.level;
    };
    CHECK(level(TegraSmmu::iova) == 0);
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    CHECK(level(TegraSmmu::iova + TegraSmmu::page) == 1);
    smmu.driver.write(TegraSmmuDriver::ptb_asid, smmu.domain.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(smmu.domain.pd >> 12));
    smmu.driver.flush_tlb();
    CHECK(level(TegraSmmu::iova) == -1);
}

TEST_CASE("tegra-smmu: a directory entry without NEXT maps 4 MiB")
{
    TegraSmmu smmu;
    const uint64_t section = TegraSmmu::iova & ~(TegraSmmuDriver::section - 1);
    // The bits below 4 MiB of its address are no part of it.
    smmu.driver.write_pde(smmu.domain, section,
                          uint32_t((TegraSmmu::data + 0x5000) >> 12) | TegraSmmuDriver::all_attributes);
    smmu.driver.flush_ptc(TegraSmmuDriver::pde_address(smmu.domain, section));
    smmu.driver.flush_tlb_section(smmu.domain.asid, section);
    CHECK(smmu.at(section + 0x123) == TegraSmmu::data + 0x123);
    CHECK(smmu.at(section + TegraSmmuDriver::section - 1) == TegraSmmu::data + TegraSmmuDriver::section - 1);
    CHECK(smmu.kind(section + TegraSmmuDriver::section) == FaultKind::translation);
}

TEST_CASE("tegra-smmu: each address space has a directory of its own, as many as the SoC has")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    const unsigned count = smmu.driver.soc().num_asids;
    const uint32_t reg = smmu.driver.soc().asid_register(smmu.swgroup);
    std::vector<TegraSmmuDriver::Domain> domains{smmu.domain};
    while (domains.size() < count) {
        domains.push_back(smmu.driver.domain_alloc());
        REQUIRE(smmu.driver.as_prepare(domains.back()));
    }
    TegraSmmuDriver::Domain more = smmu.driver.domain_alloc();
    CHECK_FALSE(smmu.driver.as_prepare(more));
    for (unsigned i = 0; i < count; ++i)
        smmu.driver.map(domains[i], TegraSmmu::iova, TegraSmmu::data + i * TegraSmmu::page);
    unsigned wrong = 0;
    for (unsigned i = 0; i < count; ++i) {
        smmu.driver.write(reg, 1u << 31 | domains[i].asid);
        wrong += smmu.at(TegraSmmu::iova) != TegraSmmu::data + i * TegraSmmu::page;
    }
    CHECK(wrong == 0);
}

TEST_CASE("tegra-smmu: swgroups with one address space share translations, others do not")
{
    TegraSmmu smmu;
    smmu.map(TegraSmmu::iova, TegraSmmu::data);
    TegraSmmuDriver::Domain second = smmu.driver.domain_alloc();
    smmu.driver.attach(second, smmu.other_swgroup);
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
    CHECK(smmu.at(TegraSmmu::iova, Access::read, TegraSmmu::partner) == TegraSmmu::data);
    CHECK(smmu.counter("walks") == 1);
    CHECK(smmu.kind(TegraSmmu::iova, Access::read, TegraSmmu::other) == FaultKind::translation);
    smmu.driver.attach(smmu.domain, smmu.other_swgroup);
    CHECK(smmu.at(TegraSmmu::iova, Access::read, TegraSmmu::other) == TegraSmmu::data);
}

TEST_CASE("tegra-smmu: an address of 34 bits is reached where the SoC has them, through a page and physically")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    const bool wide = smmu.driver.soc().address_bits == 34;
    const uint64_t high = 0x3'4000'0000;
    smmu.host.ram(high, 1_MiB);
    smmu.driver.write_pte(smmu.domain, TegraSmmu::iova, uint32_t(high >> 12) | TegraSmmuDriver::all_attributes);
    smmu.flush(TegraSmmu::iova);
    if (wide)
        CHECK(smmu.at(TegraSmmu::iova + 4) == high + 4);
    else
        CHECK(smmu.kind(TegraSmmu::iova + 4) == FaultKind::bus);  // 0x4000'0000
    CHECK(smmu.at(high + 4, Access::read, TegraSmmu::other).has_value() == wide);
}

TEST_CASE("tegra-smmu: an address that no lines carry faults, and one of more than 32 bits is not translated")
{
    const std::string variant = GENERATE(from_range(tegra_smmu_variants));
    CAPTURE(variant);
    TegraSmmu smmu(variant);
    smmu.map(0, TegraSmmu::data);
    for (uint64_t address : {1ull << 32, 1ull << 34, ~0ull})
        CHECK(smmu.kind(address) == FaultKind::address_size);
    CHECK(smmu.kind(1ull << smmu.driver.soc().address_bits, Access::read, TegraSmmu::other) ==
          FaultKind::address_size);
    CHECK_FALSE(smmu.driver.report());
}

TEST_CASE("tegra-smmu: tables may lie at addresses of 34 bits")
{
    TegraSmmu smmu(GENERATE(as<std::string>(), "tegra124", "tegra210"));
    const uint64_t high = 0x1'0000'0000;
    smmu.host.ram(high, 1_MiB);
    TegraSmmuDriver::Domain domain{.pd = high, .asid = smmu.domain.asid};
    domain.pts[TegraSmmu::iova >> 22] = high + TegraSmmu::page;
    smmu.driver.write_pde(domain, TegraSmmu::iova,
                          uint32_t((high + TegraSmmu::page) >> 12) | TegraSmmuDriver::all_attributes |
                              TegraSmmuDriver::next);
    smmu.driver.write(TegraSmmuDriver::ptb_asid, domain.asid);
    smmu.driver.write(TegraSmmuDriver::ptb_data, uint32_t(high >> 12) | TegraSmmuDriver::all_attributes);
    smmu.driver.map(domain, TegraSmmu::iova, TegraSmmu::data);
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
    // Of which the flush register's upper part is a part.
    smmu.driver.write_pte(domain, TegraSmmu::iova, TegraSmmuDriver::pte_of(TegraSmmu::data + 0x1000, Perm::rw));
    smmu.driver.flush_tlb();
    smmu.driver.write(TegraSmmuDriver::ptc_flush_hi, 0);
    smmu.driver.write(TegraSmmuDriver::ptc_flush, uint32_t(domain.pts.begin()->second + 0x514) | 1);
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data);
    smmu.driver.flush_tlb();
    smmu.driver.flush_ptc(smmu.driver.pte_address(domain, TegraSmmu::iova));
    CHECK(smmu.at(TegraSmmu::iova) == TegraSmmu::data + 0x1000);
}

TEST_CASE("tegra-smmu: a number that is no client's is an unknown stream, and has no swgroup")
{
    TegraSmmu smmu;
    for (uint32_t stream : {0x09u, 0x12u, 0x74u, 0xffu, ~0u})
        CHECK(smmu.kind(TegraSmmu::data, Access::read, stream) == FaultKind::unknown_stream);
    CHECK(smmu.iommu->shape().streams == 0x74);
    CHECK(smmu.iommu->iommu_cells(0x09) == std::vector<uint32_t>{~0u});
    CHECK(smmu.iommu->iommu_cells(TegraSmmu::client) == std::vector<uint32_t>{smmu.swgroup});
    CHECK(smmu.iommu->iommu_cells(TegraSmmu::partner) == std::vector<uint32_t>{smmu.swgroup});
    CHECK_FALSE(smmu.driver.report());
}

TEST_CASE("tegra-smmu: what no memory answers for is a fault of its own, and is not remembered")
{
    TegraSmmu smmu;
    const uint64_t late = 0x4000'0000;
    smmu.map(TegraSmmu::iova, late);
    CHECK(smmu.kind(TegraSmmu::iova) == FaultKind::bus);
    CHECK(smmu.kind(late, Access::read, TegraSmmu::other) == FaultKind::bus);
    smmu.host.ram(late, 1_MiB);
    CHECK(smmu.at(TegraSmmu::iova) == late);
    CHECK(smmu.at(late, Access::read, TegraSmmu::other) == late);
}
