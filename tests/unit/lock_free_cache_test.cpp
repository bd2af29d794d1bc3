// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/lock_free_cache.hpp"

#include <optional>
#include <thread>

#include "catch.hpp"

using namespace soc;

namespace {

struct Payload {
    uint64_t value = 0;
    uint32_t other = 0, padding = 0;
};

// Live: stamped at or after `floor`.
struct Cache {
    Cache(unsigned sets, unsigned ways) : cache(sets, ways) {}

    static CachePlace place(uint64_t n) { return {n, n}; }

    void put(uint64_t n, uint64_t value, uint64_t stamp = 1)
    {
        const CacheKey key{n, ~n};
        cache.insert(
            cache.lock(), place(n), key, stamp, Payload{value, uint32_t(value), 0},
            [&](const CacheKey &other) { return other == key; },
            [&](const CacheKey &, uint64_t other) { return other >= floor; });
    }

    std::optional<Payload> get(uint64_t n) const
    {
        const CacheKey wanted{n, ~n};
        Payload found;
        if (!cache.find(place(n), found,
                        [&](const CacheKey &key, uint64_t stamp) { return key == wanted && stamp >= floor; }))
            return std::nullopt;
        return found;
    }

    void erase(uint64_t n)
    {
        cache.erase(cache.lock(), place(n), [&](const CacheKey &key) { return key.low == n; });
    }

    LockFreeCache<Payload> cache;
    uint64_t floor = 1;
};

}  // namespace

TEST_CASE("lock-free cache: finds what was inserted and nothing else")
{
    Cache cache(16, 4);
    CHECK_FALSE(cache.get(0));
    cache.put(7, 0x1234567890abcdef);

    REQUIRE(cache.get(7));
    CHECK(cache.get(7)->value == 0x1234567890abcdef);
    CHECK(cache.get(7)->other == 0x90abcdef);
    CHECK_FALSE(cache.get(7 + 16));  // the same set
    CHECK_FALSE(cache.get(8));
    CHECK(cache.cache.capacity() == 64);
}

TEST_CASE("lock-free cache: keys of one mark are told apart")
{
    LockFreeCache<Payload> cache(2, 4);
    const CachePlace place(0, 5);
    const auto put = [&](uint64_t n) {
        cache.insert(
            cache.lock(), place, {n, 0}, 1, Payload{n}, [&](const CacheKey &key) { return key.low == n; },
            [](const CacheKey &, uint64_t) { return true; });
    };
    const auto get = [&](uint64_t n) {
        Payload found;
        cache.find(place, found, [&](const CacheKey &key, uint64_t) { return key.low == n; });
        return found.value;  // 0 where it is not found
    };
    put(1);
    put(2);
    CHECK(get(1) == 1);
    CHECK(get(2) == 2);
    CHECK(get(3) == 0);
}

TEST_CASE("lock-free cache: a full set evicts its oldest entry only")
{
    Cache cache(1, 4);
    for (uint64_t n = 0; n < 5; ++n)
        cache.put(n, n);
    CHECK_FALSE(cache.get(0));
    for (uint64_t n = 1; n < 5; ++n)
        CHECK(cache.get(n));

    cache.put(5, 5);
    CHECK_FALSE(cache.get(1));
    CHECK(cache.get(2));
}

TEST_CASE("lock-free cache: entries that are no longer live are replaced first")
{
    Cache cache(1, 2);
    cache.put(1, 1, 2);
    cache.put(2, 2, 1);
    cache.floor = 2;
    CHECK_FALSE(cache.get(2));
    cache.put(3, 3, 2);
    CHECK(cache.get(1));
    CHECK(cache.get(3));
}

TEST_CASE("lock-free cache: the same key replaces its entry")
{
    Cache cache(1, 2);
    cache.put(1, 10);
    cache.put(2, 20);
    cache.put(2, 21);
    cache.put(2, 22);
    CHECK(cache.get(1)->value == 10);  // nothing else was evicted
    CHECK(cache.get(2)->value == 22);
    cache.erase(2);
    CHECK_FALSE(cache.get(2));  // and no older one shows
}

