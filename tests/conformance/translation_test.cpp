// Translation, as every block must do it: bypass, map, unmap and invalidate, faults and their report.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>
#include <thread>

#include "catch.hpp"
#include "conformance/bench.hpp"

using namespace soc;
using namespace soc::test;

TEST_CASE("conformance: no stream has DMA until software says so")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    const bool open = bench.adapter->outside_passes();
    CHECK(bench.at(suite_data).has_value() == open);
    CHECK_FALSE(bench.at(bench.iova, Access::write));
    CHECK(bench.counter("bypasses") == (open ? 1 : 0));
}

TEST_CASE("conformance: bypass leaves the address alone and ends when translation begins")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    if (!bench.adapter->bypass(Bench::stream)) {
        CHECK(bench.at(suite_data).has_value() == bench.adapter->outside_passes());
        return;
    }
    CHECK(bench.at(suite_data + 5, Access::write) == suite_data + 5);
    CHECK(bench.counter("bypasses") == 1);
    CHECK_FALSE(bench.at(suite_data, Access::read, Bench::other));
    bench.adapter->attach(Bench::stream);
    CHECK_FALSE(bench.at(suite_data));
}

TEST_CASE("conformance: data goes where the table says, and nowhere else")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.host.connect(*bench.iommu, Bench::stream);
    const uint64_t size = 3 * bench.page();
    bench.adapter->attach(Bench::stream);
    // Neighbouring addresses, scattered pages.
    for (uint64_t i = 0; i < 3; ++i)
        bench.adapter->map(Bench::stream, bench.iova + i * bench.page(), suite_data + (4 - 2 * i) * bench.page(),
                           bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);

    std::vector<uint8_t> out(size), back(size), zero(bench.page()), page(bench.page());
    for (size_t i = 0; i < out.size(); ++i)
        out[i] = uint8_t(i * 31 + i / 251);
    REQUIRE(bench.host.dma(0, bench.iova, out, Access::write, false));
    for (uint64_t i = 0; i < 5; ++i) {
        bench.host.memory().read(suite_data + i * bench.page(), page.data(), uint32_t(page.size()));
        if (i % 2)
            CHECK(page == zero);
        else
            CHECK(std::memcmp(page.data(), out.data() + (2 - i / 2) * bench.page(), page.size()) == 0);
    }
    REQUIRE(bench.host.dma(0, bench.iova, back, Access::read, false));
    CHECK(back == out);
}

TEST_CASE("conformance: a translation holds for its whole block")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    const TranslateResult result = bench.ask(bench.iova + 0x123);
    REQUIRE(std::holds_alternative<Translation>(result));
    const auto &translation = std::get<Translation>(result);
    CHECK(translation.address == suite_data + 0x123);
    CHECK(translation.mask >= bench.page() - 1);
    CHECK((translation.mask & (translation.mask + 1)) == 0);
}

TEST_CASE("conformance: what is beside the mapping, beyond the width or another stream's faults")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    bench.adapter->attach(Bench::other);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    CHECK(bench.at(bench.iova));
    CHECK_FALSE(bench.at(bench.iova - 1));
    CHECK_FALSE(bench.at(bench.iova + bench.page()));
    CHECK(bench.at(suite_data).has_value() == bench.adapter->outside_passes());
    CHECK(bench.at(bench.iova, Access::read, Bench::other).has_value() != bench.adapter->separates_streams());
    if (const uint64_t end = bench.adapter->input_end()) {
        CHECK_FALSE(bench.at(end));
        CHECK_FALSE(bench.at(end + bench.iova));
        CHECK_FALSE(bench.at((1ull << 63) + bench.iova));
    }
    CHECK_FALSE(bench.at(bench.iova, Access::read, bench.iommu->shape().streams));
    CHECK_FALSE(bench.at(bench.iova, Access::read, ~0u));
}

TEST_CASE("conformance: permissions are obeyed, at the first access and at the next")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    if (!bench.adapter->has_permissions())
        return;
    bench.adapter->attach(Bench::stream);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::r);
    bench.adapter->invalidate(Bench::stream);
    for (int pass = 0; pass < 2; ++pass) {
        CHECK_FALSE(bench.at(bench.iova, Access::write));
        CHECK(bench.at(bench.iova, Access::read) == suite_data);
    }
    CHECK(bench.counter("faults-permission") == 2);
}

TEST_CASE("conformance: translations and failures stay until the stream is invalidated")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    const uint64_t late = bench.iova + 4 * bench.page();
    bench.adapter->attach(Bench::stream);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    REQUIRE(bench.at(bench.iova));
    REQUIRE_FALSE(bench.at(late));

    bench.adapter->unmap(Bench::stream, bench.iova, bench.page());
    bench.adapter->map(Bench::stream, late, suite_data, bench.page(), Perm::rw);
    if (!bench.adapter->caches()) {
        CHECK_FALSE(bench.at(bench.iova));
        CHECK(bench.at(late) == suite_data);
        return;
    }
    CHECK(bench.at(bench.iova) == suite_data);
    CHECK(bench.at(late).has_value() != bench.adapter->remembers_failures());
    const uint64_t before = bench.counter("invalidations");
    bench.adapter->invalidate(Bench::stream);
    CHECK(bench.counter("invalidations") > before);
    CHECK_FALSE(bench.at(bench.iova));
    CHECK(bench.at(late) == suite_data);
}

