// The suite's adapter to Tegra's SMMU: a table a stream, which is a client whose swgroup is its alone here.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>

#include "conformance/suite.hpp"
#include "support/tegra_smmu_driver.hpp"

namespace soc::test {

namespace {

class TegraSmmuAdapter final : public Adapter {
public:
    TegraSmmuAdapter(FakeHost &host, Iommu &iommu, const std::string &variant)
        : driver_(host, iommu, variant, Frames(suite_ram, suite_data - suite_ram))
    {
    }

    // As the driver's, but that no client is left to go out physical: each has the first, empty address space.
    void probe() override
    {
        driver_.probe();
        nothing_ = driver_.domain_alloc();
        driver_.as_prepare(nothing_);
        for (const TegraSoc::SwGroup &group : driver_.soc().swgroups)
            driver_.attach(nothing_, group.swgroup);
    }
    uint64_t page_size() const override { return TegraSmmuDriver::page; }
    uint64_t input_end() const override { return 1ull << 32; }
    bool has_permissions() const override { return true; }

    void attach(uint32_t stream) override
    {
        driver_.disable(swgroup(stream), 0);
        driver_.attach(domain(stream), swgroup(stream));
    }
    void block(uint32_t stream) override { driver_.attach(nothing_, swgroup(stream)); }
    bool bypass(uint32_t stream) override
    {
        driver_.disable(swgroup(stream), 0);
        return true;
    }
    void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm perm) override
    {
        set(stream, iova, size, [&](uint64_t done) { return TegraSmmuDriver::pte_of(pa + done, perm); });
    }
    void unmap(uint32_t stream, uint64_t iova, uint64_t size) override
    {
        set(stream, iova, size, [](uint64_t) { return 0u; });
    }
    // Both caches, entry by entry, as the driver does after each change.
    void invalidate(uint32_t stream) override
    {
        Space &space = spaces_[stream];
        for (uint64_t iova : space.changed) {
            driver_.flush_ptc(driver_.pte_address(space.domain, iova));
            driver_.flush_tlb_group(space.domain.asid, iova);
        }
        if (space.changed.empty())
            driver_.flush_tlb_asid(space.domain.asid);
        space.changed.clear();
    }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        const auto found = driver_.report();
        if (!found)
            return std::nullopt;
        return Report{found->client, found->address};
    }
    void acknowledge() override { driver_.acknowledge(); }

private:
    struct Space {
        TegraSmmuDriver::Domain domain;
        std::vector<uint64_t> changed;
    };

    uint32_t swgroup(uint32_t stream) const { return driver_.soc().swgroup_of(stream); }
    TegraSmmuDriver::Domain &domain(uint32_t stream)
    {
        Space &space = spaces_[stream];
        if (!space.domain.pd)
            space.domain = driver_.domain_alloc();
        return space.domain;
    }
    template <typename Value>
    void set(uint32_t stream, uint64_t iova, uint64_t size, Value value)
    {
        for (uint64_t done = 0; done < size; done += TegraSmmuDriver::page) {
            driver_.write_pte(domain(stream), iova + done, value(done));
            spaces_[stream].changed.push_back(iova + done);
        }
    }

    TegraSmmuDriver driver_;
    TegraSmmuDriver::Domain nothing_;
    std::map<uint32_t, Space> spaces_;
};

const AdapterEntry entry{
    "tegra-smmu",
    {"variant=tegra30", "variant=tegra114", "variant=tegra124", "variant=tegra210"},
    [](FakeHost &host, Iommu &iommu, const OptionList &options) -> std::unique_ptr<Adapter> {
        return std::make_unique<TegraSmmuAdapter>(host, iommu, options.at(0).second);
    },
};

}  // namespace

}  // namespace soc::test
