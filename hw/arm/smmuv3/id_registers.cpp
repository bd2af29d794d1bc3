// SPDX-License-Identifier: GPL-2.0-or-later
#include "id_registers.hpp"

namespace soc::smmuv3 {

namespace {

uint64_t encoded_oas(unsigned bits)
{
    switch (bits) {
    case 32:
        return 0;
    case 36:
        return 1;
    case 40:
        return 2;
    case 42:
        return 3;
    case 44:
        return 4;
    case 48:
        return 5;
    default:
        return 6;
    }
}

// What is not named is 0: broadcast invalidation, ATOS and VATOS, VMID wildcards, the dormant hint, SEV, events for
// ATS requests, RME.
uint64_t idr0_of(const Features &has)
{
    return idr0::S2P::of(has.stage2) | idr0::S1P::of(has.stage1) | idr0::TTF::of(2) |  // VMSAv8-64
           idr0::COHACC::of(has.coherent) | idr0::HTTU::of(has.httu) | idr0::Hyp::of(has.e2h) |
           idr0::ATS::of(has.ats) |
           // STE.EATS 0b10, ATS of stage 1 alone, is not supported.
           idr0::NS1ATS::of(has.ats && has.stage1 && has.stage2) | idr0::ASID16::of(has.asid16) |
           idr0::MSI::of(has.msi) | idr0::SEV::of(has.sev) | idr0::PRI::of(has.pri) | idr0::VMID16::of(has.vmid16) |
           idr0::CD2L::of(has.two_level_cd_table) | idr0::TTENDIAN::of(2) |  // little-endian
           idr0::STALL_MODEL::of(uint64_t(has.stall)) | idr0::TERM_MODEL::of(1) |
           idr0::ST_LEVEL::of(has.two_level_stream_table);
}

uint64_t idr1_of(const Features &has)
{
    return idr1::SIDSIZE::of(has.sid_bits) | idr1::SSIDSIZE::of(has.ssid_bits) |
           idr1::PRIQS::of(has.pri ? has.priq_bits : 0) | idr1::EVENTQS::of(has.evtq_bits) |
           idr1::CMDQS::of(has.cmdq_bits) |
           // Privilege and instruction are overridden by the STE; memory types have no effect here, so that any
           // override of them holds.
           idr1::ATTR_PERMS_OVR::of(1) | idr1::ATTR_TYPES_OVR::of(1);
}

uint64_t idr3_of(const Features &has)
{
    return idr3::HAD::of(has.stage1) | idr3::XNX::of(has.stage2) |
           // Answers to page requests that found no room bear the request's PASID, whatever STE.PPAR says.
           idr3::PPS::of(has.pri && has.ssid_bits > 0) | idr3::FWB::of(has.fwb) | idr3::RIL::of(has.ril) |
           idr3::BBML::of(2);  // F_TLB_CONFLICT does not occur
}

uint64_t idr5_of(const Features &has)
{
    return idr5::OAS::of(encoded_oas(has.oas)) | idr5::GRAN4K::of(has.granule_4k) |
           idr5::GRAN16K::of(has.granule_16k) | idr5::GRAN64K::of(has.granule_64k) | idr5::VAX::of(has.va52) |
           idr5::STALL_MAX::of(has.stall_max());
}

// Version 3.2 where everything is there that it makes mandatory (2.4 and the fields of IDR0 and IDR3): RIL, FWB,
// BBML, and Hyp with both stages. Else 3.1, which may have any part of 3.2 (2.9).
uint64_t aidr_of(const Features &has)
{
    const bool v32 = has.ril && has.fwb && (has.e2h || !has.stage1);
    return aidr::ArchMajorRev::of(0) | aidr::ArchMinorRev::of(v32 ? 2 : 1);
}

}  // namespace

// IIDR is 0: no JEP106 code is this model's to use, and Linux acts on those of parts with errata.
IdRegisters::IdRegisters(const Features &has)
    : idr0(uint32_t(idr0_of(has))), idr1(uint32_t(idr1_of(has))), idr2(0), idr3(uint32_t(idr3_of(has))), idr4(0),
      idr5(uint32_t(idr5_of(has))), iidr(0), aidr(uint32_t(aidr_of(has)))
{
}

}  // namespace soc::smmuv3
