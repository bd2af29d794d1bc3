// From a device's address to memory: bypass, gate, windows and subwindows, permissions, operations.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/pamu_fixture.hpp"

using namespace soc;
using namespace soc::test;
using Entry = PamuDriver::Entry;

TEST_CASE("pamu: after reset every PAMU is bypassed, and clearing its bit alone ends that")
{
    Pamu pamu;
    pamu.iommu->reset();
    for (unsigned of = 0; of < 5; ++of)
        CHECK(pamu.at(0x1234'5678'9abc, Access::write, Pamu::behind(of)) == 0x1234'5678'9abc);
    CHECK(pamu.counter("bypasses") == 5);
    pamu.driver.out_be32(PamuDriver::guts, PamuDriver::pamubypenr, 0xf800'0000 & ~0x2000'0000u);
    for (unsigned of = 0; of < 5; ++of)
        CHECK(pamu.at(0x1000, Access::read, Pamu::behind(of)).has_value() == (of != 2));
}

TEST_CASE("pamu: a PAMU that is not enabled, or whose gate is closed, lets nothing pass")
{
    Pamu pamu;
    pamu.driver.setup_liodn(Pamu::liodn);
    REQUIRE(pamu.at(0x1000));
    pamu.driver.write(PamuDriver::pc, 0);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    CHECK(pamu.driver.report().why() == 0x4000);  // PDV
    pamu.driver.acknowledge();
    pamu.driver.write(PamuDriver::pc, PamuDriver::enable | PamuDriver::gate_closed);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    CHECK(pamu.driver.report().why() == 0x2000);  // GCV
    pamu.driver.acknowledge();
    pamu.driver.write(PamuDriver::pc, PamuDriver::gate_closed);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    CHECK(pamu.driver.report().why() == 0x2000);  // looked at first
    pamu.driver.write(PamuDriver::pc, PamuDriver::enable);
    CHECK(pamu.at(0x1000) == 0x1000);
}

TEST_CASE("pamu: what setup_liodns and the attach program is the identity over 64 GiB, and no more")
{
    const bool attached = GENERATE(false, true);
    Pamu pamu;
    if (attached)
        pamu.driver.attach(Pamu::liodn);
    else
        pamu.driver.setup_liodn(Pamu::liodn);
    CHECK(pamu.at(0) == 0);
    CHECK(pamu.at(0xf'ffff'ffff, Access::write) == 0xf'ffff'ffff);
    CHECK(pamu.kind(0x10'0000'0000) == FaultKind::translation);
    CHECK(pamu.kind(~0ull) == FaultKind::translation);
    CHECK(std::get<Translation>(pamu.ask(0x1234)).mask == (1ull << 36) - 1);
}

TEST_CASE("pamu: an entry that is not valid refuses everything, and at once")
{
    Pamu pamu;
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
    pamu.driver.attach(Pamu::liodn);
    CHECK(pamu.at(0x1000) == 0x1000);
    pamu.driver.disable(Pamu::liodn);
    CHECK(pamu.kind(0x1000) == FaultKind::disabled);
}

TEST_CASE("pamu: a window has 2^(WSE + 1) bytes at its base, and ends there")
{
    const unsigned wse = GENERATE(11u, 12u, 20u, 31u, 40u);
    CAPTURE(wse);
    const uint64_t size = 2ull << wse, base = 3 * size;
    Pamu pamu;
    pamu.driver.write_primary(Pamu::liodn, {.window = base, .wse = wse, .atm = 0});
    CHECK(pamu.at(base) == base);
    CHECK(pamu.at(base + size - 1) == base + size - 1);
    CHECK(pamu.kind(base - 1) == FaultKind::translation);
    CHECK(pamu.kind(base + size) == FaultKind::translation);
    CHECK(std::get<Translation>(pamu.ask(base)).mask == size - 1);
}

TEST_CASE("pamu: WSE 63 is all there is")
{
    Pamu pamu;
    pamu.driver.write_primary(Pamu::liodn, {.window = 0x1000, .wse = 63, .atm = 0});
    CHECK(pamu.at(0) == 0);
    CHECK(pamu.at(~0ull) == ~0ull);
}

TEST_CASE("pamu: a window that is translated keeps the offset and no more")
{
    Pamu pamu;
    pamu.driver.write_primary(Pamu::liodn, {.window = 0x8'4000'0000, .wse = 19, .translated = 0x1'2340'0000});
    CHECK(pamu.at(0x8'4000'0000) == 0x1'2340'0000);
    CHECK(pamu.at(0x8'400f'fff8, Access::write) == 0x1'234f'fff8);
    CHECK(pamu.kind(0x8'4010'0000) == FaultKind::translation);
}

