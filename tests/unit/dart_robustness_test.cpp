// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/dart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("dart: random accesses and tables never break it, and reset brings it back")
{
    const auto options = GENERATE(from_range(dart_configurations()));
    CAPTURE(options);
    Dart dart(options);
    std::mt19937_64 random(7);
    for (uint64_t at = Dart::ram; at < Dart::ram + 1_MiB; at += 8)
        dart.host.memory().store<uint64_t>(at, random() % 4 ? (random() & 0xf'ffff) | Dart::ram | 1 : random());
    const unsigned sizes[] = {1, 2, 4, 8};
    for (int i = 0; i < 200'000; ++i) {
        const unsigned size = sizes[random() % 4];
        const uint64_t offset = random() % 0x1900;
        switch (random() % 4) {
        case 0:
            dart.iommu->mmio_read(0, offset, size);
            break;
        case 1:
            dart.iommu->mmio_write(0, random() % 2 ? offset & ~3u : offset, random(), size);
            break;
        default:
            dart.ask(random() >> random() % 64, random() % 2 ? Access::read : Access::write, unsigned(random() % 70));
        }
        dart.host.run_deferred(*dart.iommu);
    }
    dart.iommu->reset();
    dart.driver.probe();
    if (dart.driver.hw().t8110)
        CHECK(dart.driver.read(0xc00) == ~0u);
    DartTable fresh(dart.host.memory(), dart.frames, dart.driver.hw().kind, dart.page(), dart.driver.hw().ttbr_count);
    fresh.map(Dart::iova, Dart::data, dart.page(), Perm::rw);
    dart.driver.attach(1, fresh);
    CHECK(dart.at(Dart::iova) == Dart::data);
}

TEST_CASE("dart: what wrong software does is logged at a limited rate")
{
    Dart dart;
    for (int i = 0; i < 10'000; ++i)
        dart.driver.write(0x3000, 1);
    const unsigned lines = dart.host.logged("unknown register");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("dart: translations on one thread meet invalidations on another", "[threads]")
{
    Dart dart("variant=t8103,page-size=4k");
    dart.map_and_attach();
    constexpr int rounds = 3000;
    // Odd while the page is unmapped and invalidated.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    std::thread device([&] {
        while (!done) {
            const unsigned before = epoch;
            const auto at = dart.at(Dart::iova);
            if (at && (*at != Dart::data || (before % 2 && epoch == before)))
                ++wrong;
            dart.ask(Dart::iova + 4_KiB, Access::write);
        }
    });
    for (int i = 0; i < rounds; ++i) {
        dart.table.unmap(Dart::iova, 4_KiB);
        dart.driver.invalidate(1);
        ++epoch;
        std::this_thread::yield();
        dart.host.run_deferred(*dart.iommu);
        dart.driver.acknowledge();
        ++epoch;
        dart.table.map(Dart::iova, Dart::data, 4_KiB, Perm::rw);
        dart.driver.invalidate(1);
    }
    done = true;
    device.join();
    CHECK(wrong == 0);
}

TEST_CASE("dart: the line is up after any fault that no acknowledgement followed", "[threads]")
{
    // A fault that comes while software acknowledges another must not be lost.
    Dart dart;
    std::atomic<bool> done{false};
    std::thread device([&] {
        for (int i = 0; i < 20'000; ++i)
            dart.ask(uint64_t(i) << 12);
        done = true;
    });
    while (!done) {
        dart.host.run_deferred(*dart.iommu);
        if (dart.host.line(0))
            dart.driver.acknowledge();
    }
    device.join();
    dart.host.run_deferred(*dart.iommu);
    CHECK(dart.host.line(0) == dart.driver.report().flag);
    dart.ask(0x1000);
    dart.host.run_deferred(*dart.iommu);
    CHECK(dart.host.line(0));
}
