// The default page, where an access goes that faults. No register and no line tells of one.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/sprd_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

std::vector<uint8_t> bytes(Sprd &sprd, uint64_t address, uint32_t size)
{
    std::vector<uint8_t> data(size);
    REQUIRE(sprd.host.memory().read(address, data.data(), size));
    return data;
}

}  // namespace

TEST_CASE("sprd: a write that faults lands in the default page, and is a fault all the same")
{
    Sprd sprd(GENERATE(std::string("ex"), std::string("vau")));
    const uint64_t where = GENERATE(Sprd::iova, Sprd::aperture);
    sprd.host.connect(*sprd.iommu, Sprd::client);
    std::vector<uint8_t> data{1, 2, 3, 4};
    REQUIRE(sprd.host.dma(0, where + 0x184, data, Access::write, false));
    CHECK(bytes(sprd, Sprd::protect + 0x184, 4) == data);
    CHECK(sprd.counter("faults") == 1);
    CHECK(sprd.counter("faults-translation") == 1);
    const Counters::LastFault last = sprd.iommu->counters().last_fault();
    CHECK(last.fault.transaction.address == where + 0x184);
    CHECK(last.fault.transaction.access == Access::write);
    CHECK(last.fault.transaction.stream == Sprd::client);
}

TEST_CASE("sprd: a read that faults gets what the default page holds")
{
    Sprd sprd(GENERATE(std::string("ex"), std::string("vau")));
    sprd.host.connect(*sprd.iommu, Sprd::client);
    sprd.host.memory().store<uint32_t>(Sprd::protect + 0x40, 0x44332211);
    std::vector<uint8_t> data(4);
    REQUIRE(sprd.host.dma(0, Sprd::iova + 0x40, data, Access::read, false));
    CHECK(data == std::vector<uint8_t>{0x11, 0x22, 0x33, 0x44});
    CHECK(sprd.counter("faults") == 1);
}

TEST_CASE("sprd: a long access stays inside the default page, a fault for each page of it")
{
    Sprd sprd;
    sprd.host.connect(*sprd.iommu, Sprd::client);
    std::vector<uint8_t> data(3 * Sprd::page, 0x55);
    REQUIRE(sprd.host.dma(0, Sprd::iova + 64, data, Access::write, false));
    CHECK(bytes(sprd, Sprd::protect, Sprd::page) == std::vector<uint8_t>(Sprd::page, 0x55));
    CHECK(bytes(sprd, Sprd::protect + Sprd::page, 64) == std::vector<uint8_t>(64));
    CHECK(bytes(sprd, Sprd::protect - 64, 64) == std::vector<uint8_t>(64));
    CHECK(sprd.counter("faults") == 4);
}

TEST_CASE("sprd: EX has one default page; VAU one for reads and one for writes")
{
    const bool vau = GENERATE(false, true);
    Sprd sprd(vau ? "vau" : "ex");
    sprd.driver.write(sprd.driver.registers().default_read, 0x11111);
    if (vau)
        sprd.driver.write(sprd.driver.registers().default_write, 0x22222);
    CHECK(sprd.at(Sprd::iova + 4, Access::read) == 0x1111'1004);
    CHECK(sprd.at(Sprd::iova + 4, Access::write) == (vau ? 0x2222'2004 : 0x1111'1004));
}

TEST_CASE("sprd: what a default page is given for serves that access alone")
{
    Sprd sprd;
    const TranslateResult read = sprd.ask(Sprd::iova), write = sprd.ask(Sprd::iova, Access::write);
    CHECK(std::get<Translation>(read).perm == Perm::r);
    CHECK(std::get<Translation>(write).perm == Perm::w);
    CHECK(std::get<Translation>(write).mask == Sprd::page - 1);
}

TEST_CASE("sprd: each access that faults counts, remembered or not, and raises nothing")
{
    Sprd sprd;
    for (int i = 0; i < 3; ++i)
        CHECK(sprd.at(Sprd::iova) == Sprd::protect);
    CHECK(sprd.counter("faults") == 3);
    CHECK(sprd.counter("walks") == 1);
    CHECK(sprd.iommu->shape().irqs == 0);
    CHECK_FALSE(sprd.host.run_deferred(*sprd.iommu));
    CHECK(sprd.host.line_changes == 0);
}

TEST_CASE("sprd: a debugger sees where an access would go, and it is no fault")
{
    Sprd sprd;
    const TranslateResult seen = sprd.ask(Sprd::iova + 8, Access::read, Sprd::client, true);
    REQUIRE(std::holds_alternative<Translation>(seen));
    CHECK(std::get<Translation>(seen).address == Sprd::protect + 8);
    CHECK(sprd.counter("faults") == 0);
}

TEST_CASE("sprd: a table where no memory answers is a fault of its own, and is not remembered")
{
    Sprd sprd;
    sprd.map(Sprd::iova, Sprd::data);
    for (uint32_t base : {0x4000u, 0xffff'ffffu}) {
        sprd.driver.write(sprd.driver.registers().first_ppn, base);
        CHECK(sprd.at(Sprd::iova + 4) == Sprd::protect + 4);
    }
    CHECK(sprd.counter("faults-walk-abort") == 2);
    sprd.driver.write(sprd.driver.registers().first_ppn, uint32_t(Sprd::pages >> 12));
    CHECK(sprd.at(Sprd::iova) == Sprd::data);
}

TEST_CASE("sprd: what the block never sees is not redirected, and a default page where no memory is takes no data")
{
    Sprd sprd;
    CHECK(sprd.kind(Sprd::iova, Access::read, 16) == FaultKind::unknown_stream);
    CHECK(sprd.kind(1ull << 32) == FaultKind::address_size);
    sprd.driver.write(sprd.driver.registers().default_read, 0x4000);
    sprd.host.connect(*sprd.iommu, Sprd::client);
    std::vector<uint8_t> data(4);
    CHECK_FALSE(sprd.host.dma(0, Sprd::iova, data, Access::write, false));
    CHECK(sprd.counter("faults-translation") == 1);
}
