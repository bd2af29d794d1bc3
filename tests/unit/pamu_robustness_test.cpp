// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/pamu_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("pamu: random accesses and tables never break it, and reset brings it back")
{
    const char *options = GENERATE("", "entry-cache=on");
    Pamu pamu(options);
    std::mt19937_64 random(7);
    for (uint64_t at = Pamu::tables; at < Pamu::tables + PamuDriver::tables_size; at += 4)
        pamu.host.memory().store<uint32_t>(at, uint32_t(random()));
    const unsigned sizes[] = {1, 2, 4, 8};
    for (int i = 0; i < 100'000; ++i) {
        const unsigned size = sizes[random() % 4], region = unsigned(random() % 3);
        const uint64_t offset = random() % 0x5010;
        switch (random() % 4) {
        case 0:
            pamu.iommu->mmio_read(region, offset, size);
            break;
        case 1:
            pamu.iommu->mmio_write(region, random() % 2 ? offset & ~3u : offset, random(), size);
            break;
        default:
            pamu.ask(random() >> random() % 64, random() % 2 ? Access::read : Access::write,
                     unsigned(random() % 0x21000));
        }
        pamu.host.run_deferred(*pamu.iommu);
    }
    pamu.iommu->reset();
    pamu.driver.probe();
    pamu.driver.attach(Pamu::liodn);
    CHECK(pamu.at(0x1000) == 0x1000);
}

TEST_CASE("pamu: what wrong software does is logged at a limited rate")
{
    Pamu pamu;
    for (int i = 0; i < 10'000; ++i)
        pamu.driver.write(0xff0, 1);
    const unsigned lines = pamu.host.logged("");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("pamu: translations on one thread meet the driver on another", "[threads]")
{
    const char *options = GENERATE("", "entry-cache=on");
    Pamu pamu(options);
    std::atomic<bool> done{false};
    std::atomic<unsigned> wrong{0};
    std::thread device([&] {
        while (!done) {
            const auto at = pamu.at(0x1000);
            wrong += at && *at != 0x1000;
            pamu.ask(0x1000, Access::write, Pamu::behind(1, 99));
        }
    });
    for (int i = 0; i < 2'000; ++i) {
        pamu.driver.write(PamuDriver::pc, PamuDriver::enable);
        pamu.driver.write(PamuDriver::pc, PamuDriver::enable | PamuDriver::cache_primary);
        pamu.host.run_deferred(*pamu.iommu);
        pamu.driver.acknowledge(1);
    }
    done = true;
    device.join();
    CHECK(wrong == 0);
}
