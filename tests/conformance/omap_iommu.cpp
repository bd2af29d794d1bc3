// The suite's adapter to TI's MMU: all masters share one table, and it cannot refuse one's DMA but by an empty table.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "conformance/suite.hpp"
#include "support/omap_driver.hpp"

namespace soc::test {

namespace {

class OmapAdapter final : public Adapter {
public:
    OmapAdapter(FakeHost &host, Iommu &iommu, unsigned entries, bool later, bool dsp)
        : driver_(host, iommu, suite_ram, entries, later), iommu_(iommu), dsp_(dsp)
    {
    }

    void probe() override { attach(0); }
    uint64_t page_size() const override { return OmapDriver::page; }
    uint64_t input_end() const override { return 1ull << 32; }
    bool has_permissions() const override { return false; }
    bool remembers_failures() const override { return false; }
    bool separates_streams() const override { return false; }

    void attach(uint32_t) override
    {
        if (dsp_)
            iommu_.mmio_write(1, 0x18, 1, 4);  // dra7_cfg_dspsys_mmu
        driver_.attach();
    }
    void block(uint32_t) override
    {
        for (const auto &[iova, size] : mapped_)
            driver_.unmap(iova, size);
        mapped_.clear();
        driver_.flush_all();
    }
    bool bypass(uint32_t) override { return false; }
    void map(uint32_t, uint64_t iova, uint64_t pa, uint64_t size, Perm) override
    {
        driver_.map(iova, pa, size);
        mapped_.emplace_back(iova, size);
        changed_.emplace_back(iova, size);
    }
    void unmap(uint32_t, uint64_t iova, uint64_t size) override
    {
        driver_.unmap(iova, size);
        changed_.emplace_back(iova, size);
    }
    // Page by page, as the driver does with each change.
    void invalidate(uint32_t) override
    {
        if (changed_.empty())
            driver_.flush_all();
        for (const auto &[iova, size] : changed_)
            for (uint64_t done = 0; done < size; done += OmapDriver::page)
                driver_.flush_page(iova + done);
        changed_.clear();
    }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        const OmapDriver::Report found = driver_.report();
        if (!found.causes)
            return std::nullopt;
        return Report{std::nullopt, found.address};
    }
    void acknowledge() override { driver_.acknowledge(); }

private:
    using Range = std::pair<uint64_t, uint64_t>;

    OmapDriver driver_;
    Iommu &iommu_;
    const bool dsp_;
    std::vector<Range> mapped_, changed_;
};

const AdapterEntry entry{
    "omap-iommu",
    {"variant=omap2,tlb-entries=8", "variant=omap4", "variant=dra7,tlb-entries=8", "variant=dra7-dsp"},
    [](FakeHost &host, Iommu &iommu, const OptionList &options) -> std::unique_ptr<Adapter> {
        std::string variant = "omap4";
        unsigned entries = 32;
        for (const auto &[name, value] : options) {
            if (name == "variant")
                variant = value;
            if (name == "tlb-entries")
                entries = unsigned(std::stoul(value));
        }
        return std::make_unique<OmapAdapter>(host, iommu, entries, variant == "omap4" || variant == "dra7",
                                             variant == "dra7-dsp");
    },
};

}  // namespace

}  // namespace soc::test
