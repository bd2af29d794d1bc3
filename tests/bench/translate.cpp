// Nanoseconds a translation takes in the models, in this process: a hit in the TLB, and a miss with its walk of a
// table in plain memory. A block without a TLB misses always.
//
//     translate [TYPE/OPTIONS-SUBSTRING]
//
// One line a model and option list: name, hit, miss.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <cstdio>

#include "conformance/bench.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t many = 40'000;  // more pages than any TLB holds (soc-smmuv3: 16384)

double nanoseconds(Bench &bench, uint64_t pages, unsigned rounds)
{
    const auto start = std::chrono::steady_clock::now();
    uint64_t sum = 0;
    for (unsigned round = 0; round < rounds; ++round)
        for (uint64_t i = 0; i < pages; ++i)
            sum += bench.at(bench.iova + i * bench.page()).value_or(0);
    const std::chrono::duration<double, std::nano> passed = std::chrono::steady_clock::now() - start;
    if (!sum)
        std::abort();  // nothing was translated: the figure would be of something else
    return passed.count() / double(rounds * pages);
}

// The best of several runs: what disturbs a run only adds.
double best(Bench &bench, uint64_t pages, unsigned rounds)
{
    double least = nanoseconds(bench, pages, rounds);
    for (int i = 0; i < 4; ++i)
        least = std::min(least, nanoseconds(bench, pages, rounds));
    return least;
}

bool measure(const Subject &subject)
{
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    for (uint64_t i = 0; i < many; ++i)
        bench.adapter->map(Bench::stream, bench.iova + i * bench.page(), suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);

    bench.at(bench.iova);
    const uint64_t misses = bench.counter("misses");
    const double hit = best(bench, 1, 500'000);
    const bool all_hit = bench.counter("misses") == misses || !bench.adapter->caches();

    nanoseconds(bench, many, 1);
    const uint64_t hits = bench.counter("hits");
    const double miss = best(bench, many, 5);
    const bool all_missed = bench.counter("hits") - hits < many;

    std::printf("%-44s hit %6.1f ns   miss %6.1f ns\n", name(subject).c_str(), hit, miss);
    if (!all_hit || !all_missed)
        std::fprintf(stderr, "%s: the counters do not agree with what was measured\n", name(subject).c_str());
    return all_hit && all_missed;
}

}  // namespace

int main(int argc, char **argv)
{
    bool good = true;
    for (const Subject &subject : subjects())
        if (argc < 2 || name(subject).find(argv[1]) != std::string::npos)
            good &= measure(subject);
    return good ? 0 : 1;
}
