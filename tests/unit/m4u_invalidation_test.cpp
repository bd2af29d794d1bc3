// The commands that drop translations, and their completion.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

// Eight pages that the TLB has and the table no longer.
struct Stale : M4u {
    Stale()
    {
        map(iova, data, 8 * page);
        for (unsigned i = 0; i < 8; ++i)
            at(iova + i * page);
        driver.unmap(iova, 8 * page);
    }
    // Bit n: page n is still reachable.
    unsigned left()
    {
        unsigned mask = 0;
        for (unsigned i = 0; i < 8; ++i)
            mask |= unsigned(at(iova + i * page).has_value()) << i;
        return mask;
    }
};

}  // namespace

TEST_CASE("m4u: a range drops its pages, the last one with it, and no others")
{
    Stale m4u;
    CHECK(m4u.driver.flush_range(M4u::iova + 2 * M4u::page, 3 * M4u::page));
    CHECK(m4u.left() == 0b1110'0011);
}

TEST_CASE("m4u: a range of one page and one of everything")
{
    Stale one, all;
    one.driver.flush_range(M4u::iova + 7 * M4u::page + 4, 1);
    CHECK(one.left() == 0b0111'1111);
    all.driver.flush_range(0, 1ull << 32);
    CHECK(all.left() == 0);
}

TEST_CASE("m4u: a range that ends before it starts drops nothing, and is logged")
{
    Stale m4u;
    m4u.driver.write(M4uDriver::inv_sel, 3);
    m4u.driver.write(M4uDriver::invld_start, uint32_t(M4u::iova + M4u::page));
    m4u.driver.write(M4uDriver::invld_end, uint32_t(M4u::iova));
    m4u.driver.write(M4uDriver::invalidate, 1);
    CHECK(m4u.left() == 0xff);
    CHECK(m4u.host.logged("before its start") == 1);
    CHECK(m4u.driver.read(M4uDriver::cpe_done) == 1);
}

TEST_CASE("m4u: the command for everything looks at no range")
{
    Stale m4u;
    m4u.driver.write(M4uDriver::invld_start, uint32_t(M4u::iova));
    m4u.driver.write(M4uDriver::invld_end, uint32_t(M4u::iova));
    m4u.driver.flush_all();
    CHECK(m4u.left() == 0);
}

TEST_CASE("m4u: INV_SEL must select both, or nothing is dropped")
{
    const uint32_t select = GENERATE(0u, 1u, 2u);
    const uint32_t command = GENERATE(1u, 2u);
    Stale m4u;
    m4u.driver.write(M4uDriver::invld_start, 0);
    m4u.driver.write(M4uDriver::invld_end, ~0u);
    m4u.driver.write(M4uDriver::inv_sel, select);
    m4u.driver.write(M4uDriver::invalidate, command);
    CHECK(m4u.left() == 0xff);
    CHECK(m4u.host.logged("drops nothing") == 1);
    m4u.driver.write(M4uDriver::inv_sel, 3);
    m4u.driver.write(M4uDriver::invalidate, command);
    CHECK(m4u.left() == 0);
}

TEST_CASE("m4u: CPE_DONE is set by a range alone, and cleared by writing 0")
{
    M4u m4u;
    m4u.driver.flush_all();
    CHECK(m4u.driver.read(M4uDriver::cpe_done) == 0);
    m4u.driver.write(M4uDriver::cpe_done, 1);
    CHECK(m4u.driver.read(M4uDriver::cpe_done) == 0);
    m4u.driver.write(M4uDriver::invalidate, 1);
    CHECK(m4u.driver.read(M4uDriver::cpe_done) == 1);
    m4u.driver.write(M4uDriver::cpe_done, 1);
    CHECK(m4u.driver.read(M4uDriver::cpe_done) == 1);
    m4u.driver.write(M4uDriver::cpe_done, 0);
    CHECK(m4u.driver.read(M4uDriver::cpe_done) == 0);
}

TEST_CASE("m4u: a command that the block does not have is logged and drops nothing")
{
    Stale m4u;
    m4u.driver.write(M4uDriver::inv_sel, 3);
    m4u.driver.write(M4uDriver::invalidate, 4);
    CHECK(m4u.left() == 0xff);
    CHECK(m4u.host.logged("INVALIDATE 0x4") == 1);
    CHECK(m4u.driver.read(M4uDriver::invalidate) == 0);
}

TEST_CASE("m4u: an invalidation while a walk is under way leaves no stale entry")
{
    const bool all = GENERATE(false, true);
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    // The entry was read; then software unmaps the page, and invalidates it.
    m4u.host.memory().after_read = [&, reads = 0]() mutable {
        if (++reads != 1)
            return;
        m4u.driver.unmap(M4u::iova, M4u::page);
        if (all)
            m4u.driver.flush_all();
        else
            m4u.driver.flush_range(M4u::iova, M4u::page);
    };
    CHECK(m4u.at(M4u::iova) == M4u::data);  // that transaction came first
    CHECK(m4u.kind(M4u::iova) == FaultKind::translation);
}

TEST_CASE("m4u: whoever caches a translated port's pages outside hears of an invalidation")
{
    M4u m4u;
    m4u.driver.attach(43);
    m4u.host.unmaps.clear();
    m4u.driver.flush_range(M4u::iova, 2 * M4u::page);
    REQUIRE(m4u.host.unmaps.size() == 2);
    CHECK(m4u.host.unmaps[0].stream == 1);
    CHECK(m4u.host.unmaps[1].stream == 43);
    for (const FakeHost::Unmap &unmap : m4u.host.unmaps) {
        CHECK(unmap.address == M4u::iova);
        CHECK(unmap.size == 2 * M4u::page);
    }
    m4u.host.unmaps.clear();
    m4u.driver.flush_all();
    REQUIRE(m4u.host.unmaps.size() == 2);
    CHECK(m4u.host.unmaps[0].address == 0);
    CHECK(m4u.host.unmaps[0].size == 1ull << 32);
}
