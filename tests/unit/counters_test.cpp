// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/counters.hpp"

#include <string_view>
#include <vector>

#include "catch.hpp"

using namespace soc;

namespace {

uint64_t value(const Counters &counters, std::string_view name)
{
    for (unsigned i = 0; i < Counters::names().size(); ++i)
        if (Counters::names()[i] == name)
            return counters.value(i);
    FAIL("no counter " << name);
    return 0;
}

Fault of_kind(FaultKind kind)
{
    Fault fault;
    fault.kind = kind;
    return fault;
}

// Every counter has another value.
void count(Counters &counters)
{
    for (int i = 0; i < 5; ++i)
        counters.hit();
    for (int i = 0; i < 4; ++i)
        counters.miss();
    for (int i = 0; i < 3; ++i)
        counters.bypass();
    for (int i = 0; i < 2; ++i)
        counters.walk();
    counters.invalidation();
    counters.fault(of_kind(FaultKind::translation));
    Fault last = of_kind(FaultKind::permission);
    last.level = 2;
    last.stage = 2;
    last.transaction.address = 0x1234'5678'9abc;
    last.transaction.stream = 7;
    last.transaction.substream = 9;
    last.transaction.has_substream = true;
    last.transaction.access = Access::write;
    counters.fault(last);
}

void check(const Counters &counters)
{
    CHECK(value(counters, "translations") == 9);
    CHECK(value(counters, "hits") == 5);
    CHECK(value(counters, "misses") == 4);
    CHECK(value(counters, "bypasses") == 3);
    CHECK(value(counters, "walks") == 2);
    CHECK(value(counters, "invalidations") == 1);
    CHECK(value(counters, "faults") == 2);
    CHECK(value(counters, "faults-translation") == 1);
    CHECK(value(counters, "faults-permission") == 1);
    CHECK(value(counters, "faults-bus") == 0);
    const Counters::LastFault last = counters.last_fault();
    CHECK(last.count == 2);
    CHECK(last.fault.kind == FaultKind::permission);
    CHECK(last.fault.level == 2);
    CHECK(last.fault.stage == 2);
    CHECK(last.fault.transaction.address == 0x1234'5678'9abc);
    CHECK(last.fault.transaction.stream == 7);
    CHECK(last.fault.transaction.substream == 9);
    CHECK(last.fault.transaction.flags() == (SOC_TXN_WRITE | SOC_TXN_HAS_SUBSTREAM));
}

}  // namespace

TEST_CASE("counters count each event under its name, and remember the last fault")
{
    Counters counters;
    count(counters);
    check(counters);
    counters.reset();
    for (unsigned i = 0; i < Counters::names().size(); ++i)
        CHECK(counters.value(i) == 0);
    CHECK(counters.last_fault().count == 0);
    CHECK(counters.last_fault().fault.kind == FaultKind::none);
    count(counters);
    check(counters);
}

TEST_CASE("counters survive save and load, whatever was counted before")
{
    Counters counters, other;
    count(counters);
    StateWriter out;
    counters.save(out);
    other.bypass();
    other.fault(of_kind(FaultKind::bus));
    StateReader in(out.data());
    other.load(in);
    REQUIRE(in.complete());
    check(other);
}

TEST_CASE("counters of a fault that does not exist are refused")
{
    Counters counters;
    count(counters);
    StateWriter out;
    counters.save(out);
    std::vector<uint8_t> data = out.data();
    // The last fault is at the end: count, kind, level, stage; and its transaction: address, stream, substream, tag,
    // flags.
    const size_t kind = data.size() - (4 * 7 + 8);
    REQUIRE(data[kind] == uint8_t(FaultKind::permission));
    data[kind] = fault_kinds;
    StateReader in(data);
    counters.load(in);
    CHECK_FALSE(in.ok());
}
