// soc-dma as a PCI function with ATS, PASID and PRI, behind soc-test-iommu.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>

#include "devices.hpp"

namespace qtest {

constexpr uint32_t express_capability = 0x80, device_capabilities_2 = 0x24, end_to_end_prefix = 1 << 21;
enum Capability : uint32_t { ats = 0x0f, pri = 0x13, pasid = 0x1b };

// Where the extended capabilities of a function are, by their ids.
inline std::map<uint32_t, uint32_t> capabilities(PciFunction &function)
{
    std::map<uint32_t, uint32_t> found;
    for (uint32_t at = 0x100; at;) {
        const uint32_t header = function.config32(at);
        if (!header)
            break;
        found[header & 0xffff] = at;
        at = header >> 20;
    }
    return found;
}

struct Function : PciFunction {
    Function(Machine &machine, unsigned slot) : PciFunction(machine, slot), at(capabilities(*this)) {}
    std::map<uint32_t, uint32_t> at;

    uint16_t word(uint32_t capability, uint32_t offset)
    {
        return uint16_t(config32(at.at(capability) + (offset & ~3u)) >> (8 * (offset & 3)));
    }
    // The second word of the second row is the control register of ATS and of PASID; PRI's is its first.
    void enable_ats(bool on = true) { config16(at.at(ats) + 6, on ? 0x8000 : 0); }
    void enable_pasid(uint16_t more = 0) { config16(at.at(pasid) + 6, uint16_t(1 | more)); }
    void enable_pri(bool on = true) { config16(at.at(pri) + 4, on); }
};

// One function with everything, behind one IOMMU, where page 3 is mapped.
struct AtsBench {
    explicit AtsBench(const std::string &options = "ats=on,pri=on,pasid-bits=20")
        : machine({"-device", "soc-test-iommu,id=iommu", "-device", "soc-dma-pci,id=dma,addr=2," + options}),
          function(machine, 2), iommu(machine, "iommu"), dma(machine, function.bar())
    {
        iommu.enable();
        iommu.map(0x3000, ram + 0x400000);
        iommu.set(TEST_MSG_STREAM, 2);
        machine.fill(ram + 0x400000, pattern(64));
    }
    Machine machine;
    Function function;
    TestIommu iommu;
    Dma dma;

    void enable_all()
    {
        function.enable_ats();
        function.enable_pri();
        function.enable_pasid(6);
        settle();
    }
    void settle() { iommu.settle(); }
    void respond(uint32_t index, uint32_t code)
    {
        iommu.set(TEST_MSG_TAG, index);
        iommu.set(TEST_MSG_RESPOND, code);
        settle();
    }
    void invalidate(uint32_t address, uint32_t size)
    {
        iommu.set(TEST_MSG_ADDR, address);
        iommu.set(TEST_MSG_SIZE, size);
        iommu.set(TEST_MSG_SEND, 1);
        settle();
    }
};

// A function-level reset, and the function brought up again.
inline void reset_function(Machine &machine, Function &function)
{
    function.config16(express_capability + 8, uint16_t(function.config32(express_capability + 8) | 1u << 15));
    PciFunction again(machine, 2);
}

}  // namespace qtest
