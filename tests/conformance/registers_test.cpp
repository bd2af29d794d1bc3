// Registers, as every block must answer: reset, access rules, what is unknown, save and load.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>

#include "catch.hpp"
#include "conformance/bench.hpp"

using namespace soc;
using namespace soc::test;

namespace {

// Every word that a register is at, for the banks of all regions.
struct Word {
    unsigned region;
    const Register *reg;
    unsigned index;
    uint64_t offset() const { return reg->spec().offset + uint64_t(index) * reg->spec().stride; }
    bool plain() const { return !reg->spec().write_only && !reg->spec().volatile_value; }
};

std::vector<Word> words(Iommu &iommu)
{
    std::vector<Word> all;
    for (unsigned region = 0; region < iommu.shape().regions.size(); ++region)
        if (const RegisterBank *bank = iommu.registers(region))
            for (const Register &reg : bank->registers())
                for (unsigned i = 0; i < reg.spec().count; ++i)
                    all.push_back({region, &reg, i});
    return all;
}

// A register's value from the little-endian number that a read gives, and the other way round.
uint32_t in_order_of(const Subject &subject, uint64_t value)
{
    return subject.adapter->registers == AdapterEntry::big_endian ? __builtin_bswap32(uint32_t(value))
                                                                  : uint32_t(value);
}

std::vector<uint64_t> read_all(Iommu &iommu)
{
    std::vector<uint64_t> values;
    for (const Word &word : words(iommu))
        values.push_back(iommu.mmio_read(word.region, word.offset(), 4));
    return values;
}

void scribble(Iommu &iommu)
{
    std::mt19937 random(3);
    for (int pass = 0; pass < 3; ++pass)
        for (const Word &word : words(iommu))
            iommu.mmio_write(word.region, word.offset(), random(), 4);
}

std::unique_ptr<Iommu> fresh(FakeHost &host, const Subject &subject)
{
    host.ram(suite_ram, suite_ram_size);
    return make_iommu(host, subject.adapter->type, parse_options(subject.options));
}

}  // namespace

TEST_CASE("conformance: reset equals construction")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    FakeHost host;
    const auto iommu = fresh(host, subject);
    const std::vector<uint64_t> values = read_all(*iommu);
    StateWriter before, after;
    iommu->save(before);

    Bench bench(subject);
    scribble(*bench.iommu);
    bench.ask(0);
    bench.host.run_deferred(*bench.iommu);
    bench.iommu->reset();
    bench.iommu->save(after);
    CHECK(read_all(*bench.iommu) == values);
    CHECK(after.data() == before.data());
    CHECK_FALSE(bench.raised());
    for (unsigned i = 0; i < Counters::names().size(); ++i)
        CHECK(bench.iommu->counters().value(i) == 0);
}

TEST_CASE("conformance: a read-only register keeps its value, a reserved bit reads as it was")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    FakeHost host;
    const auto iommu = fresh(host, subject);
    for (const Word &word : words(*iommu)) {
        const RegisterSpec &spec = word.reg->spec();
        if (!word.plain())
            continue;
        CAPTURE(spec.name, word.index);
        const uint64_t before = iommu->mmio_read(word.region, word.offset(), 4);
        iommu->mmio_write(word.region, word.offset(), ~before & 0xffff'ffff, 4);
        const uint64_t after = iommu->mmio_read(word.region, word.offset(), 4);
        if (spec.writable || !word.reg->has_write_hook())
            CHECK((in_order_of(subject, before ^ after) & ~spec.writable) == 0);
        iommu->reset();
    }
}

TEST_CASE("conformance: what may be written takes what is written")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    FakeHost host;
    const auto iommu = fresh(host, subject);
    for (const Word &word : words(*iommu)) {
        const RegisterSpec &spec = word.reg->spec();
        if (!word.plain() || !spec.writable)
            continue;
        CAPTURE(spec.name, word.index);
        for (uint32_t value : {~0u, 0x5555'5555u, 0xaaaa'aaaau}) {
            iommu->mmio_write(word.region, word.offset(), in_order_of(subject, value), 4);
            const uint32_t read = in_order_of(subject, iommu->mmio_read(word.region, word.offset(), 4));
            CHECK((read & spec.writable) == (value & spec.writable));
        }
        iommu->reset();
    }
}

