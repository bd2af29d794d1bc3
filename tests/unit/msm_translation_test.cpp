// Which context a master's transaction comes to, and what the tables make of it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

TEST_CASE("msm: a page of each size leads where its entry says, to the last byte")
{
    const uint64_t size = GENERATE(V7sTable::small, V7sTable::large, V7sTable::section, V7sTable::supersection);
    Msm msm;
    const uint64_t from = 0x4500'0000, to = 0x8700'0000;  // an output address need not be RAM
    msm.map(from, to, size);
    for (uint64_t offset : {uint64_t(0), uint64_t(0x123), size / 2 + 4, size - 1}) {
        CAPTURE(size, offset);
        CHECK(msm.at(from + offset) == to + offset);
        CHECK(msm.at(from + offset, Access::write) == to + offset);
    }
    CHECK(msm.kind(from - 1) == FaultKind::translation);
    CHECK(msm.kind(from + size) == FaultKind::translation);
    const TranslateResult result = msm.ask(from + 0x10);
    CHECK(std::get<Translation>(result).mask == size - 1);
}

TEST_CASE("msm: the last page of 4 GiB can be mapped, and beyond there is nothing")
{
    Msm msm;
    msm.map(0xffff'f000, Msm::data);
    CHECK(msm.at(0xffff'ffff) == Msm::data + 0xfff);
    CHECK(msm.kind(0x1'0000'0000) == FaultKind::address_size);
    CHECK(msm.kind(~0ull) == FaultKind::address_size);
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == 0);  // never came to the block
}

TEST_CASE("msm: an entry without its type's bits maps nothing, at either level")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    const uint32_t good = msm.table.entry(Msm::iova);
    msm.table.set_entry(Msm::iova, good & ~3u);
    msm.driver.flush_all(Msm::ctx);
    CHECK(msm.kind(Msm::iova) == FaultKind::translation);
    msm.table.set_entry(Msm::iova, good);
    msm.table.set_first(Msm::iova, 3);  // PXN sections came after this block
    msm.driver.flush_all(Msm::ctx);
    CHECK(msm.kind(Msm::iova) == FaultKind::translation);
}

TEST_CASE("msm: a master comes to the context that M2VCBR names")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    msm.other_table.map(Msm::iova, Msm::data + 0x5000, Msm::page);
    CHECK(msm.at(Msm::iova, Access::read, 3) == Msm::data);
    CHECK(msm.at(Msm::iova, Access::read, 7) == Msm::data);
    CHECK(msm.at(Msm::iova, Access::read, Msm::other_mid) == Msm::data + 0x5000);
    msm.driver.set_field(D::m2vcbr(7), 0xff, 8, Msm::other_ctx);
    CHECK(msm.at(Msm::iova, Access::read, 7) == Msm::data + 0x5000);
}

TEST_CASE("msm: without M a context passes what comes, and BYPASSD refuses it")
{
    Msm msm;
    CHECK(msm.at(Msm::data + 5, Access::write, 0) == Msm::data + 5);  // in context 0, which nobody set up
    msm.driver.detach(Msm::ctx);
    CHECK(msm.at(0x1234) == 0x1234);
    CHECK(msm.counter("bypasses") == 2);
    msm.driver.set_field(D::m2vcbr(Msm::mid), 1, 16, 1);
    CHECK(msm.kind(0x1234) == FaultKind::disabled);
    CHECK(msm.at(0x1234, Access::read, 7) == 0x1234);
}

TEST_CASE("msm: CLIENTPD lets every master bypass")
{
    Msm msm;
    msm.driver.set_field(D::cr, 1, 4, 1);
    CHECK(msm.at(0x1234) == 0x1234);
    msm.driver.set_field(D::m2vcbr(Msm::mid), 0xff, 8, 200);
    CHECK(msm.at(0x1234) == 0x1234);
    msm.driver.set_field(D::cr, 1, 4, 0);
    CHECK_FALSE(msm.at(0x1234));
}

TEST_CASE("msm: a master without a context, and one that does not exist, are refused")
{
    Msm msm;
    msm.driver.set_field(D::m2vcbr(Msm::mid), 0xff, 8, Msm::contexts);
    CHECK(msm.kind(Msm::iova) == FaultKind::configuration);
    msm.driver.set_field(D::m2vcbr(Msm::mid), 0xff, 8, 0xff);
    CHECK(msm.kind(Msm::iova) == FaultKind::configuration);
    CHECK(msm.kind(Msm::iova, Access::read, 32) == FaultKind::unknown_stream);
    CHECK(msm.kind(Msm::iova, Access::read, ~0u) == FaultKind::unknown_stream);
}

