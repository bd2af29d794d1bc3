// The suite's adapter to the GART: one table for every stream, nothing cached, all but the aperture open.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdexcept>

#include "conformance/suite.hpp"
#include "support/gart_driver.hpp"

namespace soc::test {

namespace {

class GartAdapter final : public Adapter {
public:
    GartAdapter(Iommu &iommu, const OptionList &options) : driver_(iommu, options) {}

    void probe() override { driver_.probe(); }
    uint64_t page_size() const override { return GartDriver::page; }
    uint64_t input_begin() const override { return driver_.begin(); }
    uint64_t input_end() const override { return driver_.end(); }
    bool outside_passes() const override { return true; }
    bool has_permissions() const override { return false; }
    bool separates_streams() const override { return false; }
    bool caches() const override { return false; }

    void attach(uint32_t stream) override { driver_.unblock(stream); }
    void block(uint32_t stream) override { driver_.block(stream); }
    bool bypass(uint32_t) override { return false; }
    void map(uint32_t, uint64_t iova, uint64_t pa, uint64_t size, Perm) override
    {
        for (uint64_t done = 0; done < size; done += page_size())
            driver_.map(checked(iova + done), pa + done);
    }
    void unmap(uint32_t, uint64_t iova, uint64_t size) override
    {
        for (uint64_t done = 0; done < size; done += page_size())
            driver_.unmap(checked(iova + done));
    }
    void invalidate(uint32_t) override { driver_.read(GartDriver::config); }  // gart_iommu_sync

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
    // gart_iova_range_invalid
    uint64_t checked(uint64_t iova) const
    {
        if (iova < driver_.begin() || iova >= driver_.end())
            throw std::runtime_error("not in the aperture");
        return iova;
    }

    GartDriver driver_;
};

const AdapterEntry entry{
    "tegra-gart",
    {
        "aperture-base=0x58000000",
        "aperture-base=0x80000000,aperture-size=8M",  // whose registers take no time to write: for the fuzzer
        "aperture-base=0xf0000000,aperture-size=256M",
    },
    [](FakeHost &, Iommu &iommu, const OptionList &options) -> std::unique_ptr<Adapter> {
        return std::make_unique<GartAdapter>(iommu, options);
    },
};

}  // namespace

}  // namespace soc::test
