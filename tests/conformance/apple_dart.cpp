// The suite's adapter to the DART.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <bit>
#include <map>

#include "conformance/suite.hpp"
#include "support/dart_driver.hpp"
#include "support/dart_table.hpp"
#include "support/frames.hpp"

namespace soc::test {

namespace {

class DartAdapter final : public Adapter {
public:
    DartAdapter(FakeHost &host, Iommu &iommu, const OptionList &options)
        : host_(host), driver_(iommu, options), frames_(suite_ram, suite_ram_size / 2)
    {
    }

    void probe() override { driver_.probe(); }
    uint64_t page_size() const override { return driver_.page_size(); }
    uint64_t input_end() const override
    {
        const unsigned shift = unsigned(std::countr_zero(page_size()));
        return uint64_t(driver_.hw().ttbr_count) << (shift + 2 * (shift - 3));
    }
    bool has_permissions() const override { return true; }

    void attach(uint32_t stream) override { driver_.attach(stream, table(stream)); }
    void block(uint32_t stream) override { driver_.disable_dma(stream); }
    bool bypass(uint32_t stream) override
    {
        if (!driver_.supports_bypass())
            return false;
        driver_.bypass(stream);
        return true;
    }
    void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm perm) override
    {
        table(stream).map(iova, pa, size, perm);
    }
    void unmap(uint32_t stream, uint64_t iova, uint64_t size) override { table(stream).unmap(iova, size); }
    void invalidate(uint32_t stream) override { driver_.invalidate(stream); }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        const DartDriver::Report found = driver_.report();
        if (!found.flag)
            return std::nullopt;
        return Report{found.stream, found.address};
    }
    void acknowledge() override { driver_.acknowledge(); }

private:
    DartTable &table(uint32_t stream)
    {
        const auto found = tables_.find(stream);
        if (found != tables_.end())
            return found->second;
        return tables_
            .try_emplace(stream, host_.memory(), frames_, driver_.hw().kind, page_size(), driver_.hw().ttbr_count)
            .first->second;
    }

    FakeHost &host_;
    DartDriver driver_;
    Frames frames_;
    std::map<uint32_t, DartTable> tables_;
};

const AdapterEntry entry{
    "apple-dart",
    {
        "variant=t8103,page-size=4k",
        "variant=t8103,page-size=16k",
        "variant=t8103,bypass=off",
        "variant=t6000,page-size=16k",
        "variant=t8110,page-size=16k",
        "variant=t8110,streams=256",
        "variant=usb4,page-size=4k",
        "variant=usb4,page-size=16k",
    },
    [](FakeHost &host, Iommu &iommu, const OptionList &options) -> std::unique_ptr<Adapter> {
        return std::make_unique<DartAdapter>(host, iommu, options);
    },
};

}  // namespace

}  // namespace soc::test
