// What a fault leaves in the registers, the interrupts, and transactions that wait.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/msm_fixture.hpp"

using namespace soc;
using namespace soc::test;
using D = MsmDriver;

namespace {

constexpr uint32_t priv = 1u << 5, non_secure = 1u << 6, instruction = 1u << 7, write_access = 1u << 8;

TranslateResult waiting(Msm &msm, uint64_t address, uint32_t stream = Msm::mid)
{
    Transaction txn;
    txn.address = address;
    txn.stream = stream;
    txn.may_hold = true;
    return msm.iommu->translate(txn);
}

}  // namespace

TEST_CASE("msm: a fault tells its context its cause, level, address, master and access")
{
    Msm msm;
    msm.kind(Msm::iova + 0x678, Access::write);
    MsmDriver::Report report = msm.driver.report(Msm::ctx);
    CHECK(report.fsr == D::tf);
    CHECK(report.far == Msm::iova + 0x678);
    CHECK(report.fsynr0 == Msm::mid);
    CHECK(report.fsynr1 == (write_access | non_secure));
    CHECK(msm.driver.read(Msm::other_ctx, D::fsr) == 0);

    msm.driver.write(Msm::ctx, D::fsr, ~0u);
    msm.map(Msm::iova, Msm::data, Msm::page, {.write = false, .execute = false});
    msm.driver.set_field(D::m2vcbr(Msm::mid), 3, 22, 2);
    msm.with(Msm::iova, Access::read, true, true);
    report = msm.driver.report(Msm::ctx);
    CHECK(report.fsr == (D::apf | D::sl));
    CHECK(report.far == Msm::iova);
    CHECK(report.fsynr1 == (priv | instruction));
}

TEST_CASE("msm: the first fault stays until it is cleared, and MULTI tells of others")
{
    Msm msm;
    msm.kind(0x1000);
    msm.kind(0x2000, Access::read, 7);
    MsmDriver::Report report = msm.driver.report(Msm::ctx);
    CHECK(report.fsr == (D::tf | D::multi));
    CHECK(report.far == 0x1000);
    CHECK(report.fsynr0 == Msm::mid);
    msm.driver.handle();
    msm.kind(0x3000, Access::read, 7);
    report = msm.driver.report(Msm::ctx);
    CHECK(report.fsr == D::tf);
    CHECK(report.far == 0x3000);
    CHECK(report.fsynr0 == 7);
    CHECK(msm.counter("faults") == 3);
}

TEST_CASE("msm: FSR's bits go where a one is written, and FSRRESTORE sets them")
{
    Msm msm;
    msm.driver.write(Msm::ctx, D::fsrrestore, ~0u);
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == 0xc001'00fe);
    CHECK(msm.driver.read(Msm::ctx, D::fsrrestore) == 0);
    msm.driver.write(Msm::ctx, D::fsr, D::handler_clears);
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == 0x8001'00f0);
    msm.driver.write(Msm::ctx, D::fsrrestore, 0);
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == 0);
}

TEST_CASE("msm: the line rises from deferred work and falls with the driver's handler, whatever else FSR says")
{
    Msm msm;
    msm.map(Msm::iova, Msm::data);
    msm.kind(Msm::iova + Msm::page);
    msm.kind(Msm::iova + Msm::page);
    CHECK_FALSE(msm.host.line(0));  // the faulting thread must not touch it
    CHECK(msm.line(0));
    msm.driver.handle();
    CHECK_FALSE(msm.host.line(0));
    // SL and MULTI, which the handler does not clear, tell of a cause and are none.
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == (D::sl | D::multi));
}

