// Options of soc-smmuv3, and the ID registers that follow from them: Arm IHI 0070, 6.3.1 to 6.3.8.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "arm/smmuv3/id_registers.hpp"
#include "catch.hpp"
#include "unit/smmuv3_parts.hpp"

using namespace soc;
using namespace soc::smmuv3;
using namespace soc::test;

namespace {

IdRegisters ids(const std::string &options = "")
{
    return IdRegisters(smmuv3_features(options));
}

bool contains(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("smmuv3: by default everything is there that the model knows")
{
    const IdRegisters id = ids();
    CHECK(idr0::S1P::get(id.idr0) == 1);
    CHECK(idr0::S2P::get(id.idr0) == 1);
    CHECK(idr0::TTF::get(id.idr0) == 2);
    CHECK(idr0::COHACC::get(id.idr0) == 1);
    CHECK(idr0::HTTU::get(id.idr0) == 2);
    CHECK(idr0::Hyp::get(id.idr0) == 1);
    CHECK(idr0::ATS::get(id.idr0) == 1);
    CHECK(idr0::NS1ATS::get(id.idr0) == 1);
    CHECK(idr0::ASID16::get(id.idr0) == 1);
    CHECK(idr0::VMID16::get(id.idr0) == 1);
    CHECK(idr0::MSI::get(id.idr0) == 1);
    CHECK(idr0::PRI::get(id.idr0) == 1);
    CHECK(idr0::CD2L::get(id.idr0) == 1);
    CHECK(idr0::TTENDIAN::get(id.idr0) == 2);
    CHECK(idr0::STALL_MODEL::get(id.idr0) == 0);
    CHECK(idr0::TERM_MODEL::get(id.idr0) == 1);
    CHECK(idr0::ST_LEVEL::get(id.idr0) == 1);

    CHECK(idr1::SIDSIZE::get(id.idr1) == 16);
    CHECK(idr1::SSIDSIZE::get(id.idr1) == 20);
    CHECK(idr1::CMDQS::get(id.idr1) == 19);
    CHECK(idr1::EVENTQS::get(id.idr1) == 19);
    CHECK(idr1::PRIQS::get(id.idr1) == 19);
    CHECK(idr1::ATTR_TYPES_OVR::get(id.idr1) == 1);
    CHECK(idr1::ATTR_PERMS_OVR::get(id.idr1) == 1);

    CHECK(idr3::RIL::get(id.idr3) == 1);
    CHECK(idr3::FWB::get(id.idr3) == 1);
    CHECK(idr3::HAD::get(id.idr3) == 1);
    CHECK(idr3::XNX::get(id.idr3) == 1);
    CHECK(idr3::PPS::get(id.idr3) == 1);
    CHECK(idr3::BBML::get(id.idr3) == 2);

    CHECK(idr5::OAS::get(id.idr5) == 6);
    CHECK(idr5::GRAN4K::get(id.idr5) == 1);
    CHECK(idr5::GRAN16K::get(id.idr5) == 1);
    CHECK(idr5::GRAN64K::get(id.idr5) == 1);
    CHECK(idr5::VAX::get(id.idr5) == 1);
    CHECK(idr5::STALL_MAX::get(id.idr5) == smmuv3_features().stall_max());
    CHECK(id.aidr == 2);
}

TEST_CASE("smmuv3: what the model lacks is reported absent")
{
    const IdRegisters id = ids();
    CHECK(idr0::BTM::get(id.idr0) == 0);
    CHECK(idr0::DORMHINT::get(id.idr0) == 0);
    CHECK(idr0::SEV::get(id.idr0) == 0);
    CHECK(idr0::ATOS::get(id.idr0) == 0);
    CHECK(idr0::VATOS::get(id.idr0) == 0);
    CHECK(idr0::VMW::get(id.idr0) == 0);
    CHECK(idr0::ATSRECERR::get(id.idr0) == 0);
    CHECK((id.idr0 & 0xe000'0000) == 0);
    CHECK((id.idr1 & 0xf000'0000) == 0);  // ECMDQ and preset tables and queues
    CHECK(id.idr2 == 0);
    CHECK(idr3::PBHA::get(id.idr3) == 0);
    CHECK(idr3::MPAM::get(id.idr3) == 0);
    CHECK(idr3::STT::get(id.idr3) == 0);
    CHECK((id.idr3 & ~0x1fffu) == 0);
    CHECK(id.idr4 == 0);
    CHECK(idr5::DS::get(id.idr5) == 0);
    CHECK((id.iidr & 0xfff) != 0x43b);  // Linux works around errata of Arm's parts
}

TEST_CASE("smmuv3: one stage alone leaves out what is the other's")
{
    const IdRegisters first = ids("stages=1");
    CHECK(idr0::S1P::get(first.idr0) == 1);
    CHECK(idr0::S2P::get(first.idr0) == 0);
    CHECK(idr0::Hyp::get(first.idr0) == 0);
    CHECK(idr0::VMID16::get(first.idr0) == 0);
    CHECK(idr0::NS1ATS::get(first.idr0) == 0);
    CHECK(idr3::FWB::get(first.idr3) == 0);
    CHECK(idr3::XNX::get(first.idr3) == 0);
    CHECK(idr3::HAD::get(first.idr3) == 1);

    const IdRegisters second = ids("stages=2");
    CHECK(idr0::S1P::get(second.idr0) == 0);
    CHECK(idr0::S2P::get(second.idr0) == 1);
    CHECK(idr0::ASID16::get(second.idr0) == 0);
    CHECK(idr0::CD2L::get(second.idr0) == 0);
    CHECK(idr1::SSIDSIZE::get(second.idr1) == 0);
    CHECK(idr3::HAD::get(second.idr3) == 0);
    CHECK(idr3::FWB::get(second.idr3) == 1);
    CHECK(idr3::PPS::get(second.idr3) == 0);
    CHECK(idr5::VAX::get(second.idr5) == 0);
}

TEST_CASE("smmuv3: each option is seen in its field")
{
    const auto [bits, encoded] = GENERATE(table<std::string, unsigned>(
        {{"32", 0}, {"36", 1}, {"40", 2}, {"42", 3}, {"44", 4}, {"48", 5}, {"52", 6}}));
    CHECK(idr5::OAS::get(ids("oas=" + bits).idr5) == encoded);
    CHECK(smmuv3_features("oas=" + bits).oas == unsigned(std::stoi(bits)));

    CHECK(idr1::SIDSIZE::get(ids("sid-bits=9").idr1) == 9);
    CHECK(idr1::SSIDSIZE::get(ids("ssid-bits=5").idr1) == 5);
    CHECK(idr0::CD2L::get(ids("ssid-bits=0").idr0) == 0);
    CHECK(idr0::ASID16::get(ids("asid-bits=8").idr0) == 0);
    CHECK(idr0::VMID16::get(ids("vmid-bits=8").idr0) == 0);
    CHECK(idr0::ST_LEVEL::get(ids("strtab-levels=1,sid-bits=6").idr0) == 0);
    CHECK(idr0::STALL_MODEL::get(ids("stall=off").idr0) == 1);
    CHECK(idr5::STALL_MAX::get(ids("stall=off").idr5) == 0);
    CHECK(idr0::HTTU::get(ids("httu=1").idr0) == 1);
    CHECK(idr0::MSI::get(ids("msi=off").idr0) == 0);
    CHECK(idr3::RIL::get(ids("ril=off").idr3) == 0);
    CHECK(idr3::FWB::get(ids("fwb=off").idr3) == 0);
    CHECK(idr0::Hyp::get(ids("hyp=off").idr0) == 0);
    CHECK(idr5::VAX::get(ids("vax=off").idr5) == 0);
    CHECK(idr0::PRI::get(ids("pri=off").idr0) == 0);
    CHECK(idr1::PRIQS::get(ids("pri=off").idr1) == 0);

    const IdRegisters no_ats = ids("ats=off");
    CHECK(idr0::ATS::get(no_ats.idr0) == 0);
    CHECK(idr0::PRI::get(no_ats.idr0) == 0);
    CHECK(idr0::NS1ATS::get(no_ats.idr0) == 0);

    const IdRegisters forced = ids("stall=forced");
    CHECK(idr0::STALL_MODEL::get(forced.idr0) == 2);
    CHECK(idr0::ATS::get(forced.idr0) == 0);

    const IdRegisters incoherent = ids("coherent=off");
    CHECK(idr0::COHACC::get(incoherent.idr0) == 0);
    CHECK(idr0::HTTU::get(incoherent.idr0) == 0);
}

TEST_CASE("smmuv3: granules are named one by one")
{
    const IdRegisters small = ids("granules=4k");
    CHECK(idr5::GRAN4K::get(small.idr5) == 1);
    CHECK(idr5::GRAN16K::get(small.idr5) == 0);
    CHECK(idr5::GRAN64K::get(small.idr5) == 0);
    CHECK(idr5::OAS::get(small.idr5) == 5);
    CHECK(idr5::VAX::get(small.idr5) == 0);
    CHECK(idr5::GRAN4K::get(ids("granules=64k").idr5) == 0);
    const Features two = smmuv3_features("granules=64k+16k");
    CHECK_FALSE(two.has_granule(12));
    CHECK(two.has_granule(14));
    CHECK(two.has_granule(16));
    CHECK_FALSE(two.has_granule(13));
    CHECK(two.oas == 52);

    for (const char *wrong : {"", "+", "4k+", "4k+4k", "8k", "4k 16k", "all"})
        CHECK(contains(smmuv3_refusal(std::string("granules=") + wrong), "joined by +"));
}

TEST_CASE("smmuv3: the version is the newest whose mandatory features are there")
{
    CHECK(ids().aidr == 2);
    CHECK(ids("stages=2").aidr == 2);
    CHECK(ids("ril=off").aidr == 1);
    CHECK(ids("fwb=off").aidr == 1);
    CHECK(ids("hyp=off").aidr == 1);
    CHECK(ids("stages=1").aidr == 1);
}

TEST_CASE("smmuv3: options that cannot go together are refused with the reason")
{
    CHECK(contains(smmuv3_refusal("pri=on,ats=off"), "without ATS"));
    CHECK(contains(smmuv3_refusal("ats=on,stall=forced"), "must not wait"));
    CHECK(contains(smmuv3_refusal("fwb=on,stages=1"), "stage 2"));
    CHECK(contains(smmuv3_refusal("hyp=on,stages=1"), "both stages"));
    CHECK(contains(smmuv3_refusal("hyp=on,stages=2"), "both stages"));
    CHECK(contains(smmuv3_refusal("httu=1,coherent=off"), "coherent"));
    CHECK(contains(smmuv3_refusal("vax=on,granules=4k+16k"), "64k granule"));
    CHECK(contains(smmuv3_refusal("vax=on,stages=2"), "stage 1"));
    CHECK(contains(smmuv3_refusal("oas=52,granules=4k+16k"), "64k granule"));
    CHECK(contains(smmuv3_refusal("ssid-bits=1,stages=2"), "stage 1"));
    CHECK(contains(smmuv3_refusal("ssid-bits=21"), "0 to 20"));
    CHECK(contains(smmuv3_refusal("ssid-bits=many"), "many"));
    CHECK(contains(smmuv3_refusal("asid-bits=16,stages=2"), "stage 1"));
    CHECK(contains(smmuv3_refusal("vmid-bits=8,stages=1"), "stage 2"));
    CHECK(contains(smmuv3_refusal("strtab-levels=1"), "sid-bits of 6 or less"));
    CHECK(contains(smmuv3_refusal("sid-bits=17"), "1..16"));
    CHECK(contains(smmuv3_refusal("sev=on"), "unknown option"));

    CHECK(smmuv3_refusal("httu=0,coherent=off").empty());
    CHECK(smmuv3_refusal("ssid-bits=0,stages=2").empty());
    CHECK(smmuv3_refusal("fwb=off,hyp=off,stages=1").empty());
    CHECK(smmuv3_refusal("vax=on,oas=40,granules=64k").empty());
}

TEST_CASE("smmuv3: the bus and the device tree are told what the options say")
{
    struct Told {
        uint32_t features, requester_ids;
        std::set<std::string> properties;
    };
    const auto told = [](const std::string &options) {
        PartsHost host;
        const auto iommu = make_iommu(host, "soc-smmuv3", parse_options(options));
        Placement placement;
        placement.regions = {0xb000000};
        placement.irqs.assign(4, {0, 1, 4});
        placement.msi_parent = 2;
        Told out{.features = iommu->shape().features, .requester_ids = iommu->shape().pci_map.at(0).length,
                 .properties = {}};
        const DeviceTree tree = iommu->describe(placement);
        for (const auto &property : tree.nodes().at(0).properties())
            out.properties.insert(property.name);
        return out;
    };
    const Told all = told("");
    CHECK(all.features == (SOC_FEATURE_ATS | SOC_FEATURE_PRI | SOC_FEATURE_PASID));
    CHECK(all.requester_ids == 0x10000);
    CHECK((all.properties.contains("dma-coherent") && !all.properties.contains("dma-noncoherent")));
    CHECK(all.properties.contains("msi-parent"));
    CHECK(told("ats=off").features == SOC_FEATURE_PASID);
    CHECK(told("pri=off").features == (SOC_FEATURE_ATS | SOC_FEATURE_PASID));
    CHECK(told("ssid-bits=0").features == (SOC_FEATURE_ATS | SOC_FEATURE_PRI));
    CHECK(told("sid-bits=9").requester_ids == 0x200);
    CHECK_FALSE(told("msi=off").properties.contains("msi-parent"));
    const Told incoherent = told("coherent=off");
    CHECK((incoherent.properties.contains("dma-noncoherent") && !incoherent.properties.contains("dma-coherent")));
}