TEST_CASE("conformance: more pages than any cache holds are all found")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    constexpr uint64_t pages = 1500;
    bench.adapter->attach(Bench::stream);
    for (uint64_t i = 0; i < pages; ++i)
        bench.adapter->map(Bench::stream, bench.iova + i * bench.page(), suite_data + i % 7 * bench.page(),
                           bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    unsigned wrong = 0;
    for (int pass = 0; pass < 2; ++pass)
        for (uint64_t i = 0; i < pages; ++i)
            wrong += bench.at(bench.iova + i * bench.page()) != suite_data + i % 7 * bench.page();
    CHECK(wrong == 0);
    CHECK(bench.counter("translations") == 2 * pages);
    CHECK(bench.counter("hits") + bench.counter("misses") == 2 * pages);
}

TEST_CASE("conformance: a fault is counted by kind and kept with its transaction")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    CHECK_FALSE(bench.at(bench.iova + 0x40, Access::write));
    CHECK(bench.counter("faults") == 1);
    CHECK(bench.counter("faults-translation") == 1);
    const Counters::LastFault last = bench.iommu->counters().last_fault();
    CHECK(last.fault.kind == FaultKind::translation);
    CHECK(last.fault.transaction.address == bench.iova + 0x40);
    CHECK(last.fault.transaction.stream == Bench::stream);
    CHECK(last.fault.transaction.access == Access::write);
}

TEST_CASE("conformance: the block reports a fault, raises its line later, and is quiet after the acknowledgement")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    if (!bench.adapter->reports_faults())
        return;
    bench.adapter->attach(Bench::stream);
    CHECK_FALSE(bench.adapter->report());
    bench.at(bench.iova + bench.page());
    const unsigned changes = bench.host.line_changes;
    REQUIRE(bench.host.run_deferred(*bench.iommu));
    CHECK(bench.host.line_changes > changes);  // a level, or an edge that is over already
    const auto report = bench.adapter->report();
    REQUIRE(report);
    CHECK(report->stream.value_or(Bench::stream) == Bench::stream);
    CHECK((report->address & ~(bench.page() - 1)) == bench.iova + bench.page());
    bench.adapter->acknowledge();
    bench.host.run_deferred(*bench.iommu);
    CHECK_FALSE(bench.adapter->report());
    CHECK_FALSE(bench.raised());
}

TEST_CASE("conformance: a debugger's access leaves no trace")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    const std::vector<uint8_t> before = bench.state();
    const TranslateResult found = bench.ask(bench.iova, Access::read, Bench::stream, true);
    CHECK(std::holds_alternative<Translation>(found));
    bench.ask(0, Access::write, Bench::stream, true);
    CHECK(bench.state() == before);
    CHECK_FALSE(bench.host.run_deferred(*bench.iommu));
    bench.adapter->unmap(Bench::stream, bench.iova, bench.page());
    CHECK_FALSE(bench.at(bench.iova));  // the debugger's walk was not cached
}

TEST_CASE("conformance: a blocked stream is blocked at once")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    REQUIRE(bench.at(bench.iova));
    bench.adapter->block(Bench::stream);
    CHECK_FALSE(bench.at(bench.iova));
}

TEST_CASE("conformance: a loaded model translates as the saved one did")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    bench.adapter->attach(Bench::stream);
    bench.adapter->map(Bench::stream, bench.iova, suite_data, bench.page(), Perm::rw);
    bench.adapter->invalidate(Bench::stream);
    REQUIRE(bench.at(bench.iova));
    const std::vector<uint8_t> state = bench.state();
    bench.iommu->reset();
    REQUIRE(bench.at(bench.iova) != suite_data);
    StateReader in(state);
    bench.iommu->load(in);
    REQUIRE(in.complete());
    CHECK(bench.at(bench.iova) == suite_data);
}

TEST_CASE("conformance: two devices and the CPU at once", "[threads]")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    const auto page_of = [&](uint32_t stream) {
        return suite_data + (bench.adapter->separates_streams() ? stream : 0) * bench.page();
    };
    for (uint32_t stream : {Bench::stream, Bench::other}) {
        bench.adapter->attach(stream);
        bench.adapter->map(stream, bench.iova, page_of(stream), bench.page(), Perm::rw);
        bench.adapter->invalidate(stream);
    }
    std::atomic<bool> done{false};
    std::atomic<unsigned> wrong{0};
    const auto device = [&](uint32_t stream) {
        while (!done) {
            wrong += bench.at(bench.iova, Access::write, stream) != page_of(stream);
            wrong += bench.at(bench.iova + bench.page(), Access::read, stream).has_value();
        }
    };
    std::thread first(device, Bench::stream), second(device, Bench::other);
    for (int i = 0; i < 300; ++i) {
        bench.adapter->invalidate(Bench::stream);
        bench.host.run_deferred(*bench.iommu);
        if (bench.adapter->report())
            bench.adapter->acknowledge();
        std::this_thread::yield();
    }
    done = true;
    first.join();
    second.join();
    CHECK(wrong == 0);
}
