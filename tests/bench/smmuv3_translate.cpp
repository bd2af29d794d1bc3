// Nanoseconds that the SMMUv3 takes for a whole translation, alone in this process, and what a second thread adds.
//
// One line a figure, the best of several, in time that this process computes, so that other work on the machine does
// not count. Judges nothing but that each transaction passed, and as a hit or a miss.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <thread>
#include <utility>

#include "support/lpae_table.hpp"
#include "support/smmu_driver.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr uint64_t ram = 0x8000'0000, ram_size = 32_MiB, data = ram + ram_size / 2, data_pages = 4096;
constexpr uint64_t iova = 0x1000'0000, page = 4_KiB, pages = 65536;
constexpr uint32_t stage1 = 1, nested = 2, substreams = 3;
// The same pages through as many levels of tables as the name says: what a cache of the upper levels could save.
constexpr uint32_t levels4 = 4, levels2 = 5;
constexpr unsigned runs = 15;

void require(bool good)
{
    if (!good)
        std::abort();  // the figure would be of something else
}

// A stage 1 that is its own, one upon a stage 2 that changes nothing, and one with substreams.
struct Bench {
    FakeHost host;
    std::unique_ptr<Iommu> smmu;
    Frames frames{ram, ram_size / 2};

    Bench()
    {
        host.ram(ram, ram_size);
        smmu = make_iommu(host, "soc-smmuv3");
        SmmuDriver driver(host, *smmu, frames);
        driver.probe();
        LpaeTable table = tables(39);
        LpaeTable second(host.memory(), frames, {.stage = 2, .input_bits = 39});
        second.map(ram, ram, ram_size);
        ContextTable one(host.memory(), frames, ContextTable::Format::linear, 0);
        ContextTable many(host.memory(), frames, ContextTable::Format::two_level_4k, 10);
        const auto words = CdBuilder().table0(table.root(), 12, 39).asid(1).words();
        one.set(0, words);
        many.set(500, words);
        for (const auto &[stream, bits] : {std::pair{levels4, 48u}, {levels2, 30u}}) {
            ContextTable own(host.memory(), frames, ContextTable::Format::linear, 0);
            own.set(0, CdBuilder().table0(tables(bits).root(), 12, bits).asid(uint16_t(stream)).words());
            driver.set_stream(stream, SteBuilder().stage1(own).words());
        }
        driver.set_stream(stage1, SteBuilder().stage1(one).words());
        driver.set_stream(nested, SteBuilder().stage1(one).stage2({.table = second.root(), .input_bits = 39,
                                                                   .start_level = second.start_level()}).words());
        driver.set_stream(substreams, SteBuilder().stage1(many).words());
    }
    LpaeTable tables(unsigned input_bits)
    {
        LpaeTable table(host.memory(), frames, {.input_bits = input_bits});
        for (uint64_t n = 0; n < pages; ++n)
            table.map(iova + n * page, data + n % data_pages * page, page);
        return table;
    }
    uint64_t counter(const char *name) const
    {
        for (unsigned i = 0; i < Counters::names().size(); ++i)
            if (std::string(Counters::names()[i]) == name)
                return smmu->counters().value(i);
        std::abort();
    }
    // Through the pages in an order that no prefetcher follows; a power of two of them.
    void sweep(uint32_t stream, uint64_t working_set, uint64_t rounds)
    {
        Transaction txn;
        txn.stream = stream;
        txn.has_substream = stream == substreams;
        txn.substream = 500;
        for (uint64_t round = 0; round < rounds; ++round)
            for (uint64_t n = 0, at = 0; n < working_set; ++n, at = (at + 1237) & (working_set - 1)) {
                txn.address = iova + at * page;
                require(std::holds_alternative<Translation>(smmu->translate(txn)));
            }
    }
};

double computed()
{
    timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return double(now.tv_sec) * 1e9 + double(now.tv_nsec);
}

double passed()
{
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

template <typename Run>
double best(uint64_t operations, Run &&run, double (&clock)() = computed)
{
    double least = 1e300;
    for (unsigned i = 0; i < runs; ++i) {
        const double start = clock();
        run();
        least = std::min(least, (clock() - start) / double(operations));
    }
    return least;
}

void hits(Bench &bench, const char *what, uint32_t stream, uint64_t working_set)
{
    constexpr uint64_t operations = 1 << 17;
    bench.sweep(stream, working_set, 1);
    const uint64_t misses = bench.counter("misses");
    const double ns = best(operations, [&] { bench.sweep(stream, working_set, operations / working_set); });
    require(bench.counter("misses") == misses);
    std::printf("hit, %-18s %5llu pages        %7.1f ns\n", what, (unsigned long long)working_set, ns);
}

// More pages than there is room for, one after the other: each is gone when its turn comes again.
void misses(Bench &bench, const char *what, uint32_t stream)
{
    bench.sweep(stream, pages, 1);
    const uint64_t hits = bench.counter("hits");
    const double ns = best(pages, [&] { bench.sweep(stream, pages, 1); });
    require(bench.counter("hits") - hits < pages);
    std::printf("miss, %-30s        %7.1f ns\n", what, ns);
}

void two_threads(Bench &bench)
{
    constexpr uint64_t operations = 1 << 18, working_set = 1024;
    bench.sweep(stage1, working_set, 1);
    const auto work = [&] { bench.sweep(stage1, working_set, operations / working_set); };
    const auto twice = [&] {
        std::atomic<unsigned> ready{0};
        const auto together = [&] {
            ++ready;
            while (ready < 2) {
            }
            work();
        };
        std::thread other(together);
        together();
        other.join();
    };
    // By the clock on the wall both cores have to be ours. What the processors compute shows what the threads cost
    // each other wherever they do run at once.
    const double alone = best(operations, work, passed), both = best(2 * operations, twice, passed);
    std::printf("hits a second, two threads to one           %7.2f\n", alone / both);
    const double alone_computed = best(operations, work), both_computed = best(2 * operations, twice);
    std::printf("the same by the time computed               %7.2f\n", 2 * alone_computed / both_computed);
}

}  // namespace

int main()
{
    Bench bench;
    for (const uint64_t working_set : {16, 64, 256, 1024, 4096})
        hits(bench, "stage 1,", stage1, working_set);
    hits(bench, "nested,", nested, 1024);
    hits(bench, "substream,", substreams, 1024);
    misses(bench, "stage 1, two levels", levels2);
    misses(bench, "stage 1, three levels", stage1);
    misses(bench, "stage 1, four levels", levels4);
    misses(bench, "nested", nested);
    two_threads(bench);
}
