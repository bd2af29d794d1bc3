// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/config_cache.hpp"

#include <optional>
#include <thread>

#include "catch.hpp"

using namespace soc::smmuv3;

namespace {

struct TestCache : ConfigCache {
    std::optional<Stream> stream(uint32_t sid) const
    {
        Stream found;
        return find(sid, found) ? std::optional(found) : std::nullopt;
    }
    std::optional<Context> context(uint32_t sid, uint32_t ssid) const
    {
        Context found;
        return find(sid, ssid, found) ? std::optional(found) : std::nullopt;
    }
    void add_stream(uint32_t sid)
    {
        Stream stream;
        stream.mode = StreamMode::stage1;
        stream.s1_context_ptr = uint64_t(sid) << 12;
        stream.s2_record = true;
        insert(sid, stamp(), stream);
    }
    void add_context(uint32_t sid, uint32_t ssid)
    {
        Context context;
        context.asid = uint16_t(sid ^ ssid << 8);
        context.table[1].address = uint64_t(sid) << 32 | ssid << 12;
        insert(sid, ssid, stamp(), context);
    }
};

}  // namespace

TEST_CASE("smmuv3: the configuration cache gives back what it was given")
{
    TestCache cache;
    CHECK_FALSE(cache.stream(0));
    CHECK_FALSE(cache.context(0, 0));
    cache.add_stream(5);
    cache.add_context(5, 9);

    REQUIRE(cache.stream(5));
    CHECK(cache.stream(5)->mode == StreamMode::stage1);
    CHECK(cache.stream(5)->s1_context_ptr == 0x5000);
    CHECK(cache.stream(5)->s2_record);
    REQUIRE(cache.context(5, 9));
    CHECK(cache.context(5, 9)->asid == (5 ^ 0x900));
    CHECK(cache.context(5, 9)->table[1].address == (5ull << 32 | 0x9000));

    CHECK_FALSE(cache.stream(6));
    CHECK_FALSE(cache.context(5, 8));
    CHECK_FALSE(cache.context(6, 9));
    CHECK_FALSE(cache.context(9, 5));
}

TEST_CASE("smmuv3: CFGI_STE drops the stream with its contexts and no other's")
{
    TestCache cache;
    for (uint32_t sid : {4u, 5u}) {
        cache.add_stream(sid);
        for (uint32_t ssid = 0; ssid < 4; ++ssid)
            cache.add_context(sid, ssid);
    }
    cache.invalidate_stream(5);

    CHECK_FALSE(cache.stream(5));
    CHECK(cache.stream(4));
    for (uint32_t ssid = 0; ssid < 4; ++ssid) {
        CHECK_FALSE(cache.context(5, ssid));
        CHECK(cache.context(4, ssid));
    }
}

TEST_CASE("smmuv3: CFGI_STE_RANGE drops the streams of an aligned range with their contexts")
{
    TestCache cache;
    for (uint32_t sid = 0; sid < 64; ++sid) {
        cache.add_stream(sid);
        cache.add_context(sid, 1);
    }
    cache.invalidate_streams(16, 3);
    for (uint32_t sid = 0; sid < 64; ++sid) {
        CHECK(cache.stream(sid).has_value() == (sid < 16 || sid >= 24));
        CHECK(cache.context(sid, 1).has_value() == (sid < 16 || sid >= 24));
    }
    cache.invalidate_streams(0, 31);
    for (uint32_t sid = 0; sid < 64; ++sid)
        CHECK_FALSE(cache.stream(sid));
}

TEST_CASE("smmuv3: CFGI_ALL drops streams and contexts")
{
    TestCache cache;
    for (uint32_t sid : {0u, 1u, 0x80000000u, 0xffffffffu}) {
        cache.add_stream(sid);
        cache.add_context(sid, 0xfffff);
    }
    CHECK(cache.stream(0xffffffff));
    cache.invalidate_all();
    for (uint32_t sid : {0u, 1u, 0x80000000u, 0xffffffffu}) {
        CHECK_FALSE(cache.stream(sid));
        CHECK_FALSE(cache.context(sid, 0xfffff));
    }
}

