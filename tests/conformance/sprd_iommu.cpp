// The suite's adapter to Unisoc's IOMMU: one table for whoever is behind it, and a page for what faults.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "conformance/suite.hpp"
#include "support/sprd_driver.hpp"

namespace soc::test {

namespace {

constexpr uint64_t table = suite_ram, protect = suite_ram + 1_MiB;

class SprdAdapter final : public Adapter {
public:
    SprdAdapter(FakeHost &host, Iommu &iommu) : driver_(host, iommu, table, protect) {}

    // Probe leaves the block off, and all passes; the core attaches the client's default domain at once.
    void probe() override
    {
        driver_.probe();
        driver_.attach();
    }
    uint64_t page_size() const override { return SprdDriver::page; }
    uint64_t input_end() const override { return SprdDriver::aperture; }
    std::optional<uint64_t> fault_page() const override { return protect; }
    bool has_permissions() const override { return false; }
    bool separates_streams() const override { return false; }

    void attach(uint32_t) override { driver_.attach(); }
    void block(uint32_t) override
    {
        driver_.unmap(0, SprdDriver::aperture);
        driver_.sync();
    }
    bool bypass(uint32_t) override { return false; }  // of all, or of none
    void map(uint32_t, uint64_t iova, uint64_t pa, uint64_t size, Perm) override { driver_.map(iova, pa, size); }
    void unmap(uint32_t, uint64_t iova, uint64_t size) override { driver_.unmap(iova, size); }
    void invalidate(uint32_t) override { driver_.sync(); }

    bool reports_faults() const override { return false; }
    std::optional<Report> report() override { return std::nullopt; }
    void acknowledge() override {}

private:
    SprdDriver driver_;
};

const AdapterEntry entry{
    "sprd-iommu",
    {"version=ex", "version=vau"},
    [](FakeHost &host, Iommu &iommu, const OptionList &) -> std::unique_ptr<Adapter> {
        return std::make_unique<SprdAdapter>(host, iommu);
    },
};

}  // namespace

}  // namespace soc::test
