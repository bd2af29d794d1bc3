// From a SubstreamID to its context descriptor in memory: Arm IHI 0070, STE.S1Fmt and S1DSS in 5.2, 5.3 and 3.4.3.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_structures_fixture.hpp"

using namespace soc;
using namespace soc::smmuv3;
using namespace soc::test;
using Format = ContextTable::Format;

namespace {

Transaction of_substream(std::optional<uint32_t> ssid)
{
    Transaction txn;
    txn.has_substream = ssid.has_value();
    txn.substream = ssid.value_or(0);
    return txn;
}

}  // namespace

TEST_CASE("smmuv3: context descriptors are found by SubstreamID in every format")
{
    const auto [format, cd_max] =
        GENERATE(table<Format, unsigned>({{Format::linear, 1},
                                          {Format::linear, 8},
                                          {Format::two_level_4k, 3},
                                          {Format::two_level_4k, 6},
                                          {Format::two_level_4k, 14},
                                          {Format::two_level_4k, 20},
                                          {Format::two_level_64k, 5},
                                          {Format::two_level_64k, 10},
                                          {Format::two_level_64k, 20}}));
    CAPTURE(unsigned(format), cd_max);
    Structures bench;
    ContextTable contexts(bench.memory, bench.frames, format, cd_max);
    const uint32_t last = (1u << cd_max) - 1;
    contexts.set(0, Structures::with_asid(100));
    contexts.set(1, Structures::with_asid(101));
    contexts.set(last, Structures::with_asid(102));
    const Stream stream = bench.with(contexts);
    CHECK(bench.asid(stream, 0) == 100);
    CHECK(bench.asid(stream, 1) == (last == 1 ? 102u : 101u));
    CHECK(bench.asid(stream, last) == 102);
    CHECK(bench.context_fault(stream, last + 1).id == EventId::c_bad_substreamid);
}

TEST_CASE("smmuv3: without substreams there is one context descriptor")
{
    Structures bench;
    ContextTable contexts(bench.memory, bench.frames, Format::linear, 0);
    contexts.set(0, Structures::with_asid(9));
    Stream stream = bench.with(contexts);
    stream.s1fmt = 1;  // IGNORED
    CHECK(bench.asid(stream, 0) == 9);
    CHECK(bench.context_fault(stream, 1).id == EventId::c_bad_substreamid);
}

TEST_CASE("smmuv3: an L1CD that is not valid is C_BAD_SUBSTREAMID")
{
    const Format format = GENERATE(Format::two_level_4k, Format::two_level_64k);
    Structures bench("oas=40");
    ContextTable contexts(bench.memory, bench.frames, format, 12);
    contexts.set(0, Structures::with_asid(1));
    const Stream stream = bench.with(contexts);
    const uint64_t leaf = contexts.descriptor_address(0);
    CHECK(bench.asid(stream, 0) == 1);
    // The neighbour has no leaf table.
    CHECK(bench.context_fault(stream, 1u << contexts.split()).id == EventId::c_bad_substreamid);
    contexts.set_level1(0, leaf);
    CHECK(bench.context_fault(stream, 0).id == EventId::c_bad_substreamid);
    // 3.4.3: L2Ptr beyond the output size.
    contexts.set_level1(0, leaf | 1ull << 40 | 1);
    CHECK(bench.context_fault(stream, 0).id == EventId::c_bad_substreamid);
}

TEST_CASE("smmuv3: L1CD.L2Ptr is aligned to the leaf table")
{
    const Format format = GENERATE(Format::two_level_4k, Format::two_level_64k);
    Structures bench;
    ContextTable contexts(bench.memory, bench.frames, format, 12);
    contexts.set(1, Structures::with_asid(8));
    const uint64_t low = format == Format::two_level_4k ? 0xffe : 0xfffe;
    contexts.set_level1(0, contexts.descriptor_address(0) | low | 1);
    CHECK(bench.asid(bench.with(contexts), 1) == 8);
}

