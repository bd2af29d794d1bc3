// From a StreamID to its entry in memory: Arm IHI 0070, 5.1, 3.4.3, 6.3.24 and 6.3.25.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_structures_fixture.hpp"

using namespace soc;
using namespace soc::smmuv3;
using namespace soc::test;

TEST_CASE("smmuv3: a linear stream table is indexed by StreamID up to LOG2SIZE")
{
    Structures bench;
    auto streams = StreamTableBuilder::linear(bench.memory, bench.frames, 4);
    streams.set(0, Structures::marked(10));
    streams.set(15, Structures::marked(25));
    CHECK(bench.vmid(streams.base(), 0) == 10);
    CHECK(bench.vmid(streams.base(), 15) == 25);
    CHECK(bench.fault(streams.base(), 7).id == EventId::c_bad_ste);
    CHECK(bench.fault(streams.base(), 16).id == EventId::c_bad_streamid);
    CHECK(bench.fault(streams.base(), ~0u).id == EventId::c_bad_streamid);
}

TEST_CASE("smmuv3: a stream table of one entry has StreamID 0 alone")
{
    Structures bench;
    auto streams = StreamTableBuilder::linear(bench.memory, bench.frames, 0);
    streams.set(0, Structures::marked(3));
    CHECK(bench.vmid(streams.base(), 0) == 3);
    CHECK(bench.fault(streams.base(), 1).id == EventId::c_bad_streamid);
}

TEST_CASE("smmuv3: a StreamID beyond SIDSIZE is bad, whatever LOG2SIZE says")
{
    Structures bench("sid-bits=7");
    auto streams = StreamTableBuilder::linear(bench.memory, bench.frames, 9);
    streams.set(127, Structures::marked(1));
    streams.set(128, Structures::marked(2));
    CHECK(bench.vmid(streams.base(), 127) == 1);
    CHECK(bench.fault(streams.base(), 128).id == EventId::c_bad_streamid);
}

TEST_CASE("smmuv3: the base of a stream table is aligned to its literal size")
{
    Structures bench("sid-bits=7");
    auto streams = StreamTableBuilder::linear(bench.memory, bench.frames, 9);
    streams.set(1, Structures::marked(1));
    StreamTableBase base = streams.base();
    base.address += 64;
    CHECK(bench.vmid(base, 1) == 1);
    // All of the address is below the alignment: the table is at 0, where there is nothing.
    base.log2size = 63;
    const ConfigFault fault = bench.fault(base, 1);
    CHECK(fault.id == EventId::f_ste_fetch);
    CHECK(fault.fetch_address == 64);

    Structures two;
    auto tree = StreamTableBuilder::two_level(two.memory, two.frames, 16, 6);
    tree.set(1, Structures::marked(1));
    base = tree.base();
    base.address += 0x40;
    CHECK(two.vmid(base, 1) == 1);
    base.address += 0x2000;  // 2^10 descriptors are 8 KiB
    CHECK(two.fault(base, 1).id == EventId::c_bad_streamid);
}

TEST_CASE("smmuv3: a two-level stream table splits StreamIDs at 6, 8 or 10 bits")
{
    const unsigned split = GENERATE(6u, 8u, 10u);
    CAPTURE(split);
    Structures bench;
    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 16, split);
    const uint32_t next = 1u << split;
    streams.set(0, Structures::marked(1));
    streams.set(next - 1, Structures::marked(2));
    streams.set(next, Structures::marked(3));
    streams.set(0xffff, Structures::marked(4));
    CHECK(bench.vmid(streams.base(), 0) == 1);
    CHECK(bench.vmid(streams.base(), next - 1) == 2);
    CHECK(bench.vmid(streams.base(), next) == 3);
    CHECK(bench.vmid(streams.base(), 0xffff) == 4);
    CHECK(bench.fault(streams.base(), next + 1).id == EventId::c_bad_ste);
    CHECK(bench.fault(streams.base(), 2 * next).id == EventId::c_bad_streamid);
    CHECK(bench.fault(streams.base(), 0x10000).id == EventId::c_bad_streamid);
}

TEST_CASE("smmuv3: a reserved SPLIT behaves as 6")
{
    Structures bench;
    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 16, 6);
    streams.set(64, Structures::marked(5));
    StreamTableBase base = streams.base();
    for (unsigned split : {0u, 7u, 9u, 31u}) {
        base.split = uint8_t(split);
        CHECK(bench.vmid(base, 64) == 5);
    }
}

TEST_CASE("smmuv3: LOG2SIZE below SPLIT leaves one descriptor, of which not all is reached")
{
    Structures bench;
    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 4, 8);
    streams.set(15, Structures::marked(5));
    CHECK(bench.vmid(streams.base(), 15) == 5);
    CHECK(bench.fault(streams.base(), 16).id == EventId::c_bad_streamid);
}

