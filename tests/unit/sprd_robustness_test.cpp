// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/sprd_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("sprd: random accesses and tables never break it, and reset brings it back")
{
    const std::string version = GENERATE(std::string("ex"), std::string("vau"));
    Sprd sprd(version);
    std::mt19937_64 random(7);
    for (uint64_t at = Sprd::pages; at < Sprd::pages + SprdDriver::table_size; at += 4)
        sprd.host.memory().store<uint32_t>(at, uint32_t(random()));
    const unsigned sizes[] = {1, 2, 4, 8};
    for (int i = 0; i < 100'000; ++i) {
        const unsigned size = sizes[random() % 4], region = unsigned(random() % 2);
        const uint64_t offset = random() % (random() % 8 ? 0x28 : 0x1010);
        switch (random() % 4) {
        case 0:
            sprd.iommu->mmio_read(region, offset, size);
            break;
        case 1:
            sprd.iommu->mmio_write(region, random() % 2 ? offset & ~3u : offset, random(), size);
            break;
        default:
            sprd.ask(random() >> random() % 64, random() % 2 ? Access::read : Access::write, unsigned(random() % 20));
        }
    }
    sprd.iommu->reset();
    REQUIRE(sprd.driver.probe() == (version == "ex" ? &SprdDriver::ex : &SprdDriver::vau));
    sprd.driver.attach();
    sprd.map(Sprd::iova, Sprd::data);
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
}

TEST_CASE("sprd: what wrong software does is logged at a limited rate")
{
    Sprd sprd;
    for (int i = 0; i < 10'000; ++i)
        sprd.driver.write(0x7c, 1);
    const unsigned lines = sprd.host.logged("");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("sprd: translations on one thread meet invalidations on another", "[threads]")
{
    Sprd sprd;
    sprd.map(Sprd::iova, Sprd::data);
    // Odd while the page is unmapped and invalidated.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    std::thread device([&] {
        while (!done) {
            const unsigned before = epoch;
            const auto at = sprd.at(Sprd::iova);
            const bool mapped = at == Sprd::data;
            if ((!mapped && at != Sprd::protect) || (mapped && before % 2 && epoch == before))
                ++wrong;
            sprd.ask(Sprd::iova + 4_KiB, Access::write);
        }
    });
    for (int i = 0; i < 3000; ++i) {
        sprd.driver.unmap(Sprd::iova, Sprd::page);
        sprd.driver.sync();
        ++epoch;
        std::this_thread::yield();
        ++epoch;
        sprd.map(Sprd::iova, Sprd::data);
    }
    done = true;
    device.join();
    CHECK(wrong == 0);
}