TEST_CASE("smmuv3: F_CD_FETCH has the address of the CD or the L1CD that nothing answered for")
{
    Structures bench;
    const auto stream = [&](const SteBuilder &ste) {
        return std::get<Stream>(bench.table.decode_ste(ste.words(), false));
    };
    const Stream linear = stream(SteBuilder().stage1(structures_nowhere).set(ste_field::S1CDMax, 4));
    CHECK(bench.context_fault(linear, 3).id == EventId::f_cd_fetch);
    CHECK(bench.context_fault(linear, 3).fetch_address == structures_nowhere + 3 * 64);
    const Stream tree =
        stream(SteBuilder().stage1(structures_nowhere).set(ste_field::S1CDMax, 10).set(ste_field::S1Fmt, 1));
    CHECK(bench.context_fault(tree, 0x41).id == EventId::f_cd_fetch);
    CHECK(bench.context_fault(tree, 0x41).fetch_address == structures_nowhere + 8);

    ContextTable contexts(bench.memory, bench.frames, Format::two_level_4k, 10);
    contexts.set_level1(0x40, structures_nowhere | 1);
    CHECK(bench.context_fault(bench.with(contexts), 0x41).id == EventId::f_cd_fetch);
    CHECK(bench.context_fault(bench.with(contexts), 0x41).fetch_address == structures_nowhere + 64);
}

TEST_CASE("smmuv3: an illegal CD is C_BAD_CD")
{
    Structures bench;
    ContextTable contexts(bench.memory, bench.frames, Format::linear, 2);
    contexts.set(1, CdBuilder().set(cd_field::A, 0).words());
    CHECK(bench.context_fault(bench.with(contexts), 0).id == EventId::c_bad_cd);
    CHECK(bench.context_fault(bench.with(contexts), 1).id == EventId::c_bad_cd);
    CHECK_FALSE(bench.context_fault(bench.with(contexts), 1).nested);
}

TEST_CASE("smmuv3: a nested stream's context descriptors are reached through stage 2, level by level")
{
    constexpr uint64_t offset = 0x10'0000'0000;
    const Format format = GENERATE(Format::linear, Format::two_level_4k);
    Structures bench;
    ContextTable contexts(bench.memory, bench.frames, format, 8, offset);
    contexts.set(0x81, Structures::with_asid(77));
    const Stream stream = std::get<Stream>(
        bench.table.decode_ste(SteBuilder().stage2({}).stage1(contexts).words(), false));
    std::vector<uint64_t> asked;
    const auto stage2 = [&](uint64_t ipa) -> std::variant<uint64_t, Event> {
        asked.push_back(ipa);
        return ipa - offset;
    };
    CHECK(bench.asid(stream, 0x81, stage2) == 77);
    std::vector<uint64_t> expected{contexts.descriptor_address(0x81) + offset};
    if (format == Format::two_level_4k)
        expected.insert(expected.begin(), contexts.level1_address(0x81) + offset);
    CHECK(asked == expected);
}

TEST_CASE("smmuv3: what stage 2 says of a context descriptor's address is the event")
{
    Structures bench;
    ContextTable contexts(bench.memory, bench.frames, Format::two_level_4k, 8);
    contexts.set(0, Structures::with_asid(1));
    const Stream stream = std::get<Stream>(
        bench.table.decode_ste(SteBuilder().stage2({}).stage1(contexts).words(), false));
    // The L1CD's address, or the CD's.
    const uint64_t refused = GENERATE_REF(contexts.level1_address(0), contexts.descriptor_address(0));
    const auto stage2 = [&](uint64_t ipa) -> std::variant<uint64_t, Event> {
        if (ipa != refused)
            return ipa;
        Event event;
        event.id = EventId::f_translation;
        event.cls = EventClass::cd;
        event.stage = 2;
        event.ipa = ipa;
        return event;
    };
    const ConfigFault fault = bench.context_fault(stream, 0, stage2);
    CHECK(fault.id == EventId::f_translation);
    REQUIRE(fault.nested);
    CHECK(fault.nested->cls == EventClass::cd);
    CHECK(fault.nested->stage == 2);
    CHECK(fault.nested->ipa == refused);
}