TEST_CASE("smmuv3: L1STD.Span says how many StreamIDs there are; what is reserved is none")
{
    const unsigned split = GENERATE(6u, 8u, 10u);
    Structures bench;
    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 16, split);
    for (uint32_t sid = 0; sid < 1u << split; ++sid)
        streams.set(sid, Structures::marked(1));
    const uint64_t leaf = streams.entry_address(0);
    for (unsigned span = 0; span < 32; ++span) {
        CAPTURE(split, span);
        streams.set_level1(0, leaf | span);
        if (span == 0 || span > split + 1) {
            CHECK(bench.fault(streams.base(), 0).id == EventId::c_bad_streamid);
            continue;
        }
        const uint32_t count = 1u << (span - 1);
        CHECK(bench.vmid(streams.base(), count - 1) == 1);
        if (count < 1u << split)
            CHECK(bench.fault(streams.base(), count).id == EventId::c_bad_streamid);
    }
}

TEST_CASE("smmuv3: L1STD.L2Ptr is aligned to the array's size")
{
    Structures bench;
    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 16, 8);
    streams.set(1, Structures::marked(6));
    const uint64_t leaf = streams.entry_address(0);
    streams.set_level1(0, (leaf + 0x2040) | 9);
    CHECK(bench.vmid(streams.base(), 1) == 6);
    streams.set_level1(0, (leaf + 0x40) | 1);  // one entry: the alignment is its own size
    CHECK(bench.vmid(streams.base(), 0) == 6);
}

TEST_CASE("smmuv3: F_STE_FETCH has the address of the STE or the L1STD that nothing answered for")
{
    Structures bench;
    StreamTableBase base{.address = structures_nowhere, .two_level = false, .split = 6, .log2size = 8, .e2h = false};
    CHECK(bench.fault(base, 3).id == EventId::f_ste_fetch);
    CHECK(bench.fault(base, 3).fetch_address == structures_nowhere + 3 * 64);
    base.two_level = true;
    CHECK(bench.fault(base, 0x43).id == EventId::f_ste_fetch);
    CHECK(bench.fault(base, 0x43).fetch_address == structures_nowhere + 8);

    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 8, 6);
    streams.set_level1(0x40, structures_nowhere | 7);
    CHECK(bench.fault(streams.base(), 0x43).id == EventId::f_ste_fetch);
    CHECK(bench.fault(streams.base(), 0x43).fetch_address == structures_nowhere + 3 * 64);
}

TEST_CASE("smmuv3: an STE beyond the output size is not fetched, and FetchAddr has no bits beyond it")
{
    Structures bench("oas=32,granules=4k");
    auto streams = StreamTableBuilder::two_level(bench.memory, bench.frames, 8, 6);
    streams.set(3, Structures::marked(1));
    const uint64_t leaf = streams.entry_address(0);
    const uint64_t beyond = leaf | 1ull << 32;
    bench.memory.add(beyond, 4_KiB);  // it would answer
    streams.set_level1(0, beyond | 7);
    CHECK(bench.fault(streams.base(), 3).id == EventId::f_ste_fetch);
    CHECK(bench.fault(streams.base(), 3).fetch_address == leaf + 3 * 64);
    // The L1STD, and a linear table's entry.
    StreamTableBase base = streams.base();
    base.address = beyond;
    CHECK(bench.fault(base, 3).id == EventId::f_ste_fetch);
    CHECK(bench.fault(base, 3).fetch_address == leaf);
    base.two_level = false;
    base.log2size = 6;
    CHECK(bench.fault(base, 3).id == EventId::f_ste_fetch);
}

TEST_CASE("smmuv3: an illegal STE is C_BAD_STE")
{
    Structures bench("stages=1");
    auto streams = StreamTableBuilder::linear(bench.memory, bench.frames, 4);
    streams.set(2, Structures::marked(1));
    CHECK(bench.fault(streams.base(), 2).id == EventId::c_bad_ste);
}

TEST_CASE("smmuv3: CR2.E2H comes with the stream table")
{
    Structures bench;
    auto streams = StreamTableBuilder::linear(bench.memory, bench.frames, 4);
    streams.set(2, SteBuilder().stage1(structures_ram).set(ste_field::STRW, 2).words());
    StreamTableBase base = streams.base();
    CHECK(std::get<Stream>(bench.table.stream(base, 2)).regime == Regime::el2);
    base.e2h = true;
    CHECK(std::get<Stream>(bench.table.stream(base, 2)).regime == Regime::el2_e2h);
}
