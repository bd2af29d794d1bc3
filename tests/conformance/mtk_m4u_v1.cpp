// The suite's adapter to the M4U of generation 1: its ports share one table, and it cannot refuse a port's DMA but by
// an empty table.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "conformance/suite.hpp"
#include "support/m4u_driver.hpp"

namespace soc::test {

namespace {

// The table is as large as the suite's RAM, so it has its own.
constexpr uint64_t table = 0x4000'0000;

class M4uAdapter final : public Adapter {
public:
    M4uAdapter(FakeHost &host, Iommu &iommu) : driver_(host, iommu, table, suite_ram)
    {
        host.ram(table, M4uDriver::table_size);
    }

    // As the driver's, but that every port is translated, and that what faults is refused: the protect buffer is not
    // this suite's.
    void probe() override
    {
        driver_.probe();
        driver_.write(M4uDriver::ctrl, M4uDriver::coherent_en);
        for (unsigned port = 0; port < M4uDriver::ports; ++port)
            driver_.attach(port);
    }
    uint64_t page_size() const override { return M4uDriver::page; }
    uint64_t input_end() const override { return 1ull << 32; }
    bool has_permissions() const override { return false; }
    bool separates_streams() const override { return false; }

    void attach(uint32_t port) override { driver_.attach(port); }
    void block(uint32_t) override
    {
        for (const auto &[iova, size] : mapped_)
            driver_.unmap(iova, size);
        mapped_.clear();
        driver_.flush_all();
    }
    bool bypass(uint32_t port) override
    {
        driver_.detach(port);
        return true;
    }
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
    // Range by range, as the driver does after each change.
    void invalidate(uint32_t) override
    {
        if (changed_.empty())
            driver_.flush_all();
        for (const auto &[iova, size] : changed_)
            driver_.flush_range(iova, size);
        changed_.clear();
    }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        constexpr uint32_t first_port[] = {0, 11, 21};
        const M4uDriver::Report found = driver_.report();
        if (!found.type)
            return std::nullopt;
        return Report{first_port[found.larb] + found.port, found.iova};
    }
    void acknowledge() override { driver_.acknowledge(); }

private:
    using Range = std::pair<uint64_t, uint64_t>;

    M4uDriver driver_;
    std::vector<Range> mapped_, changed_;
};

const AdapterEntry entry{
    "mtk-m4u-v1",
    {"variant=mt2701", "variant=mt7623"},
    [](FakeHost &host, Iommu &iommu, const OptionList &) -> std::unique_ptr<Adapter> {
        return std::make_unique<M4uAdapter>(host, iommu);
    },
};

}  // namespace

}  // namespace soc::test
