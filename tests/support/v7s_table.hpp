// Builds ARMv7 short-descriptor tables as Linux' drivers/iommu/io-pgtable-arm-v7s.c does, from that file's own numbers:
// written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "fake_host.hpp"
#include "frames.hpp"

namespace soc::test {

// What a mapping is to be, beyond its addresses. The default is what arm_v7s_prot_to_pte() makes of read and write.
struct V7sProt {
    bool write = true;
    bool unprivileged = true;      // IOMMU_PRIV takes it away
    bool execute = true;           // IOMMU_NOEXEC takes it away
    bool access_flag = true;       // Linux always sets it
    bool not_global = true;        // and this
    bool shareable = true;         // and this
    unsigned legacy_ap = 0;        // AP[2:0] as a whole, where the access flag is not enabled
    bool legacy = false;
};

class V7sTable {
public:
    static constexpr uint64_t small = 4_KiB, large = 64_KiB, section = 1_MiB, supersection = 16_MiB;

    // `root_size`: 16 KiB, or less where TTBCR.N says so.
    V7sTable(FakeMemory &memory, Frames &frames, uint64_t root_size = 16_KiB, bool big_endian = false)
        : memory_(memory), frames_(frames), big_endian_(big_endian), root_(frames.take(root_size))
    {
        clear(root_, root_size);
    }

    uint64_t root() const { return root_; }
    // One entry of the size; the tables it needs are made.
    void map(uint64_t iova, uint64_t pa, uint64_t size, const V7sProt & = {});
    void unmap(uint64_t iova, uint64_t size);
    // The word of the smallest entry that is there for the address, and where it lies.
    uint64_t entry_address(uint64_t iova);
    uint32_t entry(uint64_t iova) { return load(entry_address(iova)); }
    void set_entry(uint64_t iova, uint32_t word) { store(entry_address(iova), word); }
    // Of the first level.
    uint64_t first_address(uint64_t iova) const { return root_ + (iova >> 20) * 4; }
    void set_first(uint64_t iova, uint32_t word) { store(first_address(iova), word); }

private:
    static bool first_level(uint64_t size) { return size >= section; }
    uint64_t place(uint64_t iova, uint64_t size);
    uint32_t load(uint64_t address);
    void store(uint64_t address, uint32_t word);
    void clear(uint64_t address, uint64_t size);

    FakeMemory &memory_;
    Frames &frames_;
    const bool big_endian_;
    const uint64_t root_;
};

}  // namespace soc::test