TEST_CASE("smmuv3: CFGI_CD drops one context, CFGI_CD_ALL a stream's, and both keep the stream's entry")
{
    TestCache cache;
    cache.add_stream(7);
    for (uint32_t ssid = 0; ssid < 8; ++ssid)
        cache.add_context(7, ssid);
    cache.add_context(8, 3);

    cache.invalidate_context(7, 3);
    CHECK_FALSE(cache.context(7, 3));
    for (uint32_t ssid : {0u, 1u, 2u, 4u, 5u, 6u, 7u})
        CHECK(cache.context(7, ssid));
    CHECK(cache.context(8, 3));

    cache.invalidate_contexts(7);
    for (uint32_t ssid = 0; ssid < 8; ++ssid)
        CHECK_FALSE(cache.context(7, ssid));
    CHECK(cache.context(8, 3));
    CHECK(cache.stream(7));
}

TEST_CASE("smmuv3: what was fetched before an invalidation is not cached after it")
{
    TestCache cache;
    const auto none_is_cached_after = [&](auto &&invalidate) {
        const uint64_t stamp = cache.stamp();
        invalidate();
        cache.insert(1, stamp, Stream{});
        cache.insert(1, 0, stamp, Context{});
        CHECK_FALSE(cache.stream(1));
        CHECK_FALSE(cache.context(1, 0));
    };
    none_is_cached_after([&] { cache.invalidate_stream(1); });
    none_is_cached_after([&] { cache.invalidate_streams(0, 4); });
    none_is_cached_after([&] { cache.invalidate_all(); });
    none_is_cached_after([&] { cache.invalidate_context(1, 0); });
    none_is_cached_after([&] { cache.invalidate_contexts(1); });
    none_is_cached_after([&] { cache.drop_everything(); });
    cache.add_stream(1);
    CHECK(cache.stream(1));
}

TEST_CASE("smmuv3: the configuration cache holds the devices of a PCI bus and the substreams of one of them")
{
    TestCache cache;
    for (uint32_t device = 0; device < 256; ++device)
        cache.add_stream(device * 8);
    for (uint32_t ssid = 0; ssid < 256; ++ssid)
        cache.add_context(8, ssid);
    unsigned streams = 0, contexts = 0;
    for (uint32_t n = 0; n < 256; ++n) {
        streams += cache.stream(n * 8).has_value();
        contexts += cache.context(8, n).has_value();
    }
    CHECK(streams == 256);
    CHECK(contexts == 256);

    // More than it can hold evicts, and what it still has is right.
    for (uint32_t ssid = 0; ssid < 5000; ++ssid)
        cache.add_context(8, ssid);
    CHECK(cache.context(8, 4999));
    for (uint32_t ssid = 0; ssid < 5000; ++ssid)
        if (const auto context = cache.context(8, ssid))
            CHECK(context->table[1].address == (8ull << 32 | ssid << 12));
    cache.invalidate_stream(8);
    for (uint32_t ssid = 0; ssid < 5000; ++ssid)
        CHECK_FALSE(cache.context(8, ssid));
}

TEST_CASE("smmuv3: configuration that an invalidation ended is not found by another thread", "[threads]")
{
    // The table in memory is `version`; each change is followed by its command. Run under TSan as well.
    TestCache cache;
    std::atomic<uint64_t> version{1}, ended{0};
    std::atomic<bool> stop{false};
    std::atomic<unsigned> late{0}, hits{0};
    std::thread master([&] {
        while (!stop) {
            const uint64_t gone = ended.load();
            const uint64_t stamp = cache.stamp();
            if (const auto stream = cache.stream(3)) {
                ++hits;
                late += stream->s1_context_ptr <= gone;
                continue;
            }
            Stream stream;
            stream.s1_context_ptr = version.load();
            cache.insert(3, stamp, stream);
        }
    });
    for (unsigned round = 0; round < 20000 || (!hits && round < 20'000'000); ++round) {
        const uint64_t old = version.fetch_add(1);
        cache.invalidate_stream(3);
        ended.store(old);
    }
    stop = true;
    master.join();
    CHECK(late == 0);
    CHECK(hits > 0);
}
