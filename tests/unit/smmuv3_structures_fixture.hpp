// An SMMU's structures in memory, and what is found there.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "catch.hpp"
#include "support/smmuv3_structures.hpp"

namespace soc::test {

// RAM, and where nothing answers.
constexpr uint64_t structures_ram = 0x8000'0000, structures_nowhere = 0x4000'0000;

struct Structures {
    explicit Structures(const std::string &options = "") : features(smmuv3_features(options))
    {
        memory.add(structures_ram, 64_MiB);
    }

    FakeMemory memory;
    Frames frames{structures_ram, 64_MiB};
    const smmuv3::Features features;
    smmuv3::StreamTable table{features, memory};

    // An entry that is known by its VMID.
    static smmuv3::SteWords marked(uint16_t vmid) { return SteBuilder().stage2({.vmid = vmid}).words(); }
    // A descriptor that is known by its ASID.
    static smmuv3::CdWords with_asid(uint16_t asid) { return CdBuilder().asid(asid).words(); }

    // What the fetch of an entry gives: its VMID, or the event.
    unsigned vmid(const smmuv3::StreamTableBase &base, uint32_t sid) const
    {
        const auto found = table.stream(base, sid);
        REQUIRE(std::holds_alternative<smmuv3::Stream>(found));
        return std::get<smmuv3::Stream>(found).vmid;
    }
    smmuv3::ConfigFault fault(const smmuv3::StreamTableBase &base, uint32_t sid) const
    {
        const auto found = table.stream(base, sid);
        REQUIRE(std::holds_alternative<smmuv3::ConfigFault>(found));
        return std::get<smmuv3::ConfigFault>(found);
    }
    smmuv3::Stream with(const ContextTable &contexts) const
    {
        return std::get<smmuv3::Stream>(table.decode_ste(SteBuilder().stage1(contexts).words(), false));
    }
    unsigned asid(const smmuv3::Stream &stream, uint32_t ssid, const smmuv3::StreamTable::Stage2 &nested = {}) const
    {
        const auto found = table.context(stream, ssid, nested);
        REQUIRE(std::holds_alternative<smmuv3::Context>(found));
        return std::get<smmuv3::Context>(found).asid;
    }
    smmuv3::ConfigFault context_fault(const smmuv3::Stream &stream, uint32_t ssid,
                                      const smmuv3::StreamTable::Stage2 &nested = {}) const
    {
        const auto found = table.context(stream, ssid, nested);
        REQUIRE(std::holds_alternative<smmuv3::ConfigFault>(found));
        return std::get<smmuv3::ConfigFault>(found);
    }
};

}  // namespace soc::test
