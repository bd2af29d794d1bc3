// The TLB as software sees it: what is read there is what translates.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/omap_fixture.hpp"

using namespace soc;
using namespace soc::test;

using Cr = OmapDriver::Cr;
using Lock = OmapDriver::Lock;

namespace {

constexpr uint32_t v = OmapDriver::cam_v, p = OmapDriver::cam_p;

uint32_t cam_of(uint64_t address, OmapDriver::PageSize size, uint32_t flags = v)
{
    return uint32_t(address) | flags | size;
}

}  // namespace

TEST_CASE("omap: an empty TLB reads as invalid entries")
{
    const unsigned entries = GENERATE(8u, 32u);
    Omap omap("tlb-entries=" + std::to_string(entries));
    for (unsigned i = 0; i < entries; ++i)
        CHECK((omap.driver.read_entry(i).cam & v) == 0);
    CHECK(omap.driver.valid_entries().empty());
}

TEST_CASE("omap: a walk leaves its page in the TLB, with its size and its attributes, for software to read")
{
    const auto size = GENERATE(OmapDriver::small, OmapDriver::large, OmapDriver::section, OmapDriver::supersection);
    CAPTURE(OmapDriver::bytes(size));
    Omap omap;
    // Big endian, 32 bits, mixed: bits 9, 5:4 and 11 of a page's entry.
    omap.driver.map_as(size, Omap::iova, Omap::data, 1u << 9 | 2u << 4 | 1u << 11);
    REQUIRE(omap.at(Omap::iova + OmapDriver::bytes(size) - 1));
    CHECK(omap.driver.read_entry(0) ==
          Cr{cam_of(Omap::iova, size), uint32_t(Omap::data) | OmapDriver::ram_attributes(true, 2, true)});
    CHECK(omap.driver.valid_entries().size() == 1);
}

TEST_CASE("omap: walks fill one entry after the other, and the victim tells which is next")
{
    const unsigned entries = GENERATE(8u, 32u);
    Omap omap("tlb-entries=" + std::to_string(entries));
    omap.map(Omap::iova, Omap::data, (entries + 1) * Omap::page);
    omap.driver.set_lock({0, 0});
    for (unsigned i = 0; i < entries; ++i) {
        CHECK(omap.driver.get_lock() == Lock{0, i});
        omap.at(Omap::iova + i * Omap::page);
    }
    CHECK(omap.driver.get_lock() == Lock{0, 0});
    CHECK(omap.driver.valid_entries().size() == entries);
    // One more takes the first one's place.
    omap.at(Omap::iova + entries * Omap::page);
    CHECK(omap.driver.read_entry(0).cam == cam_of(Omap::iova + entries * Omap::page, OmapDriver::small));
    CHECK(omap.driver.valid_entries().size() == entries);
    const uint64_t walks = omap.counter("walks");
    omap.at(Omap::iova + Omap::page);
    CHECK(omap.counter("walks") == walks);
    omap.at(Omap::iova);
    CHECK(omap.counter("walks") == walks + 1);
}

TEST_CASE("omap: entries below the base are never replaced by a walk")
{
    Omap omap("tlb-entries=8");
    omap.map(Omap::iova, Omap::data, 64 * Omap::page);
    omap.driver.flush_all();
    for (unsigned i = 0; i < 3; ++i)
        omap.at(Omap::iova + i * Omap::page);
    omap.driver.set_lock({3, 3});
    for (unsigned i = 3; i < 64; ++i)
        omap.at(Omap::iova + i * Omap::page);
    CHECK(omap.driver.get_lock().base == 3);
    CHECK(omap.driver.get_lock().victim >= 3);
    for (unsigned i = 0; i < 3; ++i)
        CHECK(omap.driver.read_entry(i).cam == cam_of(Omap::iova + i * Omap::page, OmapDriver::small));
    const uint64_t walks = omap.counter("walks");
    for (unsigned i = 0; i < 3; ++i)
        omap.at(Omap::iova + i * Omap::page);
    CHECK(omap.counter("walks") == walks);
    // From the last one the victim goes on to the base.
    omap.driver.set_lock({3, 7});
    omap.at(Omap::iova + 3 * Omap::page);
    CHECK(omap.driver.get_lock() == Lock{3, 3});
}

