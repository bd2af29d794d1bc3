// The address translation cache of a master: what an IOMMU answered to ATS requests, until it is invalidated (PCI
// Express Base Specification, 10.2 and 10.3).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "soc-iommu/state.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc {

class TranslationCache {
public:
    static constexpr unsigned capacity = 32;

    // Whose translation it is. Rights differ by privilege and for instruction fetches, so each has entries of its own.
    struct Tag {
        uint32_t port = 0;
        bool has_substream = false;
        uint32_t substream = 0;
        bool privileged = false;
        bool instruction = false;

        static Tag of(uint32_t port, const Transaction &);
        bool operator==(const Tag &) const = default;
    };

    std::optional<Translation> find(const Tag &, uint64_t address) const;
    // `translation` is that of `address`. The oldest entry makes room.
    void insert(const Tag &, uint64_t address, const Translation &);

    // Without a substream those of all go, as PCIe has it. `size`: a power of two, or 0 for every address.
    void invalidate(uint32_t port, std::optional<uint32_t> substream, uint64_t address, uint64_t size);
    void clear();
    unsigned size() const;

    void save(StateWriter &) const;
    void load(StateReader &);

private:
    struct Entry {
        bool valid = false;
        Tag tag;
        uint64_t page = 0;       // input address of the block's first byte
        Translation translation; // of that byte
    };
    std::array<Entry, capacity> entries_{};
    uint32_t next_ = 0;
};

}  // namespace soc
