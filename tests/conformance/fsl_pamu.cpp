// The suite's adapter to the PAMUs: a stream is a LIODN behind the first of them, its table a window of 8 MiB in as
// many subwindows of 4 KiB as a secondary table of Linux' size has entries.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <stdexcept>

#include "conformance/suite.hpp"
#include "support/pamu_driver.hpp"

namespace soc::test {

namespace {

constexpr uint32_t subwindows = PamuDriver::secondary_entries, streams = 4;
constexpr uint64_t secondary = suite_ram + 1_MiB;

class PamuAdapter final : public Adapter {
public:
    PamuAdapter(FakeHost &host, Iommu &iommu, bool caches) : driver_(host, iommu, suite_ram), caches_(caches)
    {
        driver_.place_secondary(secondary, streams * subwindows);
    }

    void probe() override { driver_.probe(); }
    uint64_t page_size() const override { return PamuDriver::page; }
    uint64_t input_end() const override { return page_size() * subwindows; }
    bool has_permissions() const override { return true; }
    bool caches() const override { return caches_; }

    void attach(uint32_t stream) override
    {
        const uint32_t first = first_secondary(stream);
        for (uint32_t i = 0; i < subwindows; ++i)
            driver_.write_secondary(first + i, {.secondary = true, .valid = false});
        set_first(stream, 0, 0);
    }
    void block(uint32_t stream) override
    {
        driver_.disable(checked(stream));
        invalidate(stream);
    }
    bool bypass(uint32_t) override { return false; }  // for all that is behind a PAMU, or for nothing
    void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm perm) override
    {
        const uint32_t ap = uint32_t(perm);  // bit 0 reads, bit 1 writes, there as here
        for (uint64_t done = 0; done < size; done += page_size()) {
            if (const uint32_t number = subwindow(iova + done))
                driver_.write_secondary(first_secondary(stream) + number - 1,
                                        {.ap = ap, .secondary = true, .liodn = stream, .translated = pa + done,
                                         .swse = 11});
            else
                set_first(stream, pa + done, ap);
        }
    }
    void unmap(uint32_t stream, uint64_t iova, uint64_t size) override
    {
        for (uint64_t done = 0; done < size; done += page_size()) {
            if (const uint32_t number = subwindow(iova + done))
                driver_.write_secondary(first_secondary(stream) + number - 1, {.secondary = true, .valid = false});
            else
                set_first(stream, 0, 0);
        }
    }
    // Linux does nothing, and there is nothing to be done, unless entries are kept: see the model's README.
    void invalidate(uint32_t) override
    {
        const uint32_t control = driver_.read(PamuDriver::pc);
        driver_.write(PamuDriver::pc, control & ~(PamuDriver::cache_primary | PamuDriver::cache_secondary));
        driver_.write(PamuDriver::pc, control);
    }

    bool reports_faults() const override { return true; }
    std::optional<Report> report() override
    {
        const PamuDriver::Report found = driver_.report();
        if (!found.stat)
            return std::nullopt;
        return Report{found.liodn(), found.address};
    }
    void acknowledge() override { driver_.acknowledge(); }

private:
    uint32_t checked(uint32_t stream) const
    {
        if (stream >= PamuDriver::entries)
            throw std::runtime_error("not in the table");
        return stream;
    }
    uint32_t subwindow(uint64_t iova) const
    {
        if (iova >= input_end())
            throw std::runtime_error("not in the window");
        return uint32_t(iova / page_size());
    }
    uint32_t first_secondary(uint32_t stream)
    {
        const auto found = slots_.find(checked(stream));
        if (found != slots_.end())
            return found->second;
        if (slots_.size() == streams)
            throw std::runtime_error("no room for the table of one more stream");
        return slots_[stream] = uint32_t(slots_.size()) * subwindows;
    }
    // The window, and with it its first subwindow.
    void set_first(uint32_t stream, uint64_t pa, uint32_t ap)
    {
        driver_.write_primary(stream, {.wse = 22, .ap = ap, .subwindows = subwindows, .translated = pa, .swse = 11,
                                       .first_secondary = first_secondary(stream)});
    }

    PamuDriver driver_;
    const bool caches_;
    std::map<uint32_t, uint32_t> slots_;
};

const AdapterEntry entry{
    "fsl-pamu",
    {"subwindows=2048", "pamus=1,subwindows=2048,entry-cache=on"},
    [](FakeHost &host, Iommu &iommu, const OptionList &options) -> std::unique_ptr<Adapter> {
        const bool caches = std::find(options.begin(), options.end(), OptionList::value_type{"entry-cache", "on"}) !=
                            options.end();
        return std::make_unique<PamuAdapter>(host, iommu, caches);
    },
    AdapterEntry::big_endian,
};

}  // namespace

}  // namespace soc::test
