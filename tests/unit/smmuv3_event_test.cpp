// Layout of event records, bit by bit: Arm IHI 0070, 7.3.2 to 7.3.18. Bit numbers are those of the document's figures,
// 0 to 255.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/event.hpp"

#include "catch.hpp"

using namespace soc;
using namespace soc::smmuv3;

namespace {

constexpr uint64_t input = 0xfedc'ba98'7654'3210, fetched = 0x000a'bcde'f012'3458, ipa = 0x000b'1234'5678'9abc;

// Every field of it is set, so that a record shows what it should not have.
Event full(EventId id)
{
    Event event;
    event.id = id;
    event.transaction.stream = 0x89ab'cdef;
    event.transaction.has_substream = true;
    event.transaction.substream = 0xabcde;
    event.transaction.address = input;
    event.transaction.access = Access::read;
    event.transaction.instruction = true;
    event.transaction.privileged = true;
    event.cls = EventClass::tt;
    event.stage = 2;
    event.tt_read = true;
    event.ipa = ipa;
    event.fetch_address = fetched;
    event.level = 3;
    event.stall = true;
    event.stag = 0x5a5a;
    return event;
}

// A record from the fields that it must have, and no other.
class Record {
public:
    explicit Record(unsigned id) { put(7, 0, id); put(63, 32, 0x89ab'cdef); }

    Record &substream() { put(11, 11, 1); return ssid(); }
    Record &ssid() { return put(31, 12, 0xabcde); }
    Record &access() { return put(97, 97, 1).put(98, 98, 1).read(); }
    Record &read() { return put(99, 99, 1); }
    Record &stage2(unsigned cls) { return put(103, 103, 1).put(105, 104, cls); }
    Record &address() { return put(191, 128, input); }
    Record &page_of_ipa() { return put(243, 204, ipa >> 12); }
    Record &fetch() { return put(243, 195, fetched >> 3); }
    Record &stalled() { return put(79, 64, 0x5a5a).put(95, 95, 1); }

    Record &put(unsigned high, unsigned low, uint64_t value)
    {
        for (unsigned bit = low; bit <= high; ++bit)
            if (value >> (bit - low) & 1)
                words_[bit / 64] |= 1ull << bit % 64;
        return *this;
    }
    operator EventWords() const { return words_; }

private:
    EventWords words_{};
};

EventWords encoded(EventId id) { return full(id).encode(); }

}  // namespace

TEST_CASE("smmuv3: configuration errors are recorded with stream and substream alone")
{
    CHECK(encoded(EventId::c_bad_streamid) == EventWords(Record(0x02).substream()));
    CHECK(encoded(EventId::c_bad_ste) == EventWords(Record(0x04).substream()));
    CHECK(encoded(EventId::c_bad_cd) == EventWords(Record(0x0a).substream()));
    CHECK(encoded(EventId::f_cfg_conflict) == EventWords(Record(0x21).substream()));
    CHECK(encoded(EventId::f_stream_disabled) == EventWords(Record(0x06)));
}

TEST_CASE("smmuv3: C_BAD_SUBSTREAMID has a SubstreamID without SSV, 0 where there was none")
{
    CHECK(encoded(EventId::c_bad_substreamid) == EventWords(Record(0x08).ssid()));
    Event event = full(EventId::c_bad_substreamid);
    event.transaction.has_substream = false;
    CHECK(event.encode() == EventWords(Record(0x08)));
}

TEST_CASE("smmuv3: a record without SSV has no SubstreamID")
{
    Event event = full(EventId::c_bad_ste);
    event.transaction.has_substream = false;
    CHECK(event.encode() == EventWords(Record(0x04)));
}

TEST_CASE("smmuv3: fetches that failed are recorded with their address and no other")
{
    CHECK(encoded(EventId::f_ste_fetch) == EventWords(Record(0x03).substream().fetch()));
    CHECK(encoded(EventId::f_cd_fetch) == EventWords(Record(0x09).substream().fetch()));
}

TEST_CASE("smmuv3: F_UUT has the access and its address")
{
    CHECK(encoded(EventId::f_uut) == EventWords(Record(0x01).substream().access().address()));
}

TEST_CASE("smmuv3: F_BAD_ATS_TREQ has the page, F_TRANSL_FORBIDDEN the address and its direction")
{
    CHECK(encoded(EventId::f_bad_ats_treq) == EventWords(Record(0x05).substream().put(191, 140, input >> 12)));
    CHECK(encoded(EventId::f_transl_forbidden) == EventWords(Record(0x07).read().address()));
}

TEST_CASE("smmuv3: F_WALK_EABT has the fetch address and does not stall")
{
    CHECK(encoded(EventId::f_walk_eabt) == EventWords(Record(0x0b).substream().access().stage2(1).address().fetch()));
}

TEST_CASE("smmuv3: translation faults at stage 2 have the IPA's page")
{
    CHECK(encoded(EventId::f_translation) ==
          EventWords(Record(0x10).substream().access().stage2(1).address().page_of_ipa().stalled()));
    CHECK(encoded(EventId::f_addr_size) ==
          EventWords(Record(0x11).substream().access().stage2(1).address().page_of_ipa().stalled()));
    CHECK(encoded(EventId::f_access) ==
          EventWords(Record(0x12).substream().access().stage2(1).address().page_of_ipa().stalled()));
    CHECK(encoded(EventId::f_tlb_conflict) ==
          EventWords(Record(0x20).substream().access().put(103, 103, 1).address().page_of_ipa()));
}

TEST_CASE("smmuv3: F_PERMISSION says with TTRnW what access to a stage 1 table stage 2 refused")
{
    const Record expected = Record(0x13).substream().access().stage2(1).address().page_of_ipa().stalled();
    CHECK(encoded(EventId::f_permission) == EventWords(Record(expected).put(108, 108, 1)));
    Event event = full(EventId::f_permission);
    event.tt_read = false;
    CHECK(event.encode() == EventWords(expected));
    // Of no other class.
    event = full(EventId::f_permission);
    event.cls = EventClass::in;
    CHECK(event.encode() ==
          EventWords(Record(0x13).substream().access().stage2(2).address().page_of_ipa().stalled()));
}

TEST_CASE("smmuv3: a fault at stage 1 has no IPA, and CLASS")
{
    Event event = full(EventId::f_translation);
    event.stage = 1;
    event.cls = EventClass::in;
    CHECK(event.encode() ==
          EventWords(Record(0x10).substream().access().put(105, 104, 2).address().stalled()));
    event.cls = EventClass::cd;
    event.stage = 2;
    CHECK(event.encode() ==
          EventWords(Record(0x10).substream().access().stage2(0).address().page_of_ipa().stalled()));
}

TEST_CASE("smmuv3: a record that does not stall has no STAG")
{
    Event event = full(EventId::f_access);
    event.stall = false;
    CHECK(event.encode() == EventWords(Record(0x12).substream().access().stage2(1).address().page_of_ipa()));
}

TEST_CASE("smmuv3: RnW, InD and PnU each for itself; a write is no instruction")
{
    Event event = full(EventId::f_translation);
    event.stall = false;
    event.stage = 1;
    event.cls = EventClass::in;
    const Record base = Record(0x10).substream().put(105, 104, 2).address();
    event.transaction.access = Access::write;
    CHECK(event.encode() == EventWords(Record(base).put(97, 97, 1)));
    event.transaction.privileged = false;
    CHECK(event.encode() == EventWords(base));
    event.transaction.access = Access::read;
    event.transaction.instruction = false;
    CHECK(event.encode() == EventWords(Record(base).read()));
    event.transaction.instruction = true;
    CHECK(event.encode() == EventWords(Record(base).read().put(98, 98, 1)));
}

TEST_CASE("smmuv3: no event is no record")
{
    CHECK(encoded(EventId::none) == EventWords{});
}

TEST_CASE("smmuv3: events as faults of the models' common record")
{
    const auto [id, kind] = GENERATE(table<EventId, FaultKind>({
        {EventId::none, FaultKind::none},
        {EventId::f_uut, FaultKind::configuration},
        {EventId::c_bad_streamid, FaultKind::unknown_stream},
        {EventId::f_ste_fetch, FaultKind::walk_abort},
        {EventId::c_bad_ste, FaultKind::configuration},
        {EventId::f_bad_ats_treq, FaultKind::disabled},
        {EventId::f_stream_disabled, FaultKind::disabled},
        {EventId::f_transl_forbidden, FaultKind::disabled},
        {EventId::c_bad_substreamid, FaultKind::configuration},
        {EventId::f_cd_fetch, FaultKind::walk_abort},
        {EventId::c_bad_cd, FaultKind::configuration},
        {EventId::f_walk_eabt, FaultKind::walk_abort},
        {EventId::f_translation, FaultKind::translation},
        {EventId::f_addr_size, FaultKind::address_size},
        {EventId::f_access, FaultKind::access_flag},
        {EventId::f_permission, FaultKind::permission},
        {EventId::f_tlb_conflict, FaultKind::configuration},
        {EventId::f_cfg_conflict, FaultKind::configuration},
    }));
    CAPTURE(unsigned(id));
    const Fault fault = full(id).fault();
    CHECK(fault.kind == kind);
    CHECK(fault.level == 3);
    CHECK(fault.stage == 2);
    CHECK(fault.transaction.address == input);
    CHECK(fault.transaction.substream == 0xabcde);
}
