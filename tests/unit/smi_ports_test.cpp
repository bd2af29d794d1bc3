// The ports: which go through the M4U, and which go out physical.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "unit/m4u_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

constexpr unsigned common = M4uDriver::smi_common;

}  // namespace

TEST_CASE("smi: a port that is not enabled goes out physical")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    CHECK(m4u.at(M4u::iova, Access::read, 2) == M4u::iova);
    CHECK(m4u.at(M4u::data + 5, Access::write, 2) == M4u::data + 5);
    CHECK(m4u.counter("bypasses") == 2);
    CHECK(m4u.counter("translations") == 0);
}

TEST_CASE("smi: VIRT of a port is the highest of its four bits, and no other port's")
{
    M4u m4u;
    m4u.iommu->reset();
    m4u.driver.write(M4uDriver::pt_base_addr, M4u::pages);
    m4u.map(M4u::iova, M4u::data);
    for (unsigned enabled = 0; enabled < M4uDriver::ports; ++enabled) {
        const uint32_t word = 0x5c0 + enabled / 8 * 4;
        m4u.driver.write(word, 8u << enabled % 8 * 4, common);
        unsigned wrong = 0;
        for (unsigned port = 0; port < M4uDriver::ports; ++port)
            wrong += m4u.at(M4u::iova, Access::read, port) != (port == enabled ? M4u::data : M4u::iova);
        CAPTURE(enabled);
        CHECK(wrong == 0);
        m4u.driver.write(word, 0, common);
    }
}

TEST_CASE("smi: domain and security of a port are stored and change nothing")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    for (uint32_t bits = 0; bits < 16; ++bits) {
        m4u.driver.set_port(9, bits);
        CHECK(m4u.driver.read(0x5c4, common) == bits << 4);
        CHECK(m4u.at(M4u::iova, Access::read, 9) == (bits & 8 ? M4u::data : M4u::iova));
    }
}

TEST_CASE("smi: a port that is switched off again is physical at once")
{
    M4u m4u;
    m4u.map(M4u::iova, M4u::data);
    REQUIRE(m4u.at(M4u::iova) == M4u::data);
    m4u.driver.detach(1);
    CHECK(m4u.at(M4u::iova) == M4u::iova);
}

TEST_CASE("smi: after reset every port is physical")
{
    M4u m4u;
    m4u.iommu->reset();
    for (unsigned port = 0; port < M4uDriver::ports; ++port)
        CHECK(m4u.at(M4u::iova, Access::write, port) == M4u::iova);
}

TEST_CASE("smi: whoever caches a port's translations outside hears that it changed")
{
    M4u m4u;
    m4u.host.unmaps.clear();
    m4u.driver.write(0x5d4, 8, common);  // ports 40 to 43, and four bits for ports that are not there
    REQUIRE(m4u.host.unmaps.size() == 4);
    for (unsigned i = 0; i < 4; ++i)
        CHECK(m4u.host.unmaps[i].stream == 40 + i);
}

TEST_CASE("smi: a larb has no registers, and neither has the rest of smi-common")
{
    M4u m4u;
    for (unsigned region : {common, unsigned(M4uDriver::larb0), M4uDriver::larb0 + 2u}) {
        m4u.driver.write(0xc, ~0u, region);
        CHECK(m4u.driver.read(0xc, region) == 0);
    }
    CHECK(m4u.host.logged("unknown register 0xc") == 6);
}

TEST_CASE("smi: the ports survive save and load")
{
    M4u m4u;
    m4u.driver.attach(43);
    StateWriter out;
    m4u.iommu->save(out);
    m4u.iommu->reset();
    StateReader in(out.data());
    m4u.iommu->load(in);
    REQUIRE(in.complete());
    m4u.map(M4u::iova, M4u::data);
    CHECK(m4u.at(M4u::iova, Access::read, 43) == M4u::data);
    CHECK(m4u.at(M4u::iova, Access::read, 42) == M4u::iova);
}
