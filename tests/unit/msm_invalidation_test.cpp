// What the TLB keeps, and what each command drops.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

namespace {

// Pages that the TLB has and the tables no longer: four of context 1, one of them global, and one of context 2.
struct Stale : Msm {
    static constexpr uint64_t other = iova + 8 * page;

    Stale()
    {
        for (unsigned i = 0; i < 4; ++i)
            table.map(iova + i * page, data + i * page, page, {.not_global = i != 3});
        other_table.map(other, data, page);
        for (unsigned i = 0; i < 4; ++i)
            at(iova + i * page);
        at(other, Access::read, other_mid);
        table.unmap(iova, page * 1);
        for (unsigned i = 1; i < 4; ++i)
            table.unmap(iova + i * page, page);
        other_table.unmap(other, page);
    }
    // Bit n: page n is still reachable; bit 4: the other context's is.
    unsigned left()
    {
        unsigned mask = 0;
        for (unsigned i = 0; i < 4; ++i)
            mask |= unsigned(at(iova + i * page).has_value()) << i;
        return mask | unsigned(at(other, Access::read, other_mid).has_value()) << 4;
    }
};

constexpr uint32_t asid = Msm::ctx, other_asid = Msm::other_ctx;

}  // namespace

TEST_CASE("msm: an unmapped page stays in the TLB until a command drops it")
{
    Stale msm;
    CHECK(msm.left() == 0b1'1111);
    CHECK(msm.counter("invalidations") >= 3);  // of the attaches
}

TEST_CASE("msm: TLBIVA drops the page of its ASID, global or not, and no other")
{
    Stale msm;
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(Msm::iova + Msm::page) | asid);
    CHECK(msm.left() == 0b1'1101);
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(Msm::iova + 3 * Msm::page) | asid);
    CHECK(msm.left() == 0b1'0101);
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(Msm::iova) | 77);
    CHECK(msm.left() == 0b1'0101);
    // The ASID is the command's, not the context's.
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(Stale::other) | other_asid);
    CHECK(msm.left() == 0b0'0101);
}

TEST_CASE("msm: TLBIVAA drops the page of every ASID")
{
    Stale msm;
    msm.driver.write(0, D::tlbivaa, uint32_t(Msm::iova + 2 * Msm::page) | 0xabc);
    CHECK(msm.left() == 0b1'1011);
    msm.driver.write(0, D::tlbivaa, uint32_t(Msm::iova + 3 * Msm::page));
    CHECK(msm.left() == 0b1'0011);
    msm.driver.write(0, D::tlbivaa, uint32_t(Stale::other));
    CHECK(msm.left() == 0b0'0011);
}

TEST_CASE("msm: TLBIASID drops all of an ASID, but what is global")
{
    Stale msm;
    msm.driver.write(0, D::tlbiasid, asid);
    CHECK(msm.left() == 0b1'1000);
    msm.driver.write(0, D::tlbiasid, other_asid);
    CHECK(msm.left() == 0b0'1000);
}

TEST_CASE("msm: a context's TLBIALL drops all of its VMID, the global one's drops everything")
{
    Stale msm;
    msm.driver.set_field(D::cbacr(0), 0x1f, 16, 5);
    msm.driver.flush_all(0);
    CHECK(msm.left() == 0b1'1111);
    msm.driver.set_global(D::tlbivmid, 5);
    CHECK(msm.left() == 0b1'1111);
    SECTION("by a context") { msm.driver.flush_all(Msm::ctx); }
    SECTION("by TLBIVMID") { msm.driver.set_global(D::tlbivmid, 0); }
    SECTION("globally") { msm.driver.set_global(D::global_tlbiall, 0); }
    CHECK(msm.left() == 0);
}

TEST_CASE("msm: entries are found by the VMID of the master and the ASID of the context")
{
    Stale msm;
    msm.driver.set_field(D::m2vcbr(Msm::mid), 0x1f, 0, 5);
    CHECK(msm.left() == 0b1'0000);
    msm.driver.set_field(D::m2vcbr(Msm::mid), 0x1f, 0, 0);
    msm.driver.flush_range(Msm::ctx, Msm::iova, Msm::page, Msm::page);
    msm.driver.write(Msm::ctx, D::contextidr, 0x1200 | 77);  // PROCID is no part of it
    CHECK(msm.left() == 0b1'1000);  // the global one is every ASID's
    msm.driver.write(Msm::ctx, D::contextidr, 0x1200 | asid);
    CHECK(msm.left() == 0b1'1110);
}

TEST_CASE("msm: a command that names an address in a large page drops all of it")
{
    const uint64_t size = GENERATE(V7sTable::large, V7sTable::section, V7sTable::supersection);
    const bool global = GENERATE(false, true);
    Msm msm;
    const uint64_t from = 0x4500'0000;
    msm.map(from, 0x8700'0000, size, {.not_global = !global});
    REQUIRE(msm.at(from));
    msm.table.unmap(from, size);
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(from - Msm::page) | asid);
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(from + size) | asid);
    CHECK(msm.at(from + size - 1));
    msm.driver.write(Msm::ctx, D::tlbiva, uint32_t(from + size / 2) | asid);
    CHECK_FALSE(msm.at(from));
    CHECK_FALSE(msm.at(from + size - 1));
}

TEST_CASE("msm: that nothing was mapped is remembered while descriptors are prefetched")
{
    Msm msm;
    CHECK_FALSE(msm.at(Msm::iova));
    msm.table.map(Msm::iova, Msm::data, Msm::page);
    CHECK_FALSE(msm.at(Msm::iova));
    CHECK(msm.counter("hits") == 1);
    msm.driver.flush_range(Msm::ctx, Msm::iova, Msm::page, Msm::page);
    CHECK(msm.at(Msm::iova) == Msm::data);

    msm.driver.clear_bits(Msm::ctx, D::bfbcr, 1);
    CHECK_FALSE(msm.at(Msm::iova + Msm::page));
    msm.table.map(Msm::iova + Msm::page, Msm::data, Msm::page);
    CHECK(msm.at(Msm::iova + Msm::page) == Msm::data);
}

TEST_CASE("msm: a new table in TTBR0 drops no translation")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    REQUIRE(msm.at(Msm::iova));
    msm.driver.write(Msm::ctx, D::ttbr0, uint32_t(msm.other_table.root()));
    CHECK(msm.at(Msm::iova) == Msm::data);
    CHECK_FALSE(msm.at(Msm::iova + Msm::page));
}

TEST_CASE("msm: an invalidation while a walk is under way leaves no stale entry")
{
    const uint32_t command = GENERATE(D::ctx_tlbiall, D::tlbiasid, D::tlbiva, D::tlbivaa);
    const uint64_t size = GENERATE(V7sTable::small, V7sTable::section);
    Msm msm;
    msm.map(Msm::iova, Msm::data & ~(size - 1), size);
    const unsigned last = size == V7sTable::small ? 2 : 1;
    unsigned reads = 0;
    // The entry was read; then software unmaps the page, which reads, too, and invalidates it.
    msm.host.memory().after_read = [&] {
        if (++reads != last)
            return;
        msm.table.unmap(Msm::iova, size);
        msm.driver.write(Msm::ctx, command, command == D::tlbiasid ? asid : uint32_t(Msm::iova) | asid);
    };
    CHECK(msm.at(Msm::iova) == (Msm::data & ~(size - 1)) + (Msm::iova & (size - 1)));  // that transaction came first
    CHECK(msm.kind(Msm::iova) == FaultKind::translation);
}

TEST_CASE("msm: whoever caches a master's pages outside hears of an invalidation, with all that may be gone")
{
    Msm msm;
    msm.driver.set_field(D::m2vcbr(7), 0x1f, 0, 4);  // another VMID
    msm.host.unmaps.clear();
    msm.driver.flush_range(Msm::ctx, Msm::iova, Msm::page, Msm::page);
    REQUIRE(msm.host.unmaps.size() == 2);
    CHECK(msm.host.unmaps[0].stream == Msm::mid);
    CHECK(msm.host.unmaps[1].stream == Msm::other_mid);  // its VMID is the same
    CHECK(msm.host.unmaps[0].address == 0x1200'0000);
    CHECK(msm.host.unmaps[0].size == 16_MiB);
    msm.host.unmaps.clear();
    msm.driver.detach(Msm::other_ctx);
    bool heard = false;
    for (const FakeHost::Unmap &unmap : msm.host.unmaps)
        heard |= unmap.stream == Msm::other_mid && unmap.size > 4_GiB;
    CHECK(heard);
}
