// Control registers and their write guards: Arm IHI 0070, chapter 6.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/id_registers.hpp"
#include "catch.hpp"
#include "unit/smmuv3_parts.hpp"

using namespace soc;
using namespace soc::test;
using P = SmmuParts;

TEST_CASE("smmuv3: CR0ACK follows CR0, bits of absent features stay 0")
{
    P all;
    all.write(P::CR0, ~0u);
    CHECK(all.read(P::CR0) == 0x1f);
    CHECK(all.read(P::CR0ACK) == 0x1f);
    CHECK(all.registers.smmu_enabled());
    CHECK(all.registers.ats_checked());

    P no_pri("pri=off");
    no_pri.write(P::CR0, ~0u);
    CHECK(no_pri.read(P::CR0) == 0x1d);
    CHECK_FALSE(no_pri.registers.page_requests_enabled());

    P no_ats("ats=off");
    no_ats.write(P::CR0, ~0u);
    CHECK(no_ats.read(P::CR0ACK) == 0x0d);
}

TEST_CASE("smmuv3: PRIQEN counts together with SMMUEN only")
{
    P smmu;
    smmu.write(P::CR0, P::priqen);
    CHECK_FALSE(smmu.registers.page_requests_enabled());
    smmu.write(P::CR0, P::priqen | P::smmuen);
    CHECK(smmu.registers.page_requests_enabled());
}

TEST_CASE("smmuv3: who asked hears of changed enables, and of nothing else")
{
    P smmu;
    std::vector<std::pair<uint32_t, uint32_t>> heard;
    smmu.registers.on_enable([&](uint32_t before, uint32_t now) { heard.emplace_back(before, now); });
    smmu.write(P::CR0, P::evtqen);
    smmu.write(P::CR0, P::evtqen);
    smmu.write(P::CR0, P::smmuen);
    REQUIRE(heard.size() == 2);
    CHECK(heard[0] == std::pair<uint32_t, uint32_t>(0, P::evtqen));
    CHECK(heard[1] == std::pair<uint32_t, uint32_t>(P::evtqen, P::smmuen));
}

