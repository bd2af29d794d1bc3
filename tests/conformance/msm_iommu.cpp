// The suite's adapter to the MSM IOMMU: a context for each stream that is attached, as far as there are contexts.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>
#include <stdexcept>

#include "conformance/suite.hpp"
#include "support/msm_driver.hpp"
#include "support/v7s_table.hpp"

namespace soc::test {

namespace {

class MsmAdapter final : public Adapter {
public:
    MsmAdapter(FakeHost &host, Iommu &iommu, unsigned contexts)
        : memory_(host.memory()), driver_(iommu, contexts), contexts_(contexts)
    {
    }

    // As the driver's, and a master whose context does not translate is refused: the driver lets it bypass.
    void probe() override
    {
        driver_.probe();
        for (unsigned mid = 0; mid < MsmDriver::masters; ++mid)
            driver_.set_global(MsmDriver::m2vcbr(mid), MsmDriver::bypassd | idle_context() << 8);
    }
    uint64_t page_size() const override { return V7sTable::small; }
    uint64_t input_end() const override { return 1ull << 32; }
    bool has_permissions() const override { return true; }

    void attach(uint32_t stream) override
    {
        driver_.attach(context(stream), {stream}, table(stream).root());
    }
    void block(uint32_t stream) override
    {
        driver_.detach(context(stream));
        driver_.set_global(MsmDriver::m2vcbr(stream), MsmDriver::bypassd | context(stream) << 8);
        tables_.erase(stream);
    }
    bool bypass(uint32_t stream) override
    {
        driver_.set_global(MsmDriver::m2vcbr(stream), context(stream) << 8);
        driver_.detach(context(stream));
        return true;
    }
    void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm perm) override
    {
        // Reading cannot be denied: arm_v7s_map_pages() refuses a mapping for nothing.
        if (perm == Perm::none)
            return;
        for (uint64_t done = 0; done < size; done += page_size())
            table(stream).map(iova + done, pa + done, page_size(), {.write = allows(perm, Access::write)});
        changed_[stream].emplace_back(iova, size);
    }
    void unmap(uint32_t stream, uint64_t iova, uint64_t size) override
    {
        for (uint64_t done = 0; done < size; done += page_size())
            table(stream).unmap(iova + done, page_size());
        changed_[stream].emplace_back(iova, size);
    }
    // Range by range, as the driver does after each change.
    void invalidate(uint32_t stream) override
    {
        if (changed_[stream].empty())
            driver_.flush_all(context(stream));
        for (const auto &[iova, size] : changed_[stream])
            driver_.flush_range(context(stream), iova, size, page_size());
        changed_[stream].clear();
    }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        for (unsigned ctx = 0; ctx < contexts_; ++ctx) {
            const MsmDriver::Report found = driver_.report(ctx);
            if (found.fsr & 0xfe)
                return Report{found.fsynr0 & 0xff, found.far};
        }
        return std::nullopt;
    }
    void acknowledge() override { driver_.handle(); }

private:
    // The last is nobody's.
    unsigned idle_context() const { return contexts_ - 1; }
    unsigned context(uint32_t stream)
    {
        const auto found = context_of_.find(stream);
        if (found != context_of_.end())
            return found->second;
        if (context_of_.size() >= idle_context())
            throw std::runtime_error("more streams than contexts");
        return context_of_[stream] = unsigned(context_of_.size());
    }
    V7sTable &table(uint32_t stream)
    {
        return tables_.try_emplace(stream, memory_, frames_).first->second;
    }

    using Range = std::pair<uint64_t, uint64_t>;

    FakeMemory &memory_;
    Frames frames_{suite_ram, suite_ram_size / 2};
    MsmDriver driver_;
    const unsigned contexts_;
    std::map<uint32_t, unsigned> context_of_;
    std::map<uint32_t, V7sTable> tables_;
    std::map<uint32_t, std::vector<Range>> changed_;
};

const AdapterEntry entry{
    "msm-iommu",
    {"context-banks=3", "context-banks=4"},
    [](FakeHost &host, Iommu &iommu, const OptionList &options) -> std::unique_ptr<Adapter> {
        return std::make_unique<MsmAdapter>(host, iommu, unsigned(std::stoul(options.at(0).second)));
    },
};

}  // namespace

}  // namespace soc::test
