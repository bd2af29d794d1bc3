// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("m4u: random accesses and tables never break it, and reset brings it back")
{
    M4u m4u;
    std::mt19937_64 random(7);
    for (uint64_t at = M4u::pages; at < M4u::pages + 64_KiB; at += 4)
        m4u.host.memory().store<uint32_t>(at, uint32_t(random()));
    const unsigned sizes[] = {1, 2, 4, 8};
    for (int i = 0; i < 100'000; ++i) {
        const unsigned size = sizes[random() % 4], region = unsigned(random() % 7);
        const uint64_t offset = random() % 0x1010;
        switch (random() % 4) {
        case 0:
            m4u.iommu->mmio_read(region, offset, size);
            break;
        case 1:
            m4u.iommu->mmio_write(region, random() % 2 ? offset & ~3u : offset, random(), size);
            break;
        default:
            m4u.ask(random() >> random() % 64, random() % 2 ? Access::read : Access::write, unsigned(random() % 50));
        }
        m4u.host.run_deferred(*m4u.iommu);
    }
    m4u.iommu->reset();
    m4u.driver.probe();
    m4u.driver.attach(1);
    m4u.map(M4u::iova, M4u::data);
    CHECK(m4u.at(M4u::iova) == M4u::data);
}

TEST_CASE("m4u: what wrong software does is logged at a limited rate")
{
    M4u m4u;
    for (int i = 0; i < 10'000; ++i) {
        m4u.driver.write(0xff0, 1);
        m4u.driver.write(M4uDriver::invalidate, 8);
    }
    const unsigned lines = m4u.host.logged("");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("m4u: translations on one thread meet invalidations on another", "[threads]")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    // Odd while the page is unmapped and invalidated.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    std::thread device([&] {
        while (!done) {
            const unsigned before = epoch;
            const auto at = m4u.at(M4u::iova);
            if (at && (*at != M4u::data || (before % 2 && epoch == before)))
                ++wrong;
            m4u.ask(M4u::iova + 4_KiB, Access::write);
        }
    });
    for (int i = 0; i < 3000; ++i) {
        m4u.driver.unmap(M4u::iova, M4u::page);
        m4u.driver.flush_range(M4u::iova, M4u::page);
        ++epoch;
        std::this_thread::yield();
        m4u.host.run_deferred(*m4u.iommu);
        m4u.driver.clear();
        ++epoch;
        m4u.map(M4u::iova, M4u::data);
    }
    done = true;
    device.join();
    CHECK(wrong == 0);
}

TEST_CASE("m4u: the line is up after any fault that no acknowledgement followed", "[threads]")
{
    // A fault that comes while software acknowledges another must not be lost.
    M4u m4u;
    std::atomic<bool> done{false};
    std::thread device([&] {
        for (uint64_t i = 0; i < 20'000; ++i)
            m4u.ask(i << 12);
        done = true;
    });
    while (!done) {
        m4u.host.run_deferred(*m4u.iommu);
        if (m4u.host.line(0))
            m4u.driver.acknowledge();
    }
    device.join();
    m4u.host.run_deferred(*m4u.iommu);
    CHECK(m4u.host.line(0) == (m4u.driver.report().type != 0));
    m4u.ask(0x1000);
    m4u.host.run_deferred(*m4u.iommu);
    CHECK(m4u.host.line(0));
}
