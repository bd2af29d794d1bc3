// The Smart Multimedia Interface of generation 1, which stands between the masters and the M4U: each master's port
// leads to a local arbiter ("larb"), the larbs to smi-common. smi-common's always-on block says for each port whether
// its addresses are the M4U's or physical ones. Linux drivers/memory/mtk-smi.c.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "soc-iommu/field.hpp"
#include "soc-iommu/register_bank.hpp"

namespace soc::smi {

// include/dt-bindings/memory/mt2701-larb-port.h: the ports are numbered through all larbs.
struct Larb {
    unsigned first_port;
    unsigned ports;
};
inline constexpr std::array<Larb, 3> larbs{{{0, 11}, {11, 10}, {21, 23}}};
inline constexpr unsigned port_count = 44;
static_assert(larbs.back().first_port + larbs.back().ports == port_count);

// The larb of a port below port_count.
constexpr unsigned larb_of(unsigned port)
{
    unsigned larb = larbs.size() - 1;
    while (port < larbs[larb].first_port)
        --larb;
    return larb;
}

// Four bits for each port, eight ports a word (SMI_SECUR_CON_VAL_* of the driver).
namespace secur_con {
constexpr uint32_t offset = 0x5c0;
constexpr unsigned bits = 4, ports = 32 / bits;
using Virtual = Field<3>;
using Domain = Field<2, 1>;
using Secure = Field<0>;
}  // namespace secur_con

class Smi final : public Stateful {
public:
    static constexpr uint64_t window = 0x1000;  // of smi-common and of each larb

    // `changed`: called when the port may have gone from physical to translated or back.
    Smi(GuestLog &, std::function<void(unsigned port)> changed);

    // Any thread.
    bool translated(unsigned port) const;

    RegisterBank &common() { return common_; }
    RegisterBank &larb(unsigned number) { return larbs_[number]; }

    void reset() override { common_.reset(); }
    void save(StateWriter &out) const override { common_.save(out); }
    void load(StateReader &in) override { common_.load(in); }

private:
    RegisterBank common_;
    std::array<RegisterBank, larbs.size()> larbs_;
    Register &secur_con_;
};

}  // namespace soc::smi
