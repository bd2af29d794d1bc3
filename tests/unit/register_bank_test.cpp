// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/register_bank.hpp"

#include <chrono>
#include <thread>

#include "catch.hpp"
#include "support/fake_host.hpp"

using namespace soc;
using soc::test::FakeHost;

namespace {

struct Fixture {
    FakeHost host;
    GuestLog log{host, "bank"};
    RegisterBank bank{0x100, log};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a write changes the writable bits only")
{
    bank.add({.name = "R", .offset = 0x10, .reset = 0xff00ff00, .writable = 0x0000ffff});
    bank.write(0x10, 0x12345678, 4);
    CHECK(bank.read(0x10, 4) == 0xff005678);
}

TEST_CASE_METHOD(Fixture, "a written one clears a write-one-to-clear bit, a zero keeps it")
{
    Register &reg = bank.add({.name = "STATUS", .offset = 0, .write_one_to_clear = 0xf});
    reg.set(0xf);
    bank.write(0, 0x5, 4);
    CHECK(bank.read(0, 4) == 0xa);
}

TEST_CASE_METHOD(Fixture, "a read-only register keeps its value and the attempt is logged")
{
    bank.add({.name = "IDR", .offset = 4, .reset = 7});
    bank.write(4, 9, 4);
    CHECK(bank.read(4, 4) == 7);
    CHECK(host.logged("read-only IDR") == 1);
}

TEST_CASE_METHOD(Fixture, "an array is addressed by its stride, hooks hear the index")
{
    unsigned heard = ~0u;
    Register &reg = bank.add({.name = "TTBR", .offset = 0x20, .count = 4, .stride = 8, .writable = ~0u});
    reg.on_write([&](unsigned index, uint32_t) { heard = index; });
    bank.write(0x30, 5, 4);
    CHECK(heard == 2);
    CHECK(reg.get(2) == 5);
    CHECK(reg.get(1) == 0);
}

TEST_CASE_METHOD(Fixture, "a guard refuses the write before any hook hears of it")
{
    bool heard = false;
    Register &reg = bank.add({.name = "TCR", .offset = 0, .writable = ~0u});
    reg.on_write([&](unsigned, uint32_t) { heard = true; }).writable_while([](unsigned) { return false; });
    bank.write(0, 1, 4);
    CHECK(reg.get() == 0);
    CHECK_FALSE(heard);
    CHECK(host.logged("locked TCR") == 1);
}

TEST_CASE_METHOD(Fixture, "a 64-bit access is two words, the low one first")
{
    std::vector<uint32_t> order;
    bank.add({.name = "LO", .offset = 0, .writable = ~0u}).on_write([&](unsigned, uint32_t v) { order.push_back(v); });
    bank.add({.name = "HI", .offset = 4, .writable = ~0u}).on_write([&](unsigned, uint32_t v) { order.push_back(v); });
    bank.write(0, 0x1111111122222222, 8);
    CHECK(order == std::vector<uint32_t>{0x22222222, 0x11111111});
    CHECK(bank.read(0, 8) == 0x1111111122222222);
}

TEST_CASE_METHOD(Fixture, "a 64-bit read is two words, too, the low one first")
{
    std::vector<unsigned> order;
    bank.add({.name = "R", .offset = 0, .count = 2}).on_read([&](unsigned index) {
        order.push_back(index);
        return 0x100 + index;
    });
    CHECK(bank.read(0, 8) == 0x101'0000'0100);
    CHECK(order == std::vector<unsigned>{0, 1});
}

TEST_CASE_METHOD(Fixture, "a write-only register reads as zero, and nobody is told")
{
    bank.add({.name = "COMMAND", .offset = 0, .writable = ~0u, .write_only = true});
    bank.write(0, 5, 4);
    CHECK(bank.read(0, 4) == 0);
    CHECK(host.logged("") == 0);
}

TEST_CASE_METHOD(Fixture, "a narrow read gives its part, a narrow or unaligned write does nothing")
{
    bank.add({.name = "R", .offset = 0, .reset = 0x44332211, .writable = ~0u});
    CHECK(bank.read(1, 1) == 0x22);
    CHECK(bank.read(2, 2) == 0x4433);
    CHECK(bank.read(1, 2) == 0);
    CHECK(bank.read(2, 4) == 0);
    CHECK(bank.read(2, 8) == 0);
    CHECK(host.logged("unaligned read") == 3);
    bank.write(0, 0, 1);
    bank.write(2, 0, 2);
    bank.write(1, 0, 4);
    bank.write(2, 0, 8);
    CHECK(host.logged("not an aligned word") == 4);
    CHECK(bank.read(0, 4) == 0x44332211);
}

TEST_CASE_METHOD(Fixture, "an unknown offset reads as zero, inside the window and beyond")
{
    bank.add({.name = "R", .offset = 0, .reset = 1});
    CHECK(bank.read(0x40, 4) == 0);
    CHECK(bank.read(0xfc, 8) == 0);
    CHECK(bank.read(0x100, 4) == 0);
    CHECK(bank.read(~7ull, 8) == 0);
    bank.write(~3ull, 1, 4);
    CHECK(host.logged("unknown register") > 0);
}

TEST_CASE_METHOD(Fixture, "reset restores, save and load carry over")
{
    Register &reg = bank.add({.name = "R", .offset = 0, .count = 2, .reset = 3, .writable = ~0u});
    reg.set(1, 99);
    StateWriter out;
    bank.save(out);
    bank.reset();
    CHECK(reg.get(1) == 3);
    StateReader in(out.data());
    bank.load(in);
    CHECK(in.complete());
    CHECK(reg.get(1) == 99);
}

TEST_CASE_METHOD(Fixture, "a guest that errs in a loop does not fill the log")
{
    for (unsigned i = 0; i < 100000; ++i)
        bank.read(0x40, 4);
    // The burst, and what the long-run rate adds while the loop runs: far below one line an error.
    CHECK(host.logged("unknown register") >= GuestLog::burst);
    CHECK(host.logged("") < 1000);
    // In a while there is room for a line again, after one that says how many are missing.
    unsigned before;
    do {
        before = host.logged("");
        bank.read(0x40, 4);
    } while (host.logged("") != before);
    const unsigned told = host.logged("messages left out");
    std::this_thread::sleep_for(std::chrono::milliseconds(2500 / GuestLog::per_second));
    bank.read(0x44, 4);
    CHECK(host.logged("messages left out") == told + 1);
    CHECK(host.logged("0x44") == 1);
    CHECK(host.logged("") == before + 2);
}