TEST_CASE("conformance: a 64-bit access is two words, a narrow read a part of one")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    FakeHost host;
    const auto iommu = fresh(host, subject);
    for (const Word &word : words(*iommu)) {
        const uint64_t offset = word.offset();
        if (!word.plain() || offset + 8 > iommu->shape().regions[word.region].size)
            continue;
        CAPTURE(word.reg->spec().name, word.index);
        const uint64_t low = iommu->mmio_read(word.region, offset, 4),
                       high = iommu->mmio_read(word.region, offset + 4, 4);
        CHECK(iommu->mmio_read(word.region, offset, 8) == (low | high << 32));
        for (unsigned byte = 0; byte < 4; ++byte)
            CHECK(iommu->mmio_read(word.region, offset + byte, 1) == (low >> (8 * byte) & 0xff));
        CHECK(iommu->mmio_read(word.region, offset + 2, 2) == low >> 16);
    }
}

TEST_CASE("conformance: unaligned and narrow writes change nothing and are logged")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    const std::vector<uint8_t> before = bench.state();
    for (unsigned region = 0; region < bench.iommu->shape().regions.size(); ++region)
        for (uint64_t offset = 0; offset < 0x40; ++offset)
            for (unsigned size : {1u, 2u, 4u, 8u})
                if (size < 4 || offset % 4)
                    bench.iommu->mmio_write(region, offset, ~0ull, size);
    CHECK(bench.state() == before);
    CHECK(bench.host.logged("") > 0);
}

TEST_CASE("conformance: an unknown offset reads as zero and is logged at a limited rate")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    std::vector<bool> known(bench.iommu->shape().regions[0].size / 4);
    for (const Word &word : words(*bench.iommu))
        if (word.region == 0)
            known[word.offset() / 4] = true;
    const std::vector<uint8_t> before = bench.state();
    unsigned unknown = 0;
    for (uint64_t offset = 0; offset < known.size() * 4; offset += 4) {
        if (known[offset / 4])
            continue;
        ++unknown;
        CHECK(bench.iommu->mmio_read(0, offset, 4) == 0);
        bench.iommu->mmio_write(0, offset, ~0u, 4);
    }
    CHECK(bench.iommu->mmio_read(0, known.size() * 4, 4) == 0);
    CHECK(bench.state() == before);
    REQUIRE(unknown > 0);
    CHECK(bench.host.logged("unknown register") > 0);
    CHECK(bench.host.logged("") < 2 * unknown);
}

TEST_CASE("conformance: saved state restores every register, and only whole state is taken")
{
    const Subject subject = GENERATE(from_range(subjects()));
    CAPTURE(name(subject));
    Bench bench(subject);
    scribble(*bench.iommu);
    bench.ask(0);
    const std::vector<uint8_t> state = bench.state();

    FakeHost host;
    const auto copy = fresh(host, subject);
    StateReader in(state);
    copy->load(in);
    REQUIRE(in.complete());
    CHECK(read_all(*copy) == read_all(*bench.iommu));
    StateWriter again;
    copy->save(again);
    CHECK(again.data() == state);

    for (const size_t length : {size_t(0), size_t(3), state.size() / 2, state.size() - 1}) {
        StateReader cut{std::span<const uint8_t>(state).first(length)};
        fresh(host, subject)->load(cut);
        CHECK_FALSE(cut.complete());
    }
    std::vector<uint8_t> foreign = state;
    foreign[4] ^= 1;  // in the name of the first section
    StateReader other(foreign);
    fresh(host, subject)->load(other);
    CHECK_FALSE(other.complete());
}
