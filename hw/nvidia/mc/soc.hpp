// What tells the memory controller of one Tegra from another's, as data: its clients, the units they belong to, its
// interrupts and the registers that say what went wrong, and its SMMU. Linux drivers/memory/tegra/.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace soc::tegra {

// A port of the memory controller: the reads or the writes of a part of a unit.
struct Client {
    unsigned id;
    const char *name;
    unsigned unit;               // Tegra20: the bit of it in CLIENT_CTRL. Later: its swgroup
    uint32_t enable = 0, bit = 0;  // where SMMU_TRANSLATION_ENABLE has it; 0: nowhere
};

// A pair of words: what was asked by whom, then the address.
struct ErrorRegisters {
    const char *status, *address;  // names
    uint32_t offset;               // of the status
    uint32_t interrupts;           // bits of INTSTATUS that it belongs to
};

// What all clients of a swgroup are translated with.
struct AsidRegister {
    const char *name;
    unsigned swgroup;
    uint32_t offset;
};

// Which bit of CLIENT_HOTRESET_CTRL, at this offset, and of the _STATUS behind it a swgroup has.
inline constexpr unsigned nobody = ~0u;
struct ResetBit {
    unsigned swgroup;
    uint32_t control;
    unsigned bit;
};

struct RegisterRun {
    uint32_t offset;
    unsigned count;
};

// From Tegra30 on.
struct SmmuSoc {
    unsigned address_bits;  // of memory
    uint32_t registers_size;
    unsigned atom_size;  // bytes that are fetched at once, and what the page-table cache has lines of
    unsigned asids;
    unsigned tlb_lines;
    bool arbitration;  // PTC_CONFIG has REQ_LIMIT, TLB_CONFIG has ROUND_ROBIN_ARBITRATION
    std::span<const AsidRegister> asid_registers;
    std::span<const ResetBit> resets;
    std::span<const RegisterRun> latency;  // LATENCY_ALLOWANCE
};

struct McSoc {
    const char *name;
    uint8_t chip_id;
    std::span<const Client> clients;  // by their ids
    unsigned units = 0;               // Tegra20: what is reset as one
    uint32_t interrupts;              // bits of INTSTATUS and INTMASK
    std::span<const ErrorRegisters> errors;
    const SmmuSoc *smmu = nullptr;
};

extern const McSoc tegra20, tegra30, tegra114, tegra124, tegra210;

// drivers/memory/tegra/mc.h, MC_INT_*.
namespace mc_int {
constexpr uint32_t decerr_emem = 1u << 6, invalid_gart_page = 1u << 7, security_violation = 1u << 8,
                   invalid_smmu_page = 1u << 10, invalid_apb_asid_update = 1u << 11, decerr_vpr = 1u << 12,
                   secerr_sec = 1u << 13, decerr_mts = 1u << 16;

// What Tegra124 has, and Tegra210 after it (MC_INT_MASK in tegra124.c and tegra210.c).
constexpr uint32_t of_tegra124 = decerr_emem | security_violation | invalid_smmu_page | invalid_apb_asid_update |
                                 decerr_vpr | secerr_sec | decerr_mts;
}  // namespace mc_int

// And where those two report them.
inline constexpr ErrorRegisters tegra124_errors[] = {
    {"ERR_STATUS", "ERR_ADR", 0x08,
     mc_int::decerr_emem | mc_int::security_violation | mc_int::invalid_smmu_page | mc_int::invalid_apb_asid_update},
    {"ERR_VPR_STATUS", "ERR_VPR_ADR", 0x654, mc_int::decerr_vpr},
    {"ERR_SEC_STATUS", "ERR_SEC_ADR", 0x67c, mc_int::secerr_sec},
    {"ERR_MTS_STATUS", "ERR_MTS_ADR", 0x9b0, mc_int::decerr_mts},
};

}  // namespace soc::tegra