TEST_CASE("omap: a victim below the base or beyond the last entry is not what a walk replaces")
{
    const Lock lock = GENERATE(Lock{3, 1}, Lock{3, 8}, Lock{3, 31});
    Omap omap("tlb-entries=8");
    omap.map(Omap::iova, Omap::data);
    omap.driver.set_lock(lock);
    omap.at(Omap::iova);
    CHECK(omap.driver.get_lock() == Lock{3, 4});
    CHECK(omap.driver.read_entry(3).cam == cam_of(Omap::iova, OmapDriver::small));
}

TEST_CASE("omap: with all entries locked a walk still translates, and caches nothing")
{
    Omap omap("tlb-entries=8");
    omap.map(Omap::iova, Omap::data);
    omap.driver.set_lock({8, 8});
    CHECK(omap.at(Omap::iova) == Omap::data);
    CHECK(omap.at(Omap::iova) == Omap::data);
    CHECK(omap.counter("walks") == 2);
    CHECK(omap.driver.valid_entries().empty());
}

TEST_CASE("omap: software loads entries that translate, with the walk disabled")
{
    const auto size = GENERATE(OmapDriver::small, OmapDriver::large, OmapDriver::section, OmapDriver::supersection);
    CAPTURE(OmapDriver::bytes(size));
    Omap omap;
    omap.driver.enable(false);
    REQUIRE(omap.driver.prefetch(size, Omap::iova, Omap::data, false));
    CHECK(omap.at(Omap::iova + OmapDriver::bytes(size) - 1) == Omap::data + OmapDriver::bytes(size) - 1);
    CHECK(omap.kind(Omap::iova + OmapDriver::bytes(size)) == FaultKind::translation);
    CHECK(omap.driver.valid_entries() == std::vector<Cr>{{cam_of(Omap::iova, size), uint32_t(Omap::data)}});
    CHECK(omap.counter("walks") == 0);
}

TEST_CASE("omap: LD_TLB writes the victim's entry and no other, and moves no victim")
{
    Omap omap;
    omap.driver.set_lock({0, 5});
    omap.driver.load({cam_of(Omap::iova, OmapDriver::small), uint32_t(Omap::data)});
    CHECK(omap.driver.get_lock() == Lock{0, 5});
    CHECK(omap.driver.read_entry(5) == Cr{cam_of(Omap::iova, OmapDriver::small), uint32_t(Omap::data)});
    CHECK(omap.driver.valid_entries().size() == 1);
    // An invalid entry replaces a valid one too.
    omap.driver.write(OmapDriver::cam, 0);
    omap.driver.write(OmapDriver::ld_tlb, 0);
    CHECK(omap.at(Omap::iova) == Omap::data);
    omap.driver.set_lock({0, 5});
    omap.driver.write(OmapDriver::ld_tlb, 1);
    CHECK(omap.kind(Omap::iova) == FaultKind::translation);
}

TEST_CASE("omap: an entry that there is not is never loaded, and reads as none")
{
    Omap omap("tlb-entries=8");
    omap.driver.set_lock({0, 8});
    omap.driver.load({cam_of(Omap::iova, OmapDriver::small), uint32_t(Omap::data)});
    CHECK(omap.host.logged("LD_TLB to an entry that there is not") == 1);
    CHECK(omap.driver.read(OmapDriver::read_cam) == 0);
    CHECK(omap.driver.read(OmapDriver::read_ram) == 0);
    CHECK(omap.driver.valid_entries().empty());
    CHECK(omap.kind(Omap::iova) == FaultKind::translation);
}

