// The tests' own RAM: what the threads of the other tests rely on.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <atomic>
#include <cstring>
#include <thread>

#include "catch.hpp"
#include "support/fake_host.hpp"

using soc::test::FakeMemory;

TEST_CASE("fake memory: a range that is read on one thread meets words written on another", "[threads]")
{
    FakeMemory memory;
    memory.add(0x1000, 0x1000);
    std::atomic<bool> started{false}, done{false};
    unsigned torn = 0;
    std::thread reader([&] {
        while (!done) {
            uint32_t line[8];
            if (!memory.read(0x1020, line, sizeof line) || (line[1] != 0 && line[1] != ~0u))
                ++torn;
            started = true;
        }
    });
    while (!started)
        std::this_thread::yield();
    for (unsigned i = 0; i < 1000; ++i)
        memory.store<uint32_t>(0x1024, i % 2 ? ~0u : 0);
    done = true;
    reader.join();
    CHECK(torn == 0);
}

TEST_CASE("fake memory: a range begins and ends at any byte, and stays inside its region")
{
    FakeMemory memory;
    memory.add(0x1000, 0x1000);
    unsigned char out[23], in[23] = {};
    for (unsigned i = 0; i < sizeof out; ++i)
        out[i] = static_cast<unsigned char>(i + 1);
    for (unsigned offset = 0; offset < 8; ++offset)
        for (unsigned size = 0; size <= sizeof out; ++size) {
            const uint64_t end = 0x1100 + offset + size;
            REQUIRE(memory.store<uint8_t>(end, 0xee));
            REQUIRE(memory.write(0x1100 + offset, out, size));
            REQUIRE(memory.read(0x1100 + offset, in, size));
            CHECK(std::memcmp(in, out, size) == 0);
            CHECK(memory.load<uint8_t>(end) == 0xee);
        }
    CHECK(memory.write(0x1ff0, out, 16));
    CHECK_FALSE(memory.write(0x1ff0, out, 17));
    CHECK_FALSE(memory.read(0x0fff, in, 2));
}