TEST_CASE("msm: a cause that the handler does not clear keeps the line up")
{
    Msm msm;
    msm.driver.write(Msm::ctx, D::ttbr0, 0x0400'0000);
    msm.kind(Msm::iova);
    REQUIRE(msm.line(0));
    CHECK(msm.driver.read(Msm::ctx, D::fsr) == D::htwdeef);
    msm.driver.handle();
    CHECK(msm.host.line(0));
    msm.driver.write(Msm::ctx, D::fsr, D::htwdeef);
    CHECK_FALSE(msm.host.line(0));
}

TEST_CASE("msm: a context interrupts while CFEIE is set, on the line that IRPTNDX names")
{
    Msm msm;
    msm.driver.clear_bits(Msm::ctx, D::actlr, D::cfeie);
    msm.kind(0x1000);
    CHECK_FALSE(msm.line(0));
    msm.driver.set_bits(Msm::ctx, D::actlr, D::cfeie);
    CHECK(msm.host.line(0));
    msm.driver.set_field(D::cbacr(Msm::ctx), 0xff, 24, 1);
    CHECK_FALSE(msm.host.line(0));
    CHECK(msm.host.line(1));
    msm.driver.set_field(D::cbacr(Msm::ctx), 0xff, 24, 2);  // a line that there is not
    CHECK_FALSE(msm.host.line(0));
    CHECK_FALSE(msm.host.line(1));
}

TEST_CASE("msm: a master that may not bypass, or has no context, is in the block's own registers")
{
    Msm msm;
    msm.driver.set_field(D::m2vcbr(0), 1, 16, 1);  // BYPASSD, in a context that does not translate
    msm.driver.set_field(D::m2vcbr(0), 0x1f, 0, 9);
    msm.driver.set_field(D::m2vcbr(1), 0xff, 8, 77);
    msm.kind(0x1234, Access::write, 0);
    CHECK(msm.driver.global(D::esr) == 2);
    CHECK(msm.driver.global(D::ear) == 0x1234);
    CHECK(msm.driver.global(D::esynr0) == 9u << 16);
    CHECK(msm.driver.global(D::esynr1) == write_access);
    CHECK(msm.driver.read(0, D::fsr) == 0);
    msm.kind(0x5678, Access::read, 1);
    CHECK(msm.driver.global(D::esr) == (2 | D::multi));
    CHECK_FALSE(msm.line(0));
    msm.driver.set_field(D::cr, 1, 2, 1);
    CHECK(msm.host.line(0));
    msm.driver.set_global(D::esr, 2 | D::multi);
    CHECK_FALSE(msm.host.line(0));
    msm.kind(0x5678, Access::read, 1);
    CHECK(msm.driver.global(D::esr) == 1);
    CHECK(msm.driver.global(D::esynr0) == 1);
    CHECK(msm.line(0));
    msm.driver.set_global(D::esrrestore, 0);
    CHECK_FALSE(msm.host.line(0));
    msm.driver.set_global(D::esrrestore, ~0u);
    CHECK(msm.driver.global(D::esr) == (3 | D::multi));

    msm.driver.set_global(D::esrrestore, 0);
    msm.driver.set_field(D::m2vcbr(1), 3, 22, 3);
    Transaction fetch;
    fetch.address = 0x9000;
    fetch.stream = 1;
    fetch.privileged = fetch.instruction = true;
    msm.iommu->translate(fetch);
    CHECK(msm.driver.global(D::esynr1) == (priv | non_secure | instruction));
}

TEST_CASE("msm: with CFCFG a transaction that can wait does, until RESUME")
{
    Msm msm;
    const TranslateResult result = waiting(msm, Msm::iova);
    REQUIRE(std::holds_alternative<Held>(result));
    CHECK(msm.driver.report(Msm::ctx).fsr == (D::tf | D::ss));
    CHECK(msm.driver.report(Msm::ctx).far == Msm::iova);
    CHECK(msm.line(0));
    REQUIRE(std::holds_alternative<Held>(waiting(msm, Msm::iova + Msm::page, 7)));
    REQUIRE(std::holds_alternative<Held>(waiting(msm, Msm::iova, Msm::other_mid)));

    msm.driver.write(Msm::ctx, D::fsr, D::handler_clears);
    CHECK(msm.host.ends.empty());  // clearing SS ends nothing
    msm.driver.write(Msm::ctx, D::resume, 0);
    REQUIRE(msm.host.ends.size() == 2);  // of this context alone
    CHECK(msm.host.ends[0].hold == std::get<Held>(result).hold);
    CHECK_FALSE(msm.host.ends[0].terminated);
    msm.driver.write(Msm::other_ctx, D::resume, 1);
    REQUIRE(msm.host.ends.size() == 3);
    CHECK(msm.host.ends[2].terminated);
    CHECK(msm.driver.report(Msm::other_ctx).fsr == D::tf);  // SS went with RESUME
    msm.driver.write(Msm::other_ctx, D::resume, 1);
    CHECK(msm.host.ends.size() == 3);
}

TEST_CASE("msm: nothing waits without CFCFG, with STALLD, or of a master that cannot")
{
    Msm msm;
    CHECK(msm.kind(Msm::iova) == FaultKind::translation);
    CHECK((msm.driver.report(Msm::ctx).fsr & D::ss) == 0);
    msm.driver.set_field(D::cr, 1, 5, 1);
    CHECK(std::holds_alternative<Fault>(waiting(msm, Msm::iova)));
    msm.driver.set_field(D::cr, 1, 5, 0);
    CHECK(std::holds_alternative<Held>(waiting(msm, Msm::iova)));
    msm.driver.clear_bits(Msm::ctx, D::actlr, D::cfcfg);
    CHECK(std::holds_alternative<Fault>(waiting(msm, Msm::iova)));
    msm.driver.set_field(D::m2vcbr(Msm::mid), 0xff, 8, 77);
    CHECK(std::holds_alternative<Fault>(waiting(msm, Msm::iova)));
    // Nor one whose bypass is refused: it is in no context's registers.
    msm.driver.set_bits(0, D::actlr, D::cfcfg);
    msm.driver.set_field(D::m2vcbr(0), 1, 16, 1);
    CHECK(std::holds_alternative<Fault>(waiting(msm, Msm::iova, 0)));
}

TEST_CASE("msm: not more transactions wait than there are masters, and reset forgets them")
{
    Msm msm;
    for (unsigned i = 0; i < 32; ++i)
        REQUIRE(std::holds_alternative<Held>(waiting(msm, Msm::iova)));
    CHECK(std::holds_alternative<Fault>(waiting(msm, Msm::iova)));
    msm.iommu->reset();
    msm.driver.write(Msm::ctx, D::resume, 0);
    CHECK(msm.host.ends.empty());
}

TEST_CASE("msm: after reset there is no fault, no line, and every master bypasses")
{
    Msm msm;
    msm.kind(0x1000);
    REQUIRE(msm.line(0));
    msm.iommu->reset();
    CHECK_FALSE(msm.host.line(0));
    CHECK(msm.driver.report(Msm::ctx).fsr == 0);
    CHECK(msm.driver.report(Msm::ctx).far == 0);
    CHECK(msm.counter("faults") == 0);
    CHECK(msm.at(0x1000) == 0x1000);
}

TEST_CASE("msm: a pending fault and a waiting transaction survive save and load")
{
    Msm msm;
    const TranslateResult result = waiting(msm, Msm::iova);
    REQUIRE(std::holds_alternative<Held>(result));
    StateWriter out;
    msm.iommu->save(out);

    FakeHost other;
    auto copy = make_iommu(other, "msm-iommu", {{"context-banks", "3"}});
    StateReader in(out.data());
    copy->load(in);
    REQUIRE(in.complete());
    CHECK(other.line(0));
    MsmDriver driver(*copy, Msm::contexts);
    CHECK(driver.report(Msm::ctx).fsr == (D::tf | D::ss));
    CHECK(driver.report(Msm::ctx).far == Msm::iova);
    CHECK(driver.global(D::m2vcbr(7)) == (3u << 22 | Msm::ctx << 8));
    driver.write(Msm::ctx, D::resume, 1);
    REQUIRE(other.ends.size() == 1);
    CHECK(other.ends[0].hold == std::get<Held>(result).hold);
    CHECK(other.ends[0].terminated);
}
