// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

TEST_CASE("msm: random accesses and tables never break it, and reset brings it back")
{
    Msm msm;
    std::mt19937_64 random(7);
    for (uint64_t at = Msm::ram; at < Msm::ram + 64_KiB; at += 4)
        msm.host.memory().store<uint32_t>(at, uint32_t(Msm::ram + random() % 64_KiB) ^ uint32_t(random() % 32));
    for (int i = 0; i < 100'000; ++i) {
        const unsigned size = 1u << random() % 4, region = random() % 16 ? 0 : 1;
        const uint64_t context = random() % 4 << 12, global = 0xff000;
        const uint64_t offset = random() % 4 ? context + random() % 0x60
                                             : random() % 2 ? context + 0x800 + random() % 0x28
                                                            : global + random() % 0x1010;
        switch (random() % 4) {
        case 0:
            msm.iommu->mmio_read(region, offset, size);
            break;
        case 1:
            msm.iommu->mmio_write(region, random() % 2 ? offset & ~3u : offset,
                                  random() % 2 ? Msm::ram | random() % 0x4000 : random(), size);
            break;
        default:
            msm.ask(random() >> random() % 64, random() % 2 ? Access::read : Access::write, unsigned(random() % 36));
        }
        msm.host.run_deferred(*msm.iommu);
    }
    msm.iommu->reset();
    CHECK(msm.driver.probe() == (1 | D::tlbmf));
    V7sTable table(msm.host.memory(), msm.frames);
    msm.driver.attach(Msm::ctx, {Msm::mid}, table.root());
    table.map(Msm::iova, Msm::data, Msm::page);
    CHECK(msm.at(Msm::iova) == Msm::data);
}

TEST_CASE("msm: what wrong software does is logged at a limited rate")
{
    Msm msm;
    for (int i = 0; i < 10'000; ++i)
        msm.driver.set_global(0xff7f0, 1);
    const unsigned lines = msm.host.logged("");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("msm: translations on one thread meet invalidations on another", "[threads]")
{
    Msm msm;
    const uint64_t size = GENERATE(V7sTable::small, V7sTable::section);
    const uint64_t from = 0x4500'0000, to = 0x8700'0000;
    msm.map(from, to, size);
    // Odd while the page is unmapped and invalidated.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    std::thread device([&] {
        while (!done) {
            const unsigned before = epoch;
            const auto at = msm.at(from + 4);
            if (at && (*at != to + 4 || (before % 2 && epoch == before)))
                ++wrong;
            msm.ask(from + size, Access::write);
        }
    });
    for (int i = 0; i < 2000; ++i) {
        msm.table.unmap(from, size);
        msm.driver.flush_range(Msm::ctx, from, size, size);
        ++epoch;
        std::this_thread::yield();
        msm.host.run_deferred(*msm.iommu);
        msm.driver.handle();
        ++epoch;
        msm.map(from, to, size);
    }
    done = true;
    device.join();
    CHECK(wrong == 0);
}

TEST_CASE("msm: the line is up after any fault that no handler followed", "[threads]")
{
    // A fault that comes while software clears another must not be lost.
    Msm msm;
    std::atomic<bool> done{false};
    std::thread device([&] {
        for (uint64_t i = 0; i < 20'000; ++i)
            msm.ask(i << 12);
        done = true;
    });
    while (!done) {
        msm.host.run_deferred(*msm.iommu);
        if (msm.host.line(0))
            msm.driver.handle();
    }
    device.join();
    CHECK(msm.line(0) == ((msm.driver.report(Msm::ctx).fsr & 0xfe) != 0));
    msm.ask(0x1000);
    CHECK(msm.line(0));
}