TEST_CASE("omap: an unmapped page stays reachable until its entry is flushed")
{
    const bool all = GENERATE(false, true);
    Omap omap;
    omap.map(Omap::iova, Omap::data, 2 * Omap::page);
    REQUIRE(omap.at(Omap::iova) == Omap::data);
    REQUIRE(omap.at(Omap::iova + Omap::page) == Omap::data + Omap::page);
    omap.driver.unmap(Omap::iova, 2 * Omap::page);
    CHECK(omap.at(Omap::iova) == Omap::data);
    if (all)
        omap.driver.flush_all();
    else
        CHECK(omap.driver.flush_page(Omap::iova));
    CHECK(omap.kind(Omap::iova) == FaultKind::translation);
    CHECK(omap.at(Omap::iova + Omap::page).has_value() == !all);
}

TEST_CASE("omap: that nothing is mapped is not remembered")
{
    Omap omap;
    REQUIRE(omap.kind(Omap::iova) == FaultKind::translation);
    omap.driver.map_as(OmapDriver::small, Omap::iova, Omap::data);
    CHECK(omap.at(Omap::iova) == Omap::data);
}

TEST_CASE("omap: a page of any size is flushed by any address in it, and told to those who keep it")
{
    const auto size = GENERATE(OmapDriver::small, OmapDriver::large, OmapDriver::section, OmapDriver::supersection);
    const uint64_t bytes = OmapDriver::bytes(size);
    CAPTURE(bytes);
    Omap omap;
    omap.driver.map_as(size, Omap::iova, Omap::data);
    REQUIRE(omap.at(Omap::iova));
    omap.host.unmaps.clear();
    omap.driver.write(OmapDriver::cam, uint32_t(Omap::iova + bytes - 1));
    omap.driver.write(OmapDriver::flush_entry, 0);
    CHECK(omap.driver.valid_entries().size() == 1);
    omap.driver.write(OmapDriver::flush_entry, 1);
    CHECK(omap.driver.valid_entries().empty());
    REQUIRE(omap.host.unmaps.size() == omap.iommu->shape().streams);
    CHECK(omap.host.unmaps[1].stream == 1);
    CHECK(omap.host.unmaps[1].address == Omap::iova);
    CHECK(omap.host.unmaps[1].size == bytes);
}

