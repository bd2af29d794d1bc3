// Hardware update of access flag and dirty state with two stages: Arm IHI 0070, 3.13.5; Arm ARM (DDI 0487) D8.5.2.1.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/smmuv3_walk_fixture.hpp"

using namespace soc;
using namespace soc::test;
using v3::EventClass;
using v3::EventId;
using v3::Walker;

namespace {

struct NestedHttu : NestedWalkFixture {
    NestedHttu()
    {
        tables({});
        two.map(ipa, pa, 4_KiB, clean);
        one.map(input, ipa, 4_KiB, clean);
        context.update_access = context.update_dirty = true;
        stream.s2_update_access = stream.s2_update_dirty = true;
    }
    void tables(const LpaeTable::Attributes &attributes) { two.map(ram, ram, 1_MiB, attributes); }
    uint64_t leaf() const { return one.descriptor_address(input, 3); }
};

}  // namespace

TEST_CASE("smmuv3: nested, a write makes both stages dirty and a read neither")
{
    NestedHttu f;
    const v3::TlbEntry read = entry(f.nested(NestedHttu::input, user_read));
    CHECK(read.s1_clean);
    CHECK(read.s2_clean);
    CHECK_FALSE(f.one.writable(NestedHttu::input));
    CHECK_FALSE(f.two.writable(NestedHttu::ipa));
    const v3::TlbEntry written = entry(f.nested(NestedHttu::input, user_write));
    CHECK_FALSE(written.s1_clean);
    CHECK_FALSE(written.s2_clean);
    CHECK_FALSE(Walker::needs_update(written, user_write));
    CHECK(f.one.writable(NestedHttu::input));
    CHECK(f.two.writable(NestedHttu::ipa));
}

TEST_CASE("smmuv3: nested, an update of a stage 1 descriptor is a write to stage 2")
{
    NestedHttu f;
    const uint64_t page = f.leaf() & ~0xfffull;

    // Clean: it becomes dirty.
    f.tables(clean);
    f.nested(NestedHttu::input, user_read);
    CHECK_FALSE(f.two.writable(page));
    f.nested(NestedHttu::input, user_write);
    CHECK(f.two.writable(page));
    CHECK(f.one.writable(NestedHttu::input));
    CHECK_FALSE(f.two.writable(f.one.root()));  // its page was only read

    // Read-only: a stage 2 permission fault, even where the transaction only reads.
    f.tables({.perm = Perm::r});
    f.one.map(NestedHttu::input, NestedHttu::ipa, 4_KiB, fresh);
    const auto result = f.nested(NestedHttu::input, user_read);
    const v3::WalkFault denied = fault(result);
    CHECK(denied.id == EventId::f_permission);
    CHECK(denied.stage == 2);
    CHECK(denied.cls == EventClass::tt);
    CHECK_FALSE(denied.tt_read);
    CHECK(denied.ipa == f.leaf());
    CHECK_FALSE(f.one.accessed(NestedHttu::input));
}

TEST_CASE("smmuv3: nested, a write that stage 2 refuses leaves stage 1 clean")
{
    NestedHttu f;
    f.two.map(NestedHttu::ipa, NestedHttu::pa, 4_KiB, {.perm = Perm::r});
    const auto denied = f.nested(NestedHttu::input, user_write);
    CHECK(fault(denied).id == EventId::f_permission);
    CHECK(fault(denied).cls == EventClass::in);
    CHECK_FALSE(f.one.writable(NestedHttu::input));
    f.two.unmap(NestedHttu::ipa, 4_KiB);
    CHECK(fault(f.nested(NestedHttu::input, user_write)).id == EventId::f_translation);
    CHECK_FALSE(f.one.writable(NestedHttu::input));
}

TEST_CASE("smmuv3: nested, a write that stage 1 refuses leaves stage 2 clean")
{
    NestedHttu f;
    f.one.map(NestedHttu::input, NestedHttu::ipa, 4_KiB, {.perm = Perm::r});
    CHECK(fault(f.nested(NestedHttu::input, user_write)).stage == 1);
    CHECK_FALSE(f.two.writable(NestedHttu::ipa));
}

TEST_CASE("smmuv3: nested, stage 2 marks the tables of stage 1 and its output as accessed")
{
    NestedHttu f;
    f.tables({.accessed = false});
    f.two.map(NestedHttu::ipa, NestedHttu::pa, 4_KiB, fresh);
    v3::AccessKind debug = user_write;
    debug.may_update = false;
    entry(f.nested(NestedHttu::input, debug));
    CHECK(f.memory.exchanges == 0);
    CHECK_FALSE(f.two.accessed(f.one.root()));
    entry(f.nested(NestedHttu::input, user_read));
    for (unsigned level = 0; level <= 3; ++level)
        CHECK(f.two.accessed(f.one.descriptor_address(NestedHttu::input, level)));
    CHECK(f.two.accessed(NestedHttu::ipa));
    CHECK_FALSE(f.two.accessed(WalkFixture::ram + 512_KiB));
}
