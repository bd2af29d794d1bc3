// Tegra20. Names: Linux 6.1 drivers/memory/tegra/tegra20.c and include/dt-bindings/memory/tegra20-mc.h. Which unit a
// client belongs to: Tegra 2 TRM, table of the global memory client ids.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc.hpp"

namespace soc::tegra {

namespace {

// What is reset as one; the place is the bit of CLIENT_CTRL. g2 and nv are the 2D and the 3D engine.
enum Unit : unsigned { avpc, dc, dcb, epp, g2, hc, isp, mpcore, mpea, mpeb, mpec, nv, ppcs, vde, vi, unit_count };

constexpr Client clients[] = {
    {"display0a", dc}, {"display0ab", dcb}, {"display0b", dc}, {"display0bb", dcb}, {"display0c", dc},
    {"display0cb", dcb}, {"display1b", dc}, {"display1bb", dcb}, {"eppup", epp}, {"g2pr", g2}, {"g2sr", g2},
    {"mpeunifbr", mpeb}, {"viruv", vi}, {"avpcarm7r", avpc}, {"displayhc", dc}, {"displayhcb", dcb},
    {"fdcdrd", nv}, {"g2dr", g2}, {"host1xdmar", hc}, {"host1xr", hc}, {"idxsrd", nv}, {"mpcorer", mpcore},
    {"mpe_ipred", mpeb}, {"mpeamemrd", mpea}, {"mpecsrd", mpec}, {"ppcsahbdmar", ppcs}, {"ppcsahbslvr", ppcs},
    {"texsrd", nv}, {"vdebsevr", vde}, {"vdember", vde}, {"vdemcer", vde}, {"vdetper", vde}, {"eppu", epp},
    {"eppv", epp}, {"eppy", epp}, {"mpeunifbw", mpeb}, {"viwsb", vi}, {"viwu", vi}, {"viwv", vi},
    {"viwy", vi}, {"g2dw", g2}, {"avpcarm7w", avpc}, {"fdcdwr", nv}, {"host1xw", hc}, {"ispw", isp},
    {"mpcorew", mpcore}, {"mpecswr", mpec}, {"ppcsahbdmaw", ppcs}, {"ppcsahbslvw", ppcs}, {"vdebsevw", vde},
    {"vdembew", vde}, {"vdetpmw", vde},
};

constexpr ErrorRegisters errors[] = {
    {"GART_ERROR_REQ", "GART_ERROR_ADDR", 0x30, mc_int::invalid_gart_page},
    {"DECERR_EMEM_OTHERS_STATUS", "DECERR_EMEM_OTHERS_ADR", 0x58, mc_int::decerr_emem},
    {"SECURITY_VIOLATION_STATUS", "SECURITY_VIOLATION_ADR", 0x74, mc_int::security_violation},
};

}  // namespace

constinit const McSoc tegra20{
    .clients = clients,
    .units = unit_count,
    .interrupts = mc_int::decerr_emem | mc_int::invalid_gart_page | mc_int::security_violation,
    .errors = errors,
};

}  // namespace soc::tegra