TEST_CASE("omap: the last page of 4 GiB is flushed as any other")
{
    // flush_iotlb_page() never gets so far: the end of that page is 0 in 32 bits, and no address is below it.
    const auto size = GENERATE(OmapDriver::small, OmapDriver::large, OmapDriver::section, OmapDriver::supersection);
    const uint64_t last = 4_GiB - OmapDriver::bytes(size);
    Omap omap;
    omap.driver.map_as(size, last, Omap::data);
    REQUIRE(omap.at(0xffff'fffc));
    CHECK(omap.driver.valid_entries() == std::vector<Cr>{{cam_of(last, size), uint32_t(Omap::data)}});
    omap.driver.unmap(last, OmapDriver::bytes(size));
    CHECK(omap.at(0xffff'fffc));
    CHECK(omap.driver.flush_page(0xffff'fffc));
    CHECK(omap.kind(0xffff'fffc) == FaultKind::translation);
}

TEST_CASE("omap: GFLUSH leaves what is preserved, and FLUSH_ENTRY does not")
{
    Omap omap;
    omap.driver.enable(false);
    REQUIRE(omap.driver.prefetch(OmapDriver::small, Omap::iova, Omap::data, true));
    REQUIRE(omap.driver.prefetch(OmapDriver::small, Omap::iova + Omap::page, Omap::data, false));
    CHECK(omap.driver.get_lock().base == 1);
    omap.driver.write(OmapDriver::gflush, 0);
    CHECK(omap.driver.valid_entries().size() == 2);
    omap.driver.write(OmapDriver::gflush, 1);
    const Cr preserved{cam_of(Omap::iova, OmapDriver::small, p | v), uint32_t(Omap::data)};
    CHECK(omap.driver.valid_entries() == std::vector<Cr>{preserved});
    CHECK(omap.at(Omap::iova) == Omap::data);
    CHECK(omap.driver.flush_page(Omap::iova));
    CHECK(omap.kind(Omap::iova) == FaultKind::translation);
}

TEST_CASE("omap: two entries for one address are a multi-hit, until one is gone")
{
    Omap omap;
    omap.driver.set_lock({0, 0});
    omap.driver.load({cam_of(Omap::iova, OmapDriver::section), uint32_t(Omap::data)});
    omap.driver.set_lock({0, 1});
    omap.driver.write(OmapDriver::cam, cam_of(Omap::iova + 0x5000, OmapDriver::small));
    omap.driver.write(OmapDriver::ld_tlb, 1);
    CHECK(omap.kind(Omap::iova + 0x5123) == FaultKind::configuration);
    CHECK(omap.driver.report().causes == OmapDriver::multi_hit_fault);
    CHECK(omap.driver.report().address == Omap::iova + 0x5123);
    CHECK(omap.at(Omap::iova + 0x6000) == Omap::data + 0x6000);
    omap.driver.set_lock({0, 1});
    omap.driver.write(OmapDriver::cam, 0);
    omap.driver.write(OmapDriver::ld_tlb, 1);
    CHECK(omap.at(Omap::iova + 0x5123) == Omap::data + 0x5123);
}

TEST_CASE("omap: a section that is mapped over a cached page makes two entries for it")
{
    // What a driver must flush before it: the hardware has no other way to know.
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    REQUIRE(omap.at(Omap::iova));
    omap.driver.map_as(OmapDriver::section, Omap::iova, Omap::data + 1_MiB);
    CHECK(omap.at(Omap::iova + Omap::page) == Omap::data + 1_MiB + Omap::page);
    CHECK(omap.kind(Omap::iova) == FaultKind::configuration);
}

TEST_CASE("omap: a walk that a command overtakes leaves nothing behind")
{
    using D = OmapDriver;
    const uint32_t command = GENERATE(D::gflush, D::flush_entry, D::ld_tlb, D::sysconfig);
    CAPTURE(command);
    Omap omap;
    omap.map(Omap::iova, Omap::data);
    omap.host.memory().after_read = [&, reads = 0]() mutable {
        if (++reads != 2)  // one a level
            return;
        omap.driver.set_level_2(Omap::iova, 0);
        // Of another address: FLUSH_ENTRY and LD_TLB are about an entry that is there, and so do not touch this one.
        omap.driver.write(D::cam, cam_of(Omap::iova + 16_MiB, D::small));
        omap.driver.write(command, command == D::sysconfig ? 2 : 1);  // SOFTRESET
    };
    CHECK(omap.at(Omap::iova) == Omap::data);  // as if it had come before
    CHECK(omap.driver.valid_entries().size() == (command == D::ld_tlb ? 1 : 0));  // the one that was loaded
    omap.driver.write(D::ttb, uint32_t(omap.driver.level_1()));  // which a reset clears
    omap.driver.enable(true);
    CHECK(omap.kind(Omap::iova) == FaultKind::translation);
}

TEST_CASE("omap: what is cached, preserved and locked survives a save and a load; a reset drops it")
{
    Omap omap;
    omap.driver.prefetch(OmapDriver::small, Omap::iova, Omap::data, true);
    omap.map(Omap::iova + Omap::page, Omap::data + Omap::page);
    omap.at(Omap::iova + Omap::page);
    const std::vector<Cr> entries = omap.driver.valid_entries();
    const Lock lock = omap.driver.get_lock();
    REQUIRE(entries.size() == 2);
    StateWriter out;
    omap.iommu->save(out);

    Omap copy;
    StateReader in(out.data());
    copy.iommu->load(in);
    REQUIRE(in.complete());
    CHECK(copy.driver.get_lock() == lock);
    CHECK(copy.driver.valid_entries() == entries);
    CHECK(copy.at(Omap::iova + Omap::page) == Omap::data + Omap::page);

    omap.iommu->reset();
    CHECK(omap.driver.valid_entries().empty());
    CHECK(omap.driver.get_lock() == Lock{0, 0});

    Omap small("tlb-entries=8");
    StateReader foreign(out.data());
    small.iommu->load(foreign);
    CHECK_FALSE(foreign.ok());
}
