// The memory controller of Tegra30, Tegra114, Tegra124 and Tegra210 with its System Memory Management Unit. See
// README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "address_spaces.hpp"
#include "flush_commands.hpp"
#include "nvidia/mc/apbmisc.hpp"
#include "nvidia/mc/client_hot_reset.hpp"
#include "nvidia/mc/error_report.hpp"
#include "page_table_cache.hpp"
#include "soc-iommu/iotlb.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"

namespace soc::tegra_smmu {

class TegraSmmu final : public RegisterIommu {
public:
    enum RegionNumber : unsigned { mc_region, apbmisc_region };

    // `soc`: one that has an SMMU.
    TegraSmmu(Host &, const tegra::McSoc &soc);

    DeviceTree describe(const Placement &) const override;
    RegisterBank *registers(unsigned region) override;

    // The binding's cell: the swgroup. A client is none of software's business.
    std::vector<uint32_t> iommu_cells(uint32_t stream) const override;

protected:
    TranslateResult lookup(const Transaction &) override;
    bool interrupt(unsigned) const override { return errors_.line(); }
    void drop_caches() override;

private:
    // What stands between a client and memory.
    struct Route {
        const tegra::Client *client = nullptr;  // none: no client has this id
        const Register *enable = nullptr;       // none: it is never translated
        unsigned enable_word = 0;
        const Register *asid = nullptr;  // of its swgroup; none: it is never translated
    };
    const Route *route(uint32_t stream) const
    {
        return stream < routes_.size() && routes_[stream].client ? &routes_[stream] : nullptr;
    }
    bool translates(const Route &) const;
    unsigned asid_of(const Route &) const;

    // In translation.cpp.
    TranslateResult passed(const Transaction &);
    TranslateResult translated(const Transaction &, unsigned asid);
    IotlbEntry walked(const Transaction &, unsigned asid);
    bool is_memory(uint64_t address);
    void report(const Fault &, const IotlbEntry &);
    void report_lost_table(uint64_t address);
    void flush_tlb(std::optional<unsigned> asid, uint32_t first_page, uint32_t last_page);
    void flush_ptc(std::optional<uint64_t> address);

    void add_registers();
    void add_routes();
    void changed();

    const tegra::McSoc &soc_;
    const tegra::SmmuSoc &smmu_;
    RegisterBank bank_;
    tegra::ErrorReport errors_;
    tegra::ClientHotReset hot_reset_;
    tegra::ApbMisc apbmisc_;
    AddressSpaces spaces_;
    PageTableCache ptc_;
    Iotlb tlb_;
    FlushCommands flushes_;
    const Register &config_, &ptc_config_;
    std::vector<Route> routes_;  // by client id, which is the stream
};

}  // namespace soc::tegra_smmu