TEST_CASE("pamu: AP's lower bit is reading, its higher one writing")
{
    const uint32_t ap = GENERATE(0u, 1u, 2u, 3u);
    CAPTURE(ap);
    Pamu pamu;
    pamu.driver.write_primary(Pamu::liodn, {.ap = ap});
    CHECK(pamu.kind(0x1000, Access::read) == (ap & 1 ? FaultKind::none : FaultKind::permission));
    CHECK(pamu.kind(0x1000, Access::write) == (ap & 2 ? FaultKind::none : FaultKind::permission));
}

TEST_CASE("pamu: LIODNs have entries of their own, which all PAMUs share")
{
    Pamu pamu;
    pamu.driver.write_primary(3, {.translated = 0x1'0000'0000});
    pamu.driver.write_primary(4, {.translated = 0});
    for (unsigned of = 0; of < 5; ++of) {
        CHECK(pamu.at(0x10, Access::read, Pamu::behind(of, 3)) == 0x10);  // 64 GiB: the base has no bit left
        CHECK(pamu.at(0x10, Access::read, Pamu::behind(of, 4)) == 0x10);
        CHECK(pamu.kind(0x10, Access::read, Pamu::behind(of, 5)) == FaultKind::disabled);
    }
    pamu.driver.write_primary(3, {.wse = 11, .translated = 0x1'0000'0000});
    CHECK(pamu.at(0x10, Access::read, Pamu::behind(1, 3)) == 0x1'0000'0010);
}

TEST_CASE("pamu: every function of the PCI bus has the bridge's LIODN, behind the first PAMU")
{
    Pamu pamu("pci-liodn=9");
    pamu.driver.attach(9);
    CHECK(pamu.at(0x1000, Access::read, Pamu::pci(0)) == 0x1000);
    CHECK(pamu.at(0x1000, Access::read, Pamu::pci(0xffff)) == 0x1000);
    pamu.driver.disable(9);
    CHECK(pamu.kind(0x2000, Access::read, Pamu::pci(0x38)) == FaultKind::disabled);
    CHECK(pamu.driver.report(0).liodn() == 9);
    CHECK(pamu.iommu->iommu_cells(Pamu::pci(5)) == std::vector<uint32_t>{9});
    CHECK(pamu.iommu->iommu_cells(Pamu::behind(3, 77)) == std::vector<uint32_t>{77});
}

