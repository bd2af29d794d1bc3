// What tells the memory controller of one Tegra from another's, as data: its clients, the units they belong to, its
// interrupts and the registers that say what went wrong. Linux 6.1 drivers/memory/tegra/.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>

namespace soc::tegra {

// A port of the memory controller: the reads or the writes of a part of a unit. Its id is its place in the table.
struct Client {
    const char *name;
    unsigned unit;  // the bit of it in CLIENT_CTRL
};

// A pair of words: what was asked by whom, then the address.
struct ErrorRegisters {
    const char *status, *address;  // names
    uint32_t offset;               // of the status
    uint32_t interrupts;           // bits of INTSTATUS that it belongs to
};

struct McSoc {
    std::span<const Client> clients;
    unsigned units;       // what is reset as one
    uint32_t interrupts;  // bits of INTSTATUS and INTMASK
    std::span<const ErrorRegisters> errors;
};

extern const McSoc tegra20;

// drivers/memory/tegra/mc.h, MC_INT_*.
namespace mc_int {
constexpr uint32_t decerr_emem = 1u << 6, invalid_gart_page = 1u << 7, security_violation = 1u << 8;
}  // namespace mc_int

}  // namespace soc::tegra
