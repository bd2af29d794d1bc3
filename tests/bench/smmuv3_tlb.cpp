// Nanoseconds that the SMMUv3's TLB and configuration cache take, alone in this process.
//
//     smmuv3-tlb [SETS WAYS]
//
// One line a figure; judges nothing but that what is called a hit was one.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "arm/smmuv3/config_cache.hpp"
#include "arm/smmuv3/tlb.hpp"

using namespace soc::smmuv3;

namespace {

constexpr uint64_t page = 4096;
constexpr Tlb::Tag tag{.kind = Tlb::Kind::stage1, .regime = Regime::nsel1, .has_stage2 = false, .vmid = 0, .asid = 1,
                       .granule_shift = 12};

void require(bool good)
{
    if (!good)
        std::abort();  // the figure would be of something else
}

// The best of several runs: what disturbs a run only adds.
template <typename Run>
double best(uint64_t operations, Run &&run)
{
    double least = 1e300;
    for (int i = 0; i < 7; ++i) {
        const auto start = std::chrono::steady_clock::now();
        run();
        const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
        least = std::min(least, passed.count() / double(operations));
    }
    return least;
}

void fill(Tlb &tlb, uint64_t pages)
{
    for (uint64_t n = 0; n < pages; ++n)
        tlb.insert(tag, n * page, tlb.stamp(), TlbEntry{.output = (n + 1) * page});
}

uint64_t hits(const Tlb &tlb, uint64_t pages, uint64_t rounds)
{
    uint64_t found = 0;
    for (uint64_t round = 0; round < rounds; ++round)
        // A stride that no prefetcher follows, through all pages (a power of two).
        for (uint64_t n = 0, at = 0; n < pages; ++n, at = (at + 1237) & (pages - 1))
            found += tlb.find(tag, at * page).has_value();
    return found;
}

void hit(unsigned sets, unsigned ways)
{
    constexpr uint64_t lookups = 1 << 20;
    for (uint64_t pages : {1, 16, 64, 256, 1024, 4096, 16384}) {
        Tlb tlb(sets, ways);
        if (pages > uint64_t(sets) * ways)
            return;
        fill(tlb, pages);
        const double ns = best(lookups, [&] { require(hits(tlb, pages, lookups / pages) == lookups); });
        std::printf("hit, %5llu pages                         %7.1f ns\n", (unsigned long long)pages, ns);
    }
}

// Pages beside blocks, so that a page is found at the first size tried, a block at the second.
void hit_second_size(unsigned sets, unsigned ways)
{
    constexpr uint64_t lookups = 1 << 20;
    Tlb tlb(sets, ways);
    fill(tlb, 1);
    tlb.insert(tag, 1 << 21, tlb.stamp(), TlbEntry{.output = 1 << 21, .block_shift = 21, .level = 2});
    const double ns = best(lookups, [&] {
        uint64_t found = 0;
        for (uint64_t n = 0; n < lookups; ++n)
            found += tlb.find(tag, (1 << 21) + (n % 512) * page).has_value();
        require(found == lookups);
    });
    std::printf("hit, in the second size tried           %7.1f ns\n", ns);
}

void hit_with_configuration(unsigned sets, unsigned ways)
{
    constexpr uint64_t lookups = 1 << 20, pages = 256;
    Tlb tlb(sets, ways);
    ConfigCache configuration;
    fill(tlb, pages);
    Context context;
    context.asid = tag.asid;
    for (uint32_t sid = 0; sid < 64; ++sid) {
        configuration.insert(sid * 8, configuration.stamp(), Stream{});
        configuration.insert(sid * 8, 0, configuration.stamp(), context);
    }
    const double ns = best(lookups, [&] {
        uint64_t found = 0;
        for (uint64_t n = 0; n < lookups; ++n) {
            Stream stream;
            Context found_context;
            require(configuration.find(n % 64 * 8, stream) && configuration.find(n % 64 * 8, 0, found_context));
            Tlb::Tag from = tag;
            from.regime = stream.regime;
            from.vmid = stream.vmid;
            from.asid = found_context.asid;
            from.granule_shift = found_context.table[0].granule_shift;
            found += tlb.find(from, n % pages * page).has_value();
        }
        require(found == lookups);
    });
    std::printf("hit, with stream and context            %7.1f ns\n", ns);
}

void two_threads(unsigned sets, unsigned ways)
{
    constexpr uint64_t lookups = 1 << 22, pages = 1024;
    Tlb tlb(sets, ways);
    fill(tlb, pages);
    const double alone = best(lookups, [&] { require(hits(tlb, pages, lookups / pages) == lookups); });
    const double both = best(2 * lookups, [&] {
        std::thread other([&] { require(hits(tlb, pages, lookups / pages) == lookups); });
        require(hits(tlb, pages, lookups / pages) == lookups);
        other.join();
    });
    std::printf("hits a second, two threads to one       %7.2f\n", alone / both);
}

void miss(unsigned sets, unsigned ways)
{
    const uint64_t pages = 4ull * sets * ways;
    Tlb tlb(sets, ways);
    fill(tlb, pages);
    uint64_t found = 0;
    const double ns = best(pages, [&] {
        for (uint64_t n = 0; n < pages; ++n) {
            const uint64_t stamp = tlb.stamp();
            found += tlb.find(tag, n * page).has_value();
            tlb.insert(tag, n * page, stamp, TlbEntry{.output = n * page});
        }
    });
    require(!found);
    std::printf("miss and insert                         %7.1f ns\n", ns);
}

void invalidate(unsigned sets, unsigned ways)
{
    const uint64_t pages = uint64_t(sets) * ways, far = 1ull << 40;
    for (uint64_t count : {1, 16, 512, 1 << 18}) {
        Tlb tlb(sets, ways);
        fill(tlb, pages);
        // What is full stays so: the range has no entry in it, and its sets are looked at all the same.
        const double full = best(1000, [&] {
            for (unsigned n = 0; n < 1000; ++n)
                tlb.invalidate_address(Regime::nsel1, 0, 2, {.address = far + n * page, .size = count * page});
        });
        std::printf("invalidate %6llu pages, full TLB        %7.1f ns\n", (unsigned long long)count, full);
        require(count > sets / 4 || hits(tlb, pages, 1) == pages);
    }
}

void configuration_commands()
{
    ConfigCache configuration;
    for (uint32_t sid = 0; sid < 4096; ++sid) {
        configuration.insert(sid, configuration.stamp(), Stream{});
        configuration.insert(sid, 0, configuration.stamp(), Context{});
    }
    const double ste = best(1000, [&] {
        for (uint32_t n = 0; n < 1000; ++n)
            configuration.invalidate_stream(1u << 20 | n);
    });
    std::printf("CFGI_STE, full configuration cache      %7.1f ns\n", ste);
}

}  // namespace

int main(int argc, char **argv)
{
    const unsigned sets = argc > 2 ? unsigned(std::atoi(argv[1])) : 2048;
    const unsigned ways = argc > 2 ? unsigned(std::atoi(argv[2])) : 8;
    hit(sets, ways);
    hit_second_size(sets, ways);
    hit_with_configuration(sets, ways);
    two_threads(sets, ways);
    miss(sets, ways);
    invalidate(sets, ways);
    configuration_commands();
}