TEST_CASE("smmuv3: GBPA takes a value with Update only, and Update clears itself")
{
    P smmu;
    CHECK(smmu.registers.gbpa_abort());  // deny by default
    smmu.write(P::GBPA, 0x1000);
    CHECK(smmu.registers.gbpa_abort());
    CHECK(smmu.host.logged("GBPA without Update") == 1);
    smmu.write(P::GBPA, 0x8000'1000);
    CHECK_FALSE(smmu.registers.gbpa_abort());
    CHECK(smmu.read(P::GBPA) == 0x1000);
    smmu.write(P::GBPA, ~0u);
    CHECK(smmu.read(P::GBPA) == 0x001f'3f1f);
    CHECK(smmu.registers.gbpa_abort());
}

TEST_CASE("smmuv3: the stream table's registers and CR2 are locked while SMMUEN is 1")
{
    P smmu;
    smmu.write64(P::STRTAB_BASE, ~0ull);
    CHECK(smmu.read64(P::STRTAB_BASE) == 0x400f'ffff'ffff'ffc0);
    smmu.write(P::STRTAB_BASE_CFG, ~0u);
    CHECK(smmu.read(P::STRTAB_BASE_CFG) == 0x307ff);
    smmu.write(P::CR2, ~0u);
    CHECK(smmu.read(P::CR2) == 3);
    CHECK(smmu.registers.e2h());
    CHECK(smmu.registers.records_bad_streams());

    smmu.write(P::CR0, P::smmuen);
    smmu.write64(P::STRTAB_BASE, 0);
    smmu.write(P::STRTAB_BASE_CFG, 0);
    smmu.write(P::CR2, 0);
    CHECK(smmu.read64(P::STRTAB_BASE) == 0x400f'ffff'ffff'ffc0);
    CHECK(smmu.read(P::STRTAB_BASE_CFG) == 0x307ff);
    CHECK(smmu.read(P::CR2) == 3);
    CHECK(smmu.host.logged("locked STRTAB_BASE") >= 1);

    smmu.write(P::CR0, 0);
    smmu.write(P::CR2, 0);
    CHECK(smmu.read(P::CR2) == 0);

    P no_el2("hyp=off");
    no_el2.write(P::CR2, ~0u);
    CHECK(no_el2.read(P::CR2) == 2);
}

TEST_CASE("smmuv3: the halves of CR1 have guards of their own")
{
    P smmu;
    smmu.write(P::CR1, ~0u);
    CHECK(smmu.read(P::CR1) == 0xfff);
    smmu.write(P::CR0, P::smmuen);
    smmu.write(P::CR1, 0);
    CHECK(smmu.read(P::CR1) == 0xfc0);
    for (const uint32_t queue : {P::cmdqen, P::evtqen, P::priqen}) {
        smmu.write(P::CR0, 0);
        smmu.write(P::CR1, ~0u);
        smmu.write(P::CR0, queue);
        smmu.write(P::CR1, 0);
        CHECK(smmu.read(P::CR1) == 0x03f);
    }
}

TEST_CASE("smmuv3: a queue's base and the SMMU's own index are locked while it is enabled")
{
    struct Row {
        uint32_t enable;
        uint64_t base, own, others;
    };
    const Row row = GENERATE(Row{P::cmdqen, P::CMDQ_BASE, P::CMDQ_CONS, P::CMDQ_PROD},
                             Row{P::evtqen, P::EVENTQ_BASE, P::EVENTQ_PROD, P::EVENTQ_CONS},
                             Row{P::priqen, P::PRIQ_BASE, P::PRIQ_PROD, P::PRIQ_CONS});
    CAPTURE(row.base);
    P smmu;
    const uint64_t value = (1ull << 62) | P::ram | 4;
    smmu.write64(row.base, value);
    smmu.write(row.own, 3);
    smmu.write(row.others, 3);
    CHECK(smmu.read64(row.base) == value);
    smmu.write(P::CR0, row.enable);

    smmu.write64(row.base, 0);
    smmu.write(row.own, 7);
    CHECK(smmu.read64(row.base) == value);
    CHECK(smmu.read(row.own) == 3);
    smmu.write(row.others, 4);
    CHECK(smmu.read(row.others) == 4);

    // Another queue's enable is no lock.
    smmu.write(P::CR0, 0x1f & ~row.enable & ~uint32_t(P::smmuen));
    smmu.write(row.own, 7);
    CHECK(smmu.read(row.own) == 7);
}

TEST_CASE("smmuv3: an index of the SMMU's own reads 0 above its wrap bit")
{
    P smmu;
    for (const uint64_t base : {P::CMDQ_BASE, P::EVENTQ_BASE, P::PRIQ_BASE})
        smmu.write64(base, P::ram | 4);
    for (const uint64_t index : {P::CMDQ_CONS, P::EVENTQ_PROD, P::PRIQ_PROD}) {
        smmu.write(index, 0x7fff'ffff);
        CHECK(smmu.read(index) == 0x1f);
    }
    smmu.write(P::EVENTQ_PROD, 0x8000'0000);
    CHECK(smmu.read(P::EVENTQ_PROD) == 0x8000'0000);
}

TEST_CASE("smmuv3: addresses hold OAS bits and no more")
{
    P smmu("oas=40");
    for (const uint64_t base : {P::CMDQ_BASE, P::EVENTQ_BASE, P::PRIQ_BASE}) {
        smmu.write64(base, ~0ull);
        CHECK(smmu.read64(base) == 0x4000'00ff'ffff'ffff);
    }
    for (const uint64_t message : {P::GERROR_IRQ_CFG0, P::EVENTQ_IRQ_CFG0, P::PRIQ_IRQ_CFG0}) {
        smmu.write64(message, ~0ull);
        CHECK(smmu.read64(message) == 0xff'ffff'fffc);
    }
    smmu.write64(P::STRTAB_BASE, ~0ull);
    CHECK(smmu.read64(P::STRTAB_BASE) == 0x4000'00ff'ffff'ffc0);
}

TEST_CASE("smmuv3: the stream table's base is aligned to what was configured, its size cut to SIDSIZE")
{
    P smmu("sid-bits=8");
    smmu.write64(P::STRTAB_BASE, 0x8123'4fc0);
    smmu.write(P::STRTAB_BASE_CFG, 6);
    CHECK(smmu.registers.stream_table().address == 0x8123'4000);
    CHECK(smmu.registers.stream_table().log2size == 6);
    CHECK_FALSE(smmu.registers.stream_table().two_level);

    smmu.write(P::STRTAB_BASE_CFG, 10);
    CHECK(smmu.registers.stream_table().address == 0x8123'0000);
    CHECK(smmu.registers.stream_table().log2size == 8);
    smmu.write(P::STRTAB_BASE_CFG, 63);
    CHECK(smmu.registers.stream_table().address == 0);

    const auto two_level = [&](uint32_t split, uint32_t log2size) {
        smmu.write(P::STRTAB_BASE_CFG, 1u << 16 | split << 6 | log2size);
        return smmu.registers.stream_table();
    };
    CHECK(two_level(8, 8).two_level);
    CHECK(two_level(8, 8).split == 8);
    CHECK(two_level(8, 8).address == 0x8123'4fc0);
    CHECK(two_level(6, 10).address == 0x8123'4f80);  // 16 descriptors of 8 bytes
    CHECK(two_level(10, 16).split == 10);
    CHECK(two_level(10, 16).address == 0x8123'4e00);
    CHECK(two_level(7, 8).split == 6);
    // A reserved format is the linear one.
    smmu.write(P::STRTAB_BASE_CFG, 2u << 16 | 6);
    CHECK_FALSE(smmu.registers.stream_table().two_level);
}

TEST_CASE("smmuv3: without two levels FMT and SPLIT are reserved")
{
    P smmu("strtab-levels=1,sid-bits=6");
    smmu.write(P::STRTAB_BASE_CFG, ~0u);
    CHECK(smmu.read(P::STRTAB_BASE_CFG) == 0x3f);
    CHECK_FALSE(smmu.registers.stream_table().two_level);
}

TEST_CASE("smmuv3: without PRI there are no PRIQ registers")
{
    P smmu("pri=off");
    for (const uint64_t offset : {P::PRIQ_BASE, P::PRIQ_PROD, P::PRIQ_CONS, P::PRIQ_IRQ_CFG0}) {
        smmu.write(offset, ~0u);
        CHECK(smmu.read(offset) == 0);
    }
    CHECK(smmu.host.logged("unknown register") > 0);
}

TEST_CASE("smmuv3: saved registers and queues come back whole")
{
    P smmu;
    smmu.write64(P::EVENTQ_BASE, P::evtq | 1);
    smmu.write64(P::STRTAB_BASE, 0x8010'0000);
    smmu.write(P::CR0, P::evtqen);
    smmu.events.push({1, 2, 3, 4});
    for (unsigned i = 0; i < 3; ++i)
        smmu.events.push_stall({0x10 + i, 0, 0, 0});
    smmu.interrupts.report(smmuv3::Interrupts::Error::cmdq);
    const auto state = smmu.state();

    P copy;
    REQUIRE(copy.load(state));
    CHECK(copy.state() == state);
    CHECK(copy.errors() == 1);
    CHECK(copy.events.unrecorded() == 2);
    copy.write(P::EVENTQ_CONS, 2);
    CHECK(copy.events.unrecorded() == 0);
    CHECK(copy.word(P::evtq) == 0x11);

    P other("sid-bits=4");
    CHECK_FALSE(other.load(state));
    P fresh;
    const auto reset = fresh.state();
    smmu.reset();
    CHECK(smmu.state() == reset);
}

TEST_CASE("smmuv3: no saved state, however wrong, harms")
{
    P smmu;
    smmu.write(P::CR0, 0x1f);
    const auto good = smmu.state();
    uint32_t seed = 1;
    for (unsigned round = 0; round < 300; ++round) {
        auto bad = good;
        for (unsigned i = 0; i < 1 + round % 40; ++i) {
            seed = seed * 1664525 + 1013904223;
            bad[seed % bad.size()] = uint8_t(seed >> 24);
        }
        P copy;
        copy.load(bad);
        copy.events.push({1, 2, 3, 4});
        copy.page_requests.receive({0, 0});
        copy.commands.continue_work();
        copy.interrupts.deliver();
        copy.registers.stream_table();
        CHECK(copy.executed.size() <= smmuv3::CommandQueue::budget);
    }
    P ones;
    ones.load(std::vector<uint8_t>(good.size(), 0xff));
}

TEST_CASE("smmuv3: the ID registers are at their offsets and take no writes")
{
    P smmu("oas=44,granules=4k+16k");
    const smmuv3::IdRegisters ids(smmu.features);
    const std::pair<uint64_t, uint32_t> registers[] = {
        {0x00, ids.idr0}, {0x04, ids.idr1}, {0x08, ids.idr2}, {0x0c, ids.idr3}, {0x10, ids.idr4},
        {0x14, ids.idr5}, {0x18, ids.iidr}, {0x1c, ids.aidr}, {0x40, 0},  // STATUSR
        {0x48, 0},  // AGBPA
    };
    for (const auto &[offset, value] : registers) {
        CAPTURE(offset);
        smmu.write(offset, ~value);
        CHECK(smmu.read(offset) == value);
    }
}
