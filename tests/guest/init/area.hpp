// SPDX-License-Identifier: GPL-2.0-or-later
// Memory whose contents are known, and what the device does to it. All throw Failure where the outcome is
// wrong.
#pragma once

#include "memory.hpp"
#include "soc_dma.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace guest
{

struct Area {
    std::string name;
    Memory memory;
    std::vector<uint8_t> expected; // a copy of what must be in it

    uint8_t *data() const { return memory.data(); }
    size_t size() const { return expected.size(); }
    // New contents for all of it, or for a part.
    void refresh(uint32_t seed) { refresh(0, size(), seed); }
    void refresh(size_t offset, size_t length, uint32_t seed);
    void check(const std::string &after) const;

    // The part of it that the device finds at `address`. What the device writes is expected from then on.
    void device_reads(SocDma &dma, uint64_t address, size_t offset, size_t length) const;
    void device_writes(SocDma &dma, uint64_t address, size_t offset, size_t length, uint32_t seed);
};

// One word, one fault: QEMU splits what an IOMMU refuses into words, and each would be reported.
inline constexpr size_t attempt_size = 4;

// A transfer of that size that must end with a fault.
struct Attempt {
    std::string name;
    uint64_t address;
    bool write;
    uint32_t kinds; // that a model of ours may give: bits numbered by SOC_FAULT_*
    // QEMU's SMMUv3 is 48 bits wide (SMMU_MAX_VA_BITS): what is beyond fails, but never reaches it.
    bool may_miss_the_iommu = false;
    // What a read would find if it were let through, where that is known.
    const uint8_t *behind = nullptr;
    bool ours = false; // a write that gets through spoils nothing but the test's own memory

    std::string where() const; // "canary write at 0x1000"
    struct Outcome {
        Transfer transfer;
        // The transfer ended well, but somewhere else: the model counted a fault.
        bool redirected;
    };
    // Whether it failed is for the caller to judge; a read that gets data is a Failure.
    Outcome run(SocDma &dma, uint32_t seed) const;
    // What differs from the fault that was provoked, "another kind"; nothing where it is that one.
    std::string objection(const DmaFault &fault) const;
};

} // namespace guest
