// Translations that the SMMU remembers. Tagged by regime, VMID, ASID and granule; set-associative with eviction.
// Translation faults are not cached (Arm IHI 0070, 3.21: "an entry that causes a fault is not cached").
//
// A hit takes no lock. An invalidation of an address looks at the sets where it can lie; one of an ASID, a VMID or
// of all changes a generation. Neither scans the cache.
//
// Take stamp() before the walk whose result is inserted: an invalidation that comes between leaves it unused.
//
// Threads: all functions on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "context.hpp"

namespace soc::smmuv3 {

// What one or two stages say of a block of input addresses.
struct TlbEntry {
    uint64_t output = 0;      // address of the block's first byte
    uint64_t ipa = 0;         // the same in intermediate addresses; stage 1 alone: as output
    uint8_t block_shift = 12; // log2 of the block's size
    uint8_t level = 3;        // of the leaf that made it (stage 1's, where there is one)
    bool global = false;      // nG clear: not bound to the ASID
    // Stage 1 allows, privileged and not; all true without stage 1.
    bool priv_read = true, priv_write = true, priv_execute = true;
    bool user_read = true, user_write = true, user_execute = true;
    // Stage 2 allows; all true without stage 2.
    bool s2_read = true, s2_write = true, s2_execute = true;
    // XN[1:0] tells the privileged (s2_execute) from the unprivileged.
    bool s2_user_execute = true;
    // S2PTW, and stage 2 maps it as Device: no place for stage 1's tables and context descriptors.
    bool s2_bars_tables = false;
    // A write must first set the dirty state in memory (DBM set, not yet dirty).
    bool s1_clean = false, s2_clean = false;
};

class Tlb {
public:
    // stage 1 or both stages together; or stage 2 alone, whose input addresses are IPAs.
    enum class Kind : uint8_t { stage1, stage2 };

    struct Tag {
        Kind kind = Kind::stage1;
        Regime regime = Regime::nsel1;
        bool has_stage2 = false;
        uint16_t vmid = 0;
        uint16_t asid = 0;
        uint8_t granule_shift = 12;
    };

    // `sets` a power of two.
    Tlb(unsigned sets, unsigned ways);
    ~Tlb();

    std::optional<TlbEntry> find(const Tag &, uint64_t address) const;
    uint64_t stamp() const;
    void insert(const Tag &, uint64_t address, uint64_t stamp, const TlbEntry &);

    // A range of a TLBI command, after NUM, SCALE, TG and TTL were decoded.
    struct Range {
        uint64_t address = 0;
        uint64_t size = 0;          // bytes; 0 stands for the one entry that holds `address`, whatever its size
        uint8_t granule_shift = 0;  // 0: any
        uint8_t level = 0;          // TTL: the leaf's level; 0: any
    };

    void invalidate_all();                                              // NSNH_ALL: NS-EL1 and stage 2, every VMID
    void invalidate_regime(Regime);                                     // EL2_ALL
    void invalidate_vmid(uint16_t vmid, bool stage2_too);               // NH_ALL, S12_VMALL
    void invalidate_asid(Regime, uint16_t vmid, uint16_t asid);         // spares global entries
    // Global entries go too. A range of more blocks than a quarter of the sets drops all of its ASID and the VMID's
    // global entries, or the whole VMID where no ASID is named: more than was named, in bounded time.
    void invalidate_address(Regime, uint16_t vmid, std::optional<uint16_t> asid, const Range &);
    void invalidate_ipa(uint16_t vmid, const Range &);                  // stage 2 alone
    void drop_everything();                                             // reset, load

private:
    struct Store;
    std::unique_ptr<Store> store_;
};

}  // namespace soc::smmuv3
