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
    {0x00, "display0a", dc}, {0x01, "display0ab", dcb}, {0x02, "display0b", dc}, {0x03, "display0bb", dcb},
    {0x04, "display0c", dc}, {0x05, "display0cb", dcb}, {0x06, "display1b", dc}, {0x07, "display1bb", dcb},
    {0x08, "eppup", epp}, {0x09, "g2pr", g2}, {0x0a, "g2sr", g2}, {0x0b, "mpeunifbr", mpeb}, {0x0c, "viruv", vi},
    {0x0d, "avpcarm7r", avpc}, {0x0e, "displayhc", dc}, {0x0f, "displayhcb", dcb}, {0x10, "fdcdrd", nv},
    {0x11, "g2dr", g2}, {0x12, "host1xdmar", hc}, {0x13, "host1xr", hc}, {0x14, "idxsrd", nv},
    {0x15, "mpcorer", mpcore}, {0x16, "mpe_ipred", mpeb}, {0x17, "mpeamemrd", mpea}, {0x18, "mpecsrd", mpec},
    {0x19, "ppcsahbdmar", ppcs}, {0x1a, "ppcsahbslvr", ppcs}, {0x1b, "texsrd", nv}, {0x1c, "vdebsevr", vde},
    {0x1d, "vdember", vde}, {0x1e, "vdemcer", vde}, {0x1f, "vdetper", vde}, {0x20, "eppu", epp}, {0x21, "eppv", epp},
    {0x22, "eppy", epp}, {0x23, "mpeunifbw", mpeb}, {0x24, "viwsb", vi}, {0x25, "viwu", vi}, {0x26, "viwv", vi},
    {0x27, "viwy", vi}, {0x28, "g2dw", g2}, {0x29, "avpcarm7w", avpc}, {0x2a, "fdcdwr", nv}, {0x2b, "host1xw", hc},
    {0x2c, "ispw", isp}, {0x2d, "mpcorew", mpcore}, {0x2e, "mpecswr", mpec}, {0x2f, "ppcsahbdmaw", ppcs},
    {0x30, "ppcsahbslvw", ppcs}, {0x31, "vdebsevw", vde}, {0x32, "vdembew", vde}, {0x33, "vdetpmw", vde},
};

constexpr ErrorRegisters errors[] = {
    {"GART_ERROR_REQ", "GART_ERROR_ADDR", 0x30, mc_int::invalid_gart_page},
    {"DECERR_EMEM_OTHERS_STATUS", "DECERR_EMEM_OTHERS_ADR", 0x58, mc_int::decerr_emem},
    {"SECURITY_VIOLATION_STATUS", "SECURITY_VIOLATION_ADR", 0x74, mc_int::security_violation},
};

}  // namespace

constinit const McSoc tegra20{
    .name = "tegra20",
    .chip_id = 0x20,
    .clients = clients,
    .units = unit_count,
    .interrupts = mc_int::decerr_emem | mc_int::invalid_gart_page | mc_int::security_violation,
    .errors = errors,
};

}  // namespace soc::tegra
