// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "soc-iommu/report.hpp"
#include "support/fake_host.hpp"

using namespace soc;

namespace {

struct Bench {
    test::FakeHost host;
    GuestLog log{host, "test"};
    RegisterBank bank{0x40, log};
    Report report;
    unsigned status = report.add(bank, {.name = "STATUS", .offset = 0x0, .write_one_to_clear = 0xff}, 0xff);
    unsigned address = report.add(bank, {.name = "ADDRESS", .offset = 0x4, .count = 2});
    unsigned victim = report.add(bank, {.name = "VICTIM", .offset = 0xc, .reset = 7, .writable = 0xf});

    void fill()
    {
        report.update([&](std::span<uint32_t> word) {
            word[status] = 0x35;
            word[address + 1] = 0x1234;
        });
    }
};

}  // namespace

TEST_CASE("report: software reads what the hardware wrote, register by register")
{
    Bench bench;
    bench.fill();
    CHECK(bench.bank.read(0x0, 4) == 0x35);
    CHECK(bench.bank.read(0x4, 4) == 0);
    CHECK(bench.bank.read(0x8, 4) == 0x1234);
}

TEST_CASE("report: a written one clears, a writable bit takes what is written, the rest stays")
{
    Bench bench;
    bench.fill();
    bench.bank.write(0x0, 0x05, 4);
    CHECK(bench.report.get(bench.status) == 0x30);
    bench.bank.write(0xc, 0xf3, 4);
    CHECK(bench.bank.read(0xc, 4) == 0x3);
    bench.bank.write(0x8, 0, 4);
    CHECK(bench.bank.read(0x8, 4) == 0x1234);
}

TEST_CASE("report: reset leaves each word as it was declared")
{
    Bench bench;
    bench.fill();
    bench.bank.write(0xc, 1, 4);
    bench.report.reset();
    CHECK(bench.bank.read(0x0, 4) == 0);
    CHECK(bench.bank.read(0xc, 4) == 7);
}

TEST_CASE("report: what is loaded has no bits but the declared ones")
{
    Bench saved, loaded;
    saved.report.update([&](std::span<uint32_t> word) { word[saved.status] = 0xfff; });
    StateWriter out;
    saved.report.save(out);
    StateReader in(out.data());
    loaded.report.load(in);
    REQUIRE(in.complete());
    CHECK(loaded.report.get(loaded.status) == 0xff);
    CHECK(loaded.report.get(loaded.victim) == 7);
}