TEST_CASE("lock-free cache: erasing drops what is named, and its slot is the next to be filled")
{
    Cache cache(1, 3);
    for (uint64_t n = 0; n < 3; ++n)
        cache.put(n, n);
    cache.erase(1);
    cache.erase(77);
    CHECK(cache.get(0));
    CHECK_FALSE(cache.get(1));
    CHECK(cache.get(2));

    cache.put(9, 9);
    CHECK(cache.get(0));
    CHECK(cache.get(2));
    CHECK(cache.get(9));
}

TEST_CASE("lock-free cache: erasing a run looks at the sets of its numbers, whatever their number, and at one mark")
{
    constexpr uint64_t sets = 32, mark = 7;
    const unsigned ways = GENERATE(3u, 8u, 20u);
    const unsigned run_order = GENERATE(0u, 1u, 3u, 4u, 9u);
    const uint64_t first = GENERATE(0u, 1u, 8u, 13u);
    const uint64_t last = GENERATE(13u, 15u, 16u, 31u);
    CAPTURE(ways, run_order, first, last);
    LockFreeCache<Payload> cache(sets, ways);
    const auto put = [&](uint64_t set, uint64_t identity) {
        cache.insert(
            cache.lock(), {set, identity}, {set, identity}, 1, Payload{}, [](const CacheKey &) { return false; },
            [](const CacheKey &, uint64_t) { return true; });
    };
    const auto has = [&](uint64_t set, uint64_t identity) {
        const CacheKey wanted{set, identity};
        Payload found;
        return cache.find({set, identity}, found, [&](const CacheKey &key, uint64_t) { return key == wanted; });
    };
    for (uint64_t set = 0; set < sets; ++set) {
        put(set, mark);
        put(set, mark + 1);
    }
    constexpr uint64_t spared = 13;
    cache.erase_run(
        cache.lock(), first, last, run_order, [](uint64_t number) { return CachePlace{number, mark}; },
        [](const CacheKey &key) { return key.low != spared; });
    for (uint64_t set = 0; set < sets; ++set) {
        CAPTURE(set);
        CHECK(has(set, mark) == (set < first || set > last || set == spared));
        CHECK(has(set, mark + 1));
    }
}

TEST_CASE("lock-free cache: erasing anywhere looks at every set")
{
    Cache cache(8, 2);
    for (uint64_t n = 0; n < 16; ++n)
        cache.put(n, n);
    cache.cache.erase_anywhere(cache.cache.lock(), [](const CacheKey &key) { return key.low % 2 == 0; });
    for (uint64_t n = 0; n < 16; ++n)
        CHECK(cache.get(n).has_value() == (n % 2 == 1));
}

TEST_CASE("lock-free cache: readers beside writers see whole entries or none", "[threads]")
{
    // Every entry says other == low half of value, and value / 1000 == key. Run under TSan as well.
    Cache cache(4, 2);
    std::atomic<bool> stop{false};
    std::atomic<unsigned> torn{0}, hits{0};
    const auto read = [&] {
        for (uint64_t n = 0; !stop; n = (n + 1) % 32)
            if (const auto found = cache.get(n)) {
                ++hits;
                if (found->value / 1000 != n || found->other != uint32_t(found->value))
                    ++torn;
            }
    };
    const auto write = [&](unsigned seed) {
        for (unsigned round = seed; round < 20000 || (!hits && round < 20'000'000); ++round) {
            cache.put(round % 32, round % 32 * 1000 + round % 1000);
            if (round % 5 == 0)
                cache.erase((round + seed) % 32);
        }
    };
    std::thread readers[] = {std::thread(read), std::thread(read)};
    std::thread other_writer(write, 3);
    write(0);
    other_writer.join();
    stop = true;
    for (auto &reader : readers)
        reader.join();
    CHECK(torn == 0);
    CHECK(hits > 0);
}

TEST_CASE("lock-free cache: what was erased before is not found after, on any thread", "[threads]")
{
    Cache cache(4, 2);
    std::atomic<uint64_t> erased{0};  // entries with a value up to this are gone for good
    std::atomic<bool> stop{false};
    std::atomic<unsigned> late{0};
    std::thread reader([&] {
        while (!stop) {
            const uint64_t gone = erased.load(std::memory_order_acquire);
            if (const auto found = cache.get(3); found && found->value <= gone)
                ++late;
        }
    });
    for (uint64_t value = 1; value < 50000; ++value) {
        cache.put(3, value);
        cache.erase(3);
        erased.store(value, std::memory_order_release);
    }
    stop = true;
    reader.join();
    CHECK(late == 0);
}
