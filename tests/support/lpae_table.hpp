// VMSAv8-64 page tables of either stage, built by name. The numbers are those of the Arm ARM (D8.2, D8.3), written down
// a second time on purpose: the model's own declarations must not confirm themselves.
//
//     LpaeTable table(host.memory(), frames, {.granule = 64_KiB});
//     table.map(iova, pa, 128_KiB, {.perm = Perm::r});
//     table.map(iova, pa, 512_MiB, {.level = 2});
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <utility>

#include "frames.hpp"
#include "soc-iommu/field.hpp"
#include "soc-iommu/guest_memory.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::test {

class LpaeTable {
public:
    struct Shape {
        unsigned stage = 1;
        uint64_t granule = 4_KiB;
        unsigned input_bits = 48;
        // Stage 2 can start lower, with several tables side by side; absent: as stage 1 starts.
        std::optional<unsigned> start_level = std::nullopt;
        // Stage 1 over stage 2: a table that lies at memory address m is called m - memory_offset in descriptors.
        uint64_t memory_offset = 0;
    };
    struct Attributes {
        Perm perm = Perm::rw;
        bool user = true;             // stage 1: unprivileged too
        bool user_execute = true;     // UXN clear; in a regime of one privilege level: XN clear
        bool priv_execute = true;     // PXN clear; at stage 2 both make XN[1:0]
        bool accessed = true;         // AF
        bool dirty_managed = false;   // DBM: with perm r, writable-clean
        bool global = false;          // nG clear
        bool contiguous = false;      // the hint, on every entry of the range
        bool device = false;          // stage 2: Device memory
        unsigned level = 3;           // of the leaf: a page; 1 or 2 a block
    };
    // What a table descriptor takes away from all below it.
    struct Hierarchy {
        bool no_write = false, no_user = false, no_user_execute = false, no_priv_execute = false;
    };

    LpaeTable(GuestMemory &, Frames &, const Shape &);

    void map(uint64_t input, uint64_t output, uint64_t size, const Attributes &);
    void map(uint64_t input, uint64_t output, uint64_t size) { map(input, output, size, Attributes{}); }
    void unmap(uint64_t input, uint64_t size);
    // Of the table descriptor at `level` on the way to an address.
    void restrict(uint64_t input, unsigned level, const Hierarchy &);

    // The raw descriptor at a level; makes the tables above it.
    void set(uint64_t input, unsigned level, uint64_t descriptor);
    // The descriptor that ends the walk, whatever it is.
    uint64_t leaf(uint64_t input) const;
    bool accessed(uint64_t input) const;
    bool writable(uint64_t input) const;  // as the descriptor says now: DBM aside
    // Where a level's descriptor lies in memory; the tables above it are there.
    uint64_t descriptor_address(uint64_t input, unsigned level) const;

    uint64_t root() const { return root_ - shape_.memory_offset; }
    unsigned start_level() const { return start_level_; }
    unsigned granule_shift() const { return granule_shift_; }
    uint64_t block_size(unsigned level) const { return 1ull << entry_shift(level); }
    const Shape &shape() const { return shape_; }

private:
    unsigned entry_shift(unsigned level) const;
    uint64_t index(uint64_t input, unsigned level) const;
    uint64_t new_table(uint64_t size);
    uint64_t address_bits(uint64_t address) const;
    uint64_t address_of(uint64_t descriptor) const;
    uint64_t attribute_bits(const Attributes &) const;
    uint64_t make_way(uint64_t input, unsigned level);
    std::pair<uint64_t, unsigned> find_leaf(uint64_t input) const;

    GuestMemory &memory_;
    Frames &frames_;
    Shape shape_;
    unsigned granule_shift_, start_level_;
    uint64_t root_;
};

}  // namespace soc::test
