// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/gart_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("gart: random accesses never break it, and reset brings it back")
{
    Gart gart("aperture-base=0x60010000,aperture-size=64k");
    std::mt19937_64 random(7);
    const unsigned sizes[] = {1, 2, 4, 8};
    for (int i = 0; i < 100'000; ++i) {
        const unsigned size = sizes[random() % 4];
        const uint64_t offset = random() % 8 ? random() % 0x180 : random() % 0x1800;
        switch (random() % 4) {
        case 0:
            gart.iommu->mmio_read(unsigned(random() % 2), offset, size);
            break;
        case 1:
            gart.iommu->mmio_write(unsigned(random() % 2), random() % 2 ? offset & ~3u : offset, random(), size);
            break;
        default: {
            const uint64_t address =
                random() % 2 ? random() >> random() % 64 : gart.driver.begin() + random() % 0x12000;
            gart.ask(address, random() % 2 ? Access::read : Access::write, uint32_t(random() % 60));
        }
        }
        gart.host.run_deferred(*gart.iommu);
    }
    gart.iommu->reset();
    gart.driver.probe();
    gart.driver.map(gart.driver.begin(), Gart::data);
    CHECK(gart.at(gart.driver.begin()) == Gart::data);
    CHECK(gart.kind(gart.driver.begin() + 4_KiB) == FaultKind::translation);
}

TEST_CASE("gart: what wrong software does is logged at a limited rate")
{
    Gart gart;
    for (int i = 0; i < 10'000; ++i)
        gart.driver.write(0x300, 1);
    CHECK(gart.host.logged("unknown register") >= 1);
    CHECK(gart.host.logged("unknown register") < 100);
    for (int i = 0; i < 10'000; ++i)
        gart.ask(Gart::iova);
    CHECK(gart.host.logged("no valid GART entry") < 100);
}

TEST_CASE("gart: translations on one thread meet changes of the table on another", "[threads]")
{
    Gart gart;
    gart.driver.map(Gart::iova, Gart::data);
    // Odd while the page is unmapped.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    std::thread device([&] {
        while (!done) {
            const unsigned before = epoch;
            const auto at = gart.at(Gart::iova);
            if (at && (*at != Gart::data || (before % 2 && epoch == before)))
                ++wrong;
            gart.ask(Gart::iova + 4_KiB, Access::write);
        }
    });
    for (int i = 0; i < 3000; ++i) {
        gart.driver.unmap(Gart::iova);
        ++epoch;
        std::this_thread::yield();
        gart.host.run_deferred(*gart.iommu);
        gart.driver.acknowledge();
        ++epoch;
        gart.driver.map(Gart::iova, Gart::data);
    }
    done = true;
    device.join();
    CHECK(wrong == 0);
}