TEST_CASE("smmuv3: F_CD_FETCH behind stage 2 has the physical address")
{
    Structures bench;
    const Stream stream =
        std::get<Stream>(bench.table.decode_ste(SteBuilder().stage2({}).stage1(0x1000).words(), false));
    const auto stage2 = [](uint64_t ipa) -> std::variant<uint64_t, Event> { return structures_nowhere + ipa; };
    const ConfigFault fault = bench.context_fault(stream, 0, stage2);
    CHECK(fault.id == EventId::f_cd_fetch);
    CHECK(fault.fetch_address == structures_nowhere + 0x1000);
    CHECK_FALSE(fault.nested);
}

TEST_CASE("smmuv3: a substream needs stage 1 and S1CDMax, and is below 2^S1CDMax")
{
    const auto refusal = [](const Stream &stream, std::optional<uint32_t> ssid) {
        const auto found = StreamTable::substream(stream, of_substream(ssid));
        return std::holds_alternative<EventId>(found) ? std::get<EventId>(found) : EventId::none;
    };
    Stream stream;
    for (StreamMode mode : {StreamMode::bypass, StreamMode::stage2}) {
        stream.mode = mode;
        CHECK(refusal(stream, 0) == EventId::c_bad_substreamid);
        CHECK(refusal(stream, std::nullopt) == EventId::none);
    }
    for (StreamMode mode : {StreamMode::stage1, StreamMode::nested}) {
        stream.mode = mode;
        stream.s1cd_max = 0;
        CHECK(refusal(stream, 0) == EventId::c_bad_substreamid);
        CHECK(refusal(stream, std::nullopt) == EventId::none);
        stream.s1cd_max = 4;
        CHECK(refusal(stream, 0) == EventId::none);
        CHECK(refusal(stream, 15) == EventId::none);
        CHECK(refusal(stream, 16) == EventId::c_bad_substreamid);
        CHECK(refusal(stream, 0xfffff) == EventId::c_bad_substreamid);
        CHECK(refusal(stream, std::nullopt) == EventId::f_stream_disabled);
    }
}

TEST_CASE("smmuv3: S1DSS says what becomes of a transaction without substream, and of substream 0")
{
    Stream stream;
    stream.mode = StreamMode::stage1;
    stream.s1cd_max = 4;
    const auto of = [&](unsigned dss, std::optional<uint32_t> ssid) {
        stream.s1dss = uint8_t(dss);
        return StreamTable::substream(stream, of_substream(ssid));
    };
    const auto disabled = [](const auto &found) {
        return std::holds_alternative<EventId>(found) && std::get<EventId>(found) == EventId::f_stream_disabled;
    };
    using Substream = StreamTable::Substream;
    // 0b00: terminated.
    CHECK(disabled(of(0, std::nullopt)));
    CHECK(std::get<Substream>(of(0, 0)).ssid == 0);
    // 0b01: stage 1 is bypassed.
    CHECK(std::get<Substream>(of(1, std::nullopt)).bypass_stage1);
    CHECK_FALSE(std::get<Substream>(of(1, 0)).bypass_stage1);
    // 0b10: descriptor 0 is theirs alone.
    CHECK_FALSE(std::get<Substream>(of(2, std::nullopt)).bypass_stage1);
    CHECK(std::get<Substream>(of(2, std::nullopt)).ssid == 0);
    CHECK(disabled(of(2, 0)));
    CHECK(std::get<Substream>(of(2, 7)).ssid == 7);
    // IGNORED without substreams.
    stream.s1cd_max = 0;
    CHECK_FALSE(std::get<Substream>(of(0, std::nullopt)).bypass_stage1);
    CHECK_FALSE(std::get<Substream>(of(1, std::nullopt)).bypass_stage1);
}
