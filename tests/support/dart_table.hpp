// A DART's page tables, built as Linux builds them. The numbers are those of drivers/iommu/io-pgtable-dart.c, written
// down a second time on purpose: the model's own declarations must not confirm themselves.
//
//     DartTable table(host.memory(), frames, DartTable::Kind::dart1, 4_KiB);
//     table.map(iova, pa, 4_KiB, Perm::rw);
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>

#include "fake_host.hpp"
#include "frames.hpp"

namespace soc::test {

class DartTable {
public:
    enum class Kind { dart1, dart2 };
    struct Subpage {
        uint32_t start = 0, end = 0xfff;  // 4096ths of a page; the end is inside
    };

    // `roots`: how many tables side by side (one per TTBR).
    DartTable(FakeMemory &, Frames &, Kind, uint64_t page_size, unsigned roots = 4);

    void map(uint64_t iova, uint64_t pa, uint64_t size, Perm);
    // One page of which only a part is there. `disable`: DART1's SP_DIS, which Linux always sets.
    void map_part(uint64_t iova, uint64_t pa, Perm, Subpage, bool disable = false);
    void unmap(uint64_t iova, uint64_t size);
    // The raw leaf entry; makes the tables above it.
    void set_leaf(uint64_t iova, uint64_t entry);
    // Points the first-level entry of this address elsewhere.
    void set_table(uint64_t iova, uint64_t entry);

    uint64_t root(unsigned index) const { return roots_[index]; }
    unsigned roots() const { return unsigned(roots_.size()); }
    uint64_t page_size() const { return page_size_; }

private:
    uint64_t new_table();
    uint64_t leaf_address(uint64_t iova);
    uint64_t table_entry_address(uint64_t iova) const;
    uint64_t address_bits(uint64_t pa) const;
    uint64_t protection(Perm) const;

    FakeMemory &memory_;
    Frames &frames_;
    Kind kind_;
    uint64_t page_size_;
    unsigned page_shift_;
    std::vector<uint64_t> roots_;
};

}  // namespace soc::test
