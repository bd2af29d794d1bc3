// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/iotlb.hpp"

#include <thread>

#include "catch.hpp"

using namespace soc;

namespace {

void fill(Iotlb &tlb, unsigned context, uint64_t page, uint64_t out)
{
    tlb.insert(context, page, tlb.generation(context), {.page = out, .perm = Perm::rw});
}

}  // namespace

TEST_CASE("the TLB finds what was inserted, by context and page")
{
    Iotlb tlb(16, 4, 8);
    fill(tlb, 3, 0x1000, 0x42);

    REQUIRE(tlb.find(3, 0x1000));
    CHECK(tlb.find(3, 0x1000)->page == 0x42);
    CHECK(tlb.find(3, 0x1000)->perm == Perm::rw);
    CHECK_FALSE(tlb.find(3, 0x1001));
    CHECK_FALSE(tlb.find(4, 0x1000));
}

TEST_CASE("the TLB remembers a failure as it does a success")
{
    Iotlb tlb(16, 4, 8);
    tlb.insert(0, 5, tlb.generation(0), {.fault = FaultKind::translation, .level = 1});

    REQUIRE(tlb.find(0, 5));
    CHECK(tlb.find(0, 5)->fault == FaultKind::translation);
    CHECK(tlb.find(0, 5)->level == 1);
}

TEST_CASE("invalidating a context drops its entries and no others")
{
    Iotlb tlb(16, 4, 8);
    fill(tlb, 1, 7, 1);
    fill(tlb, 2, 7, 2);

    tlb.invalidate(1);

    CHECK_FALSE(tlb.find(1, 7));
    CHECK(tlb.find(2, 7));
    tlb.invalidate_all();
    CHECK_FALSE(tlb.find(2, 7));
}

TEST_CASE("an entry whose walk began before an invalidation is stillborn")
{
    Iotlb tlb(16, 4, 8);
    const uint64_t before_walk = tlb.generation(1);
    tlb.invalidate(1);
    tlb.insert(1, 7, before_walk, {.page = 9, .perm = Perm::rw});
    CHECK_FALSE(tlb.find(1, 7));
}

TEST_CASE("invalidating a range drops its pages, of its context, and no others")
{
    // A range shorter than the sets is looked for page by page, a longer one in the whole cache.
    const uint64_t length = GENERATE(as<uint64_t>{}, 1, 2, 15, 16, 17, 1000, 1ull << 52);
    CAPTURE(length);
    Iotlb tlb(16, 4, 2);
    const uint64_t first = 0x1000, last = first + length - 1;
    for (const uint64_t page : {first - 1, first, last, last + 1})
        fill(tlb, 0, page, page);
    fill(tlb, 1, first, 1);

    tlb.invalidate_range(0, first, last);

    CHECK(tlb.find(0, first - 1));
    CHECK_FALSE(tlb.find(0, first));
    CHECK_FALSE(tlb.find(0, last));
    CHECK(tlb.find(0, last + 1));
    CHECK(tlb.find(1, first));
    tlb.invalidate_range(0, last + 1, first - 1);  // ends before it starts
    CHECK(tlb.find(0, first - 1));
    CHECK(tlb.find(0, last + 1));
}

TEST_CASE("an entry whose walk began before an invalidation of a range is stillborn")
{
    Iotlb tlb(16, 4, 8);
    fill(tlb, 1, 8, 1);
    const uint64_t before_walk = tlb.generation(1), other = tlb.generation(2);
    tlb.invalidate_range(1, 7, 7);
    tlb.insert(1, 7, before_walk, {.page = 9, .perm = Perm::rw});
    tlb.insert(2, 7, other, {.page = 9, .perm = Perm::rw});
    CHECK_FALSE(tlb.find(1, 7));
    CHECK(tlb.find(1, 8));
    CHECK(tlb.find(2, 7));
}

TEST_CASE("ranges without end drop no more than themselves, until their count overflows")
{
    Iotlb tlb(16, 4, 1);
    fill(tlb, 0, 1, 1);
    for (unsigned i = 0; i < (1u << 20) - 1; ++i)
        tlb.invalidate_range(0, 5, 5);
    CHECK(tlb.find(0, 1));
    tlb.invalidate_range(0, 5, 5);
    CHECK_FALSE(tlb.find(0, 1));
    fill(tlb, 0, 1, 1);
    CHECK(tlb.find(0, 1));
}

TEST_CASE("a full set evicts its oldest entry only")
{
    Iotlb tlb(1, 4, 1);
    for (uint64_t page = 0; page < 5; ++page)
        fill(tlb, 0, page, page);

    CHECK_FALSE(tlb.find(0, 0));
    for (uint64_t page = 1; page < 5; ++page)
        CHECK(tlb.find(0, page));
}

TEST_CASE("a page that is inserted again takes its own place")
{
    Iotlb tlb(1, 2, 1);
    fill(tlb, 0, 1, 1);
    fill(tlb, 0, 2, 2);
    fill(tlb, 0, 2, 3);
    REQUIRE(tlb.find(0, 2));
    CHECK(tlb.find(0, 2)->page == 3);
    CHECK(tlb.find(0, 1));
}

TEST_CASE("invalidated entries are replaced before live ones")
{
    Iotlb tlb(1, 2, 2);
    fill(tlb, 0, 1, 1);
    fill(tlb, 1, 2, 2);
    tlb.invalidate(1);
    fill(tlb, 0, 3, 3);
    CHECK(tlb.find(0, 1));
    CHECK(tlb.find(0, 3));
}

TEST_CASE("readers beside a writer see whole entries or none", "[threads]")
{
    // Every entry says out == page + 1: a torn one would not. Run under TSan as well.
    Iotlb tlb(4, 2, 2);
    std::atomic<bool> stop{false};
    std::atomic<unsigned> torn{0}, hits{0};
    std::thread reader([&] {
        for (uint64_t page = 0; !stop; page = (page + 1) % 64)
            if (const auto entry = tlb.find(0, page)) {
                ++hits;
                if (entry->page != page + 1)
                    ++torn;
            }
    });
    for (unsigned round = 0; round < 20000 || !hits; ++round) {
        fill(tlb, 0, round % 64, round % 64 + 1);
        if (round % 128 == 0)
            tlb.invalidate(0);
    }
    stop = true;
    reader.join();
    CHECK(torn == 0);
    CHECK(hits > 0);
}