namespace {

// Four subwindows of 64 KiB at 16 MiB: the first in the primary entry, the others in the secondary ones from 100 on.
struct Subwindows : Pamu {
    static constexpr uint64_t base = 16_MiB, stride = 64_KiB;
    Subwindows()
    {
        driver.write_primary(liodn, {.window = base, .wse = 17, .subwindows = 4, .translated = 0x9000'0000,
                                     .swse = 15, .first_secondary = 100});
        driver.write_secondary(100, {.secondary = true, .liodn = liodn, .translated = 0xa000'0000, .swse = 15});
        driver.write_secondary(102, {.ap = PamuDriver::query, .secondary = true, .liodn = liodn,
                                     .translated = 0xb000'0000, .swse = 11});
    }
};

}  // namespace

TEST_CASE("pamu: each subwindow has its entry, its address, its permissions and its size")
{
    Subwindows pamu;
    CHECK(pamu.at(Subwindows::base + 8) == 0x9000'0008);
    CHECK(pamu.at(Subwindows::base + Subwindows::stride + 8) == 0xa000'0008);
    CHECK(pamu.at(Subwindows::base + 2 * Subwindows::stride - 1, Access::write) == 0xa000'ffff);
    CHECK(std::get<Translation>(pamu.ask(Subwindows::base + Subwindows::stride)).mask == 64_KiB - 1);
    CHECK(pamu.kind(Subwindows::base + 2 * Subwindows::stride) == FaultKind::translation);
    CHECK(pamu.driver.report().why() == 2u << 7);  // not valid
    pamu.driver.acknowledge();
    CHECK(pamu.at(Subwindows::base + 3 * Subwindows::stride + 0xfff) == 0xb000'0fff);
    CHECK(pamu.kind(Subwindows::base + 3 * Subwindows::stride, Access::write) == FaultKind::permission);
    pamu.driver.acknowledge();
    CHECK(pamu.kind(Subwindows::base + 3 * Subwindows::stride + 0x1000) == FaultKind::translation);
    CHECK(pamu.driver.report().why() == 3u << 7);  // beyond its size
    CHECK(pamu.kind(Subwindows::base + 4 * Subwindows::stride) == FaultKind::translation);
}

TEST_CASE("pamu: a secondary entry of another LIODN, or that is none, is refused")
{
    Subwindows pamu;
    const uint64_t second = Subwindows::base + Subwindows::stride;
    pamu.driver.write_secondary(100, {.secondary = true, .liodn = Pamu::liodn + 1, .swse = 15});
    CHECK(pamu.kind(second) == FaultKind::configuration);
    pamu.driver.write_secondary(100, {.swse = 15});
    CHECK(pamu.kind(second) == FaultKind::configuration);
    // A primary entry whose window happens to be where a secondary one has its LIODN.
    pamu.driver.write_secondary(100, {.window = uint64_t(Pamu::liodn) << 16, .wse = 15, .swse = 15});
    CHECK(pamu.kind(second) == FaultKind::configuration);
    // And a secondary one where WSE happens to be good.
    const uint32_t word = pamu.driver.primary_word(Pamu::liodn, 1);
    pamu.driver.set_primary_word(Pamu::liodn, 1, word | 2);
    CHECK(pamu.kind(Subwindows::base) == FaultKind::configuration);
    pamu.driver.write_primary(Pamu::liodn, {.secondary = true});
    CHECK(pamu.kind(Subwindows::base) == FaultKind::configuration);
}

TEST_CASE("pamu: more subwindows than PC3 says, or smaller than a page, make an illegal entry")
{
    Pamu pamu("subwindows=16");
    CHECK((pamu.driver.read(PamuDriver::pc3) >> 21 & 0xf) == 3);  // 1 << (1 + 3)
    pamu.driver.write_primary(Pamu::liodn, {.subwindows = 16, .swse = 31});
    CHECK(pamu.at(0) == 0);
    pamu.driver.write_primary(Pamu::liodn, {.subwindows = 32, .swse = 31});
    CHECK(pamu.kind(0) == FaultKind::configuration);
    pamu.driver.write_primary(Pamu::liodn, {.wse = 13, .subwindows = 8, .swse = 11});
    CHECK(pamu.kind(0) == FaultKind::configuration);
    pamu.driver.write_primary(Pamu::liodn, {.wse = 13, .subwindows = 4, .swse = 11});
    CHECK(pamu.at(0) == 0);
}

TEST_CASE("pamu: a window below a page, and translation by page, are illegal")
{
    Pamu pamu;
    pamu.driver.write_primary(Pamu::liodn, {.wse = 10});
    CHECK(pamu.kind(0) == FaultKind::configuration);
    pamu.driver.write_primary(Pamu::liodn, {.atm = 2});
    CHECK(pamu.kind(0) == FaultKind::configuration);
    pamu.driver.write_primary(Pamu::liodn, {.atm = 3});
    CHECK(pamu.kind(0) == FaultKind::configuration);
    CHECK(pamu.driver.report().why() == 3u << 10);
}

TEST_CASE("pamu: permission is looked at before ATM, and ATM before OTM")
{
    Pamu pamu;
    pamu.driver.write_primary(Pamu::liodn, {.ap = 0, .atm = 2, .otm = 3});
    CHECK(pamu.kind(0x1000) == FaultKind::permission);
    pamu.driver.acknowledge();
    pamu.driver.write_primary(Pamu::liodn, {.atm = 2, .otm = 3});
    CHECK(pamu.kind(0x1000) == FaultKind::configuration);
    CHECK(pamu.driver.report().why() == 3u << 10);
}

TEST_CASE("pamu: the tables may lie above 4 GiB")
{
    constexpr uint64_t high = 0x9'0000'0000;
    Pamu pamu;
    pamu.host.ram(high, PamuDriver::tables_size);
    PamuDriver driver(pamu.host, *pamu.iommu, high);
    driver.probe();
    driver.write_primary(Pamu::liodn, {.wse = 13, .subwindows = 2, .translated = 0x4000, .swse = 12});
    driver.write_secondary(0, {.secondary = true, .liodn = Pamu::liodn, .translated = 0x8000, .swse = 12});
    CHECK(pamu.at(0x1000) == 0x5000);
    CHECK(pamu.at(0x3000) == 0x9000);
    driver.set_operations(Pamu::liodn, 2);
    driver.set_operation(2, 0, 0x80);
    CHECK(pamu.at(0x1000) == 0x5000);
    CHECK(pamu.kind(0x1000, Access::write) == FaultKind::permission);
}

TEST_CASE("pamu: with an operation table only operations that are valid there pass")
{
    Pamu pamu;
    pamu.driver.attach(Pamu::liodn);
    pamu.driver.set_operations(Pamu::liodn, 2);
    CHECK(pamu.kind(0x1000) == FaultKind::permission);
    CHECK(pamu.driver.report().why() == 1u << 1);
    pamu.driver.set_operation(2, 0, 0x80 | 0x18);  // EOE_VALID | EOE_READI at IOE_READ_IDX
    CHECK(pamu.at(0x1000) == 0x1000);
    CHECK(pamu.kind(0x1000, Access::write) == FaultKind::permission);
    pamu.driver.set_operation(2, 1, 0x80 | 0x01);
    CHECK(pamu.at(0x1000, Access::write) == 0x1000);
    pamu.driver.set_operations(Pamu::liodn, 16);
    pamu.driver.acknowledge();
    CHECK(pamu.kind(0x1000) == FaultKind::configuration);  // beyond the table
    CHECK(pamu.driver.report().why() == 2u << 1);
    pamu.driver.write_primary(Pamu::liodn, {.otm = 3});
    CHECK(pamu.kind(0x1000) == FaultKind::configuration);
    pamu.driver.write_primary(Pamu::liodn, {.otm = 1});
    CHECK(pamu.at(0x1000) == 0x1000);
}

TEST_CASE("pamu: a table ends at its limit")
{
    Pamu pamu;
    pamu.driver.setup_liodn(PamuDriver::entries - 1);
    CHECK(pamu.at(0x1000, Access::read, PamuDriver::entries - 1) == 0x1000);
    CHECK(pamu.kind(0x1000, Access::read, PamuDriver::entries) == FaultKind::unknown_stream);
    CHECK(pamu.driver.report().why() == 0x400);  // PAMU_LAV_LIODN_NOT_IN_PPAACT
    CHECK(pamu.driver.report().liodn() == PamuDriver::entries);
    pamu.driver.write(PamuDriver::pplal, uint32_t(Pamu::tables - 1));
    CHECK(pamu.kind(0x1000, Access::read, 0) == FaultKind::unknown_stream);
}

TEST_CASE("pamu: a subwindow whose entry is beyond the table is refused")
{
    Subwindows pamu;
    pamu.driver.write_primary(Pamu::liodn, {.window = Subwindows::base, .wse = 17, .subwindows = 4, .swse = 15,
                                            .first_secondary = 0xffff'ffff});
    CHECK(pamu.at(Subwindows::base) == 0);
    CHECK(pamu.kind(Subwindows::base + Subwindows::stride) == FaultKind::translation);
    CHECK(pamu.kind(Subwindows::base + 3 * Subwindows::stride) == FaultKind::translation);
}

TEST_CASE("pamu: a stream behind a PAMU that is not there is nobody's")
{
    Pamu pamu("pamus=2");
    CHECK(pamu.kind(0, Access::read, Pamu::behind(2)) == FaultKind::unknown_stream);
    CHECK(pamu.kind(0, Access::read, Pamu::pci(0x10000)) == FaultKind::unknown_stream);
    CHECK(pamu.kind(0, Access::read, ~0u) == FaultKind::unknown_stream);
    for (unsigned of = 0; of < 2; ++of)
        CHECK_FALSE(pamu.driver.report(of).stat);
    CHECK(pamu.counter("faults-unknown-stream") == 3);
}

TEST_CASE("pamu: a debugger leaves no trace, and every access reads the table")
{
    Pamu pamu;
    pamu.ask(0x1000, Access::read, Pamu::liodn, true);
    pamu.driver.attach(Pamu::liodn);
    pamu.ask(0x1000, Access::read, Pamu::liodn, true);
    for (const char *name : {"translations", "walks", "faults", "misses"})
        CHECK(pamu.counter(name) == 0);
    CHECK_FALSE(pamu.driver.report().stat);
    pamu.at(0x1000);
    pamu.at(0x1000);
    CHECK(pamu.counter("walks") == 2);
    CHECK(pamu.counter("misses") == 2);
    CHECK(pamu.counter("hits") == 0);
}
