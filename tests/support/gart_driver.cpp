// SPDX-License-Identifier: GPL-2.0-or-later
#include "gart_driver.hpp"

#include <iterator>
#include <string_view>

namespace soc::test {

namespace {

// TEGRA20_MC_RESET_*, in their order.
constexpr std::string_view unit_names[] = {"avpc", "dc", "dcb", "epp", "2d", "hc", "isp", "mpcore",
                                           "mpea", "mpeb", "mpec", "3d", "ppcs", "vde", "vi"};

// The unit of every client, by id: Tegra 2 TRM, table of the global memory client ids.
constexpr std::string_view units_of_clients[] = {
    "dc", "dcb", "dc", "dcb", "dc", "dcb", "dc", "dcb",                     // the displays
    "epp", "2d", "2d", "mpeb", "vi", "avpc", "dc", "dcb",                   // 8: eppup …
    "3d", "2d", "hc", "hc", "3d", "mpcore", "mpeb", "mpea",                 // 16: fdcdrd …
    "mpec", "ppcs", "ppcs", "3d", "vde", "vde", "vde", "vde",               // 24: mpecsrd …
    "epp", "epp", "epp", "mpeb", "vi", "vi", "vi", "vi",                    // 32: eppu …
    "2d", "avpc", "3d", "hc", "isp", "mpcore", "mpec", "ppcs",              // 40: g2dw …
    "ppcs", "vde", "vde", "vde",                                            // 48: ppcsahbslvw …
};
static_assert(std::size(units_of_clients) == GartDriver::clients);

}  // namespace

GartDriver::GartDriver(Iommu &gart, const OptionList &options) : gart_(gart)
{
    uint64_t size = 32_MiB;
    for (const auto &[name, value] : options) {
        if (name == "aperture-base")
            begin_ = std::stoull(value, nullptr, 0);
        if (name == "aperture-size")
            size = std::stoull(value) << (value.back() == 'M' ? 20 : 10);
    }
    end_ = begin_ + size;
}

void GartDriver::probe()
{
    write(intmask, int_security | int_gart | int_decerr);
    setup(nullptr);
}

void GartDriver::setup(const std::vector<uint32_t> *data)
{
    size_t number = 0;
    for (uint64_t iova = begin_; iova < end_; iova += page)
        set_pte(iova, data ? data->at(number++) : 0);
    write(config, 1);
    read(config);
}

void GartDriver::suspend(std::vector<uint32_t> &saved)
{
    write(config, 0);
    read(config);
    saved.clear();
    for (uint64_t iova = begin_; iova < end_; iova += page)
        saved.push_back(read_pte(iova));
}

void GartDriver::resume(const std::vector<uint32_t> &saved)
{
    setup(&saved);
}

void GartDriver::set_pte(uint64_t iova, uint32_t pte)
{
    write(entry_addr, uint32_t(iova));
    write(entry_data, pte);
}

uint32_t GartDriver::read_pte(uint64_t iova)
{
    write(entry_addr, uint32_t(iova));
    return read(entry_data);
}

std::optional<GartDriver::Report> GartDriver::report()
{
    const uint32_t status = read(intstatus) & (int_security | int_gart | int_decerr);
    if (status & int_decerr) {
        const uint32_t value = read(decerr_status);
        return Report{int_decerr, value & 0x3f, bool(value >> 31), read(decerr_status + 4)};
    }
    if (status & int_gart) {
        const uint32_t value = read(error_req);
        return Report{int_gart, value >> 1 & 0x3f, bool(value & 1), read(error_req + 4)};
    }
    if (status & int_security) {
        const uint32_t value = read(security_status);
        return Report{int_security, value & 0x3f, bool(value >> 31), read(security_status + 4)};
    }
    return std::nullopt;
}

void GartDriver::acknowledge()
{
    write(intstatus, read(intstatus) & (int_security | int_gart | int_decerr));
}

bool GartDriver::assert_reset(unsigned unit)
{
    if (reset_status(unit))
        return true;
    write(client_ctrl, read(client_ctrl) & ~(1u << unit));
    if (read(0x140 + 4 * unit) != 0)
        return false;
    write(client_hotresetn, read(client_hotresetn) & ~(1u << unit));
    return true;
}

void GartDriver::deassert_reset(unsigned unit)
{
    write(client_hotresetn, read(client_hotresetn) | 1u << unit);
    write(client_ctrl, read(client_ctrl) | 1u << unit);
}

unsigned GartDriver::unit_of(uint32_t client)
{
    unsigned unit = 0;
    while (unit_names[unit] != units_of_clients[client])
        ++unit;
    return unit;
}

}  // namespace soc::test
