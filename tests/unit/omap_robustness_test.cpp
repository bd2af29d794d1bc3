// Whatever a guest writes, and whatever threads do at once, the model answers and stays sane.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>
#include <thread>

#include "catch.hpp"
#include "unit/omap_fixture.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("omap: random accesses and tables never break it, and reset brings it back")
{
    const std::string variant = GENERATE("variant=omap4", "variant=dra7-dsp", "variant=omap2,tlb-entries=8");
    Omap omap(variant);
    std::mt19937_64 random(11);
    for (uint64_t at = Omap::tables; at < Omap::tables + 64_KiB; at += 4)
        omap.host.memory().store<uint32_t>(at, uint32_t(random()));
    const unsigned sizes[] = {1, 2, 4, 8};
    for (int i = 0; i < 60'000; ++i) {
        const unsigned size = sizes[random() % 4], region = unsigned(random() % 3);
        const uint64_t offset = random() % 0x110;
        switch (random() % 4) {
        case 0:
            omap.iommu->mmio_read(region, offset, size);
            break;
        case 1:
            // SYSCONFIG's reset would keep everything else from getting far.
            omap.iommu->mmio_write(region, random() % 2 ? offset & ~3u : offset, random() & ~2ull, size);
            break;
        default:
            omap.ask(random() >> (24 + random() % 40), random() % 2 ? Access::read : Access::write,
                     unsigned(random() % 20));
        }
        omap.host.run_deferred(*omap.iommu);
    }
    omap.iommu->reset();
    for (uint64_t at = Omap::tables; at < Omap::tables + 64_KiB; at += 4)
        omap.host.memory().store<uint32_t>(at, 0);
    omap.driver.attach();
    omap.iommu->mmio_write(1, 0x18, 1, 4);
    omap.map(Omap::iova, Omap::data);
    CHECK(omap.at(Omap::iova) == Omap::data);
}

TEST_CASE("omap: what wrong software does is logged at a limited rate")
{
    Omap omap("tlb-entries=8");
    omap.driver.set_lock({0, 20});
    for (int i = 0; i < 10'000; ++i) {
        omap.driver.write(0xf0, 1);
        omap.driver.write(OmapDriver::ld_tlb, 1);
    }
    const unsigned lines = omap.host.logged("");
    CHECK(lines >= 1);
    CHECK(lines < 100);
}

TEST_CASE("omap: translations on one thread meet flushes on another", "[threads]")
{
    const std::string options = GENERATE("tlb-entries=32", "tlb-entries=8");
    Omap omap(options);
    omap.map(Omap::iova, Omap::data);
    omap.map(Omap::iova + 8 * Omap::page, Omap::data, 40 * Omap::page);
    // Odd while the page is unmapped and everything flushed. The flush of one page asks for the victim, which walks
    // move: see the next test.
    std::atomic<unsigned> epoch{0}, wrong{0};
    std::atomic<bool> done{false};
    const auto device = [&](uint32_t stream) {
        for (unsigned i = 0; !done; ++i) {
            const unsigned before = epoch;
            const auto at = omap.at(Omap::iova, Access::read, stream);
            if (at && (*at != Omap::data || (before % 2 && epoch == before)))
                ++wrong;
            if (omap.kind(Omap::iova, Access::read, stream) == FaultKind::configuration)
                ++wrong;
            const uint64_t other = 8 + i % 40;
            if (omap.at(Omap::iova + other * Omap::page) != Omap::data + (other - 8) * Omap::page)
                ++wrong;
        }
    };
    std::thread first(device, 1), second(device, 2);
    for (int i = 0; i < 3000; ++i) {
        omap.driver.set_level_2(Omap::iova, 0);
        omap.driver.flush_all();
        ++epoch;
        std::this_thread::yield();
        omap.host.run_deferred(*omap.iommu);
        omap.driver.acknowledge();
        ++epoch;
        omap.driver.map_as(OmapDriver::small, Omap::iova, Omap::data);
    }
    done = true;
    first.join();
    second.join();
    CHECK(wrong == 0);
}

TEST_CASE("omap: a walk on another thread moves the victim between software's two accesses, as the hardware does")
{
    // __iotlb_read_cr() writes the victim and then reads READ_CAM. A miss in between, and it reads the next entry.
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    omap.driver.set_lock({0, 3});
    omap.at(Omap::iova);
    CHECK((omap.driver.read(OmapDriver::read_cam) & OmapDriver::cam_v) == 0);
    CHECK(omap.driver.get_lock().victim == 4);
    omap.driver.set_lock({0, 3});
    CHECK(omap.driver.read(OmapDriver::read_cam) == (Omap::iova | OmapDriver::cam_v | OmapDriver::small));
}

TEST_CASE("omap: the line is up after any fault that no acknowledgement followed", "[threads]")
{
    // A fault that comes while software acknowledges another must not be lost.
    Omap omap;
    std::atomic<bool> done{false};
    std::thread device([&] {
        for (uint64_t i = 0; i < 20'000; ++i)
            omap.ask(i << 12);
        done = true;
    });
    while (!done) {
        omap.host.run_deferred(*omap.iommu);
        if (omap.host.line(0))
            omap.driver.acknowledge();
    }
    device.join();
    omap.host.run_deferred(*omap.iommu);
    CHECK(omap.host.line(0) == (omap.driver.report().causes != 0));
    omap.ask(0x1000);
    omap.host.run_deferred(*omap.iommu);
    CHECK(omap.host.line(0));
}
