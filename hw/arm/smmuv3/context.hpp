// Stream table entries and context descriptors after their legality was checked: what a translation needs of them,
// in a form that a cache can hold (trivially copyable).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>

namespace soc::smmuv3 {

// Which translation regime stage 1 belongs to: STE.STRW with CR2.E2H.
enum class Regime : uint8_t { nsel1 = 0, el2 = 2, el2_e2h = 3 };

enum class StreamMode : uint8_t { abort, bypass, stage1, stage2, nested };

// One tree of tables: a half of stage 1's input range, or stage 2's.
struct TableBase {
    uint64_t address = 0;
    uint8_t input_bits = 0;     // 64 - TxSZ
    uint8_t granule_shift = 12; // 12, 14 or 16
    uint8_t start_level = 0;    // 0 to 3
    bool disabled = false;      // EPD
    bool top_byte_ignored = false;
    bool hierarchy_ignored = false;  // HAD: table attributes do not count
};

// A context descriptor.
struct Context {
    TableBase table[2];
    Regime regime = Regime::nsel1;  // the stream's
    uint16_t asid = 0;
    uint8_t output_bits = 48;  // IPS, limited by OAS
    bool access_flag_faults = true;  // AFFD clear
    bool update_access = false;      // HA, where HTTU allows
    bool update_dirty = false;       // HD
    bool wxn = false, pan = false;
    bool stall = false, record = false;  // S, R
};

// A stream table entry.
struct Stream {
    StreamMode mode = StreamMode::abort;
    Regime regime = Regime::nsel1;
    uint8_t eats = 0;
    uint8_t s1fmt = 0, s1dss = 0, s1cd_max = 0;
    bool s1_stall_disabled = false;
    uint8_t privcfg = 0, instcfg = 0;  // 0, 1 use incoming; 2, 3 overrides
    uint64_t s1_context_ptr = 0;
    // Stage 2
    uint16_t vmid = 0;
    TableBase stage2;
    uint8_t s2_output_bits = 48;
    bool s2_access_flag_faults = true, s2_update_access = false, s2_update_dirty = false;
    bool s2_protected_walk = false;  // S2PTW
    bool s2_force_write_back = false;
    bool s2_stall = false, s2_record = false;

    bool has_stage1() const { return mode == StreamMode::stage1 || mode == StreamMode::nested; }
    bool has_stage2() const { return mode == StreamMode::stage2 || mode == StreamMode::nested; }
};

}  // namespace soc::smmuv3