TEST_CASE("msm: TTBCR splits the addresses between two tables, and can switch each walk off")
{
    const unsigned n = GENERATE(1u, 3u, 7u);
    Msm msm;
    // Aligned to its own size, and to no more.
    V7sTable first(msm.host.memory(), msm.frames, 16_KiB >> n), second(msm.host.memory(), msm.frames, 16_KiB >> n);
    V7sTable &lower = first.root() % 16_KiB ? first : second;
    REQUIRE(lower.root() % 16_KiB != 0);
    const uint64_t boundary = 1ull << (32 - n), below = boundary - Msm::page;
    lower.map(below, Msm::data, Msm::page);
    msm.table.map(boundary, Msm::data + 0x1000, Msm::page);
    msm.driver.write(Msm::ctx, D::ttbr0, uint32_t(lower.root()));
    msm.driver.write(Msm::ctx, D::ttbr1, uint32_t(msm.table.root()));
    msm.driver.write(Msm::ctx, D::ttbcr, n);
    CHECK(msm.at(below) == Msm::data);
    CHECK(msm.at(boundary) == Msm::data + 0x1000);
    msm.driver.flush_all(Msm::ctx);
    msm.driver.write(Msm::ctx, D::ttbcr, n | 1u << 4);  // PD0
    CHECK(msm.kind(below) == FaultKind::translation);
    CHECK(msm.at(boundary) == Msm::data + 0x1000);
    msm.driver.flush_all(Msm::ctx);
    msm.driver.write(Msm::ctx, D::ttbcr, n | 1u << 5);  // PD1
    CHECK(msm.at(below) == Msm::data);
    CHECK(msm.kind(boundary) == FaultKind::translation);
}

TEST_CASE("msm: with BE the tables are big-endian")
{
    Msm msm;
    V7sTable table(msm.host.memory(), msm.frames, 16_KiB, true);
    table.map(Msm::iova, Msm::data, Msm::page, {.write = false});
    table.map(Msm::iova + 16_MiB, 0x8700'0000, V7sTable::supersection);
    msm.driver.write(Msm::ctx, D::ttbr0, uint32_t(table.root()));
    CHECK_FALSE(msm.at(Msm::iova));
    msm.driver.set_bits(Msm::ctx, D::sctlr, D::be);
    msm.driver.flush_all(Msm::ctx);
    CHECK(msm.at(Msm::iova) == Msm::data);
    CHECK(msm.kind(Msm::iova, Access::write) == FaultKind::permission);
    CHECK(msm.at(Msm::iova + 16_MiB) == 0x8730'0000);
}

TEST_CASE("msm: with TLBMCFG other than 3 a miss is a fault, and what is cached still serves")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data, 2 * Msm::page);
    msm.table.map(Msm::iova + Msm::page, Msm::data + Msm::page, Msm::page);
    REQUIRE(msm.at(Msm::iova));
    for (uint32_t setting : {0u, 1u, 2u}) {
        msm.driver.set_field(D::actlr + (Msm::ctx << 12), 3, 12, setting);
        CHECK(msm.at(Msm::iova) == Msm::data);
        CHECK(msm.kind(Msm::iova + Msm::page) == FaultKind::configuration);
    }
    CHECK(msm.driver.report(Msm::ctx).fsr == (D::tlbmf | D::multi));
    msm.driver.set_field(D::actlr + (Msm::ctx << 12), 3, 12, 3);
    CHECK(msm.at(Msm::iova + Msm::page) == Msm::data + Msm::page);
}

TEST_CASE("msm: garbage where the table should be, or nothing, is a fault and no more")
{
    Msm msm;
    msm.driver.write(Msm::ctx, D::ttbr0, 0x0400'0000);
    CHECK(msm.kind(Msm::iova) == FaultKind::walk_abort);
    msm.driver.write(Msm::ctx, D::ttbr0, uint32_t(msm.table.root()));
    msm.table.set_first(Msm::iova, 0x0400'0001);  // a table where nothing answers
    CHECK(msm.kind(Msm::iova) == FaultKind::walk_abort);  // the first abort was not cached
    msm.table.set_first(Msm::iova, 0);
    CHECK(msm.kind(Msm::iova) == FaultKind::translation);
}
