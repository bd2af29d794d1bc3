// The suite's adapter to the SMMUv3: stage 1, stage 2, or one upon the other.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <map>

#include "conformance/suite.hpp"
#include "support/lpae_table.hpp"
#include "support/smmu_driver.hpp"

namespace soc::test {

namespace {

constexpr uint64_t tables = suite_ram, tables_size = suite_ram_size / 2;

class SmmuAdapter : public Adapter {
public:
    SmmuAdapter(FakeHost &host, Iommu &iommu)
        : host_(host), frames_(tables, tables_size), driver_(host, iommu, frames_)
    {
    }

    void probe() override { driver_.probe(); }
    uint64_t page_size() const override
    {
        const uint32_t idr5 = const_cast<SmmuDriver &>(driver_).read(SmmuDriver::idr5);
        return idr5 & 0x10 ? 4_KiB : idr5 & 0x20 ? 16_KiB : 64_KiB;
    }
    uint64_t input_end() const override { return 1ull << input_bits; }
    bool has_permissions() const override { return true; }
    bool remembers_failures() const override { return false; }

    void attach(uint32_t stream) override { driver_.set_stream(stream, entry(stream)); }
    void block(uint32_t stream) override { driver_.set_stream(stream, SteBuilder().words()); }
    bool bypass(uint32_t stream) override
    {
        driver_.set_stream(stream, SteBuilder().bypass().words());
        return true;
    }
    void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm perm) override
    {
        table(stream).map(iova, pa, size, {.perm = perm});
    }
    void unmap(uint32_t stream, uint64_t iova, uint64_t size) override { table(stream).unmap(iova, size); }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        const auto event = driver_.event();
        if (!event)
            return std::nullopt;
        return Report{uint32_t((*event)[0] >> 32), (*event)[2]};
    }
    void acknowledge() override { driver_.take_all_events(); }

protected:
    static constexpr unsigned input_bits = 39;

    virtual smmuv3::SteWords entry(uint32_t stream) = 0;
    virtual LpaeTable make_table() = 0;
    LpaeTable &table(uint32_t stream)
    {
        const auto found = tables_.find(stream);
        return found != tables_.end() ? found->second : tables_.emplace(stream, make_table()).first->second;
    }
    uint64_t descriptor(uint32_t stream)
    {
        const LpaeTable &root = table(stream);
        const auto words =
            CdBuilder().table0(root.root(), root.granule_shift(), input_bits).asid(uint16_t(stream)).words();
        if (!descriptors_.contains(stream))
            descriptors_[stream] = frames_.take(64);
        const uint64_t at = descriptors_[stream];
        for (unsigned i = 0; i < words.size(); ++i)
            host_.memory().store<uint64_t>(at + 8 * i, words[i]);
        return at;
    }

    FakeHost &host_;
    Frames frames_;
    SmmuDriver driver_;
    std::map<uint32_t, LpaeTable> tables_;
    std::map<uint32_t, uint64_t> descriptors_;
};

class Stage1Adapter final : public SmmuAdapter {
public:
    using SmmuAdapter::SmmuAdapter;
    void invalidate(uint32_t stream) override { driver_.issue(SmmuDriver::tlbi_nh_asid(uint16_t(stream))); }

private:
    smmuv3::SteWords entry(uint32_t stream) override { return SteBuilder().stage1(descriptor(stream)).words(); }
    LpaeTable make_table() override
    {
        return {host_.memory(), frames_, {.stage = 1, .granule = page_size(), .input_bits = input_bits}};
    }
};

class Stage2Adapter final : public SmmuAdapter {
public:
    using SmmuAdapter::SmmuAdapter;
    void invalidate(uint32_t stream) override { driver_.issue(SmmuDriver::tlbi_s12_vmall(uint16_t(stream))); }

private:
    smmuv3::SteWords entry(uint32_t stream) override
    {
        const LpaeTable &root = table(stream);
        return SteBuilder()
            .stage2({.table = root.root(), .granule_shift = root.granule_shift(), .input_bits = input_bits,
                     .start_level = root.start_level(), .vmid = uint16_t(stream)})
            .words();
    }
    LpaeTable make_table() override
    {
        return {host_.memory(), frames_, {.stage = 2, .granule = page_size(), .input_bits = input_bits}};
    }
};

// Intermediate addresses are the physical ones, moved by `offset`.
class NestedAdapter final : public SmmuAdapter {
public:
    using SmmuAdapter::SmmuAdapter;
    void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm perm) override
    {
        SmmuAdapter::map(stream, iova, pa - offset, size, perm);
    }
    void invalidate(uint32_t stream) override { driver_.issue(SmmuDriver::tlbi_nh_asid(uint16_t(stream), vmid)); }

private:
    static constexpr uint64_t offset = 1_GiB;
    static constexpr uint16_t vmid = 5;

    smmuv3::SteWords entry(uint32_t stream) override
    {
        if (!second_) {
            second_.emplace(host_.memory(), frames_,
                            LpaeTable::Shape{.stage = 2, .granule = page_size(), .input_bits = input_bits});
            second_->map(suite_ram - offset, suite_ram, suite_ram_size);
        }
        return SteBuilder()
            .stage1(descriptor(stream) - offset)
            .stage2({.table = second_->root(), .granule_shift = second_->granule_shift(), .input_bits = input_bits,
                     .start_level = second_->start_level(), .vmid = vmid})
            .words();
    }
    LpaeTable make_table() override
    {
        return {host_.memory(), frames_,
                {.stage = 1, .granule = page_size(), .input_bits = input_bits, .memory_offset = offset}};
    }

    std::optional<LpaeTable> second_;
};

template <typename Kind>
std::unique_ptr<Adapter> make(FakeHost &host, Iommu &iommu, const OptionList &)
{
    return std::make_unique<Kind>(host, iommu);
}

const AdapterEntry stage1{"soc-smmuv3",
                          {"sid-bits=8", "granules=16k", "granules=64k", "stages=1,sid-bits=6,strtab-levels=1",
                           "ssid-bits=0,stall=off,httu=0,ats=off,ril=off,msi=off"},
                          make<Stage1Adapter>};
const AdapterEntry stage2{"soc-smmuv3", {"stages=2,sid-bits=8", "granules=16k"}, make<Stage2Adapter>};
const AdapterEntry nested{"soc-smmuv3", {"stages=nested", "granules=64k"}, make<NestedAdapter>};

}  // namespace

}  // namespace soc::test
