// One suite for every IOMMU of the registry. What it needs to know of a model comes from the model's adapter: how
// a table is built and a stream pointed at it. An adapter names itself in its own file:
//
//     const AdapterEntry entry{"apple-dart", configurations, make};
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/fake_host.hpp"

namespace soc::test {

// RAM of the suite's machine, below 2 GiB, which is all that a GART reaches. An adapter keeps its tables in the lower
// half.
constexpr uint64_t suite_ram = 0x6000'0000, suite_ram_size = 4_MiB, suite_data = suite_ram + suite_ram_size / 2;

class Adapter {
public:
    virtual ~Adapter() = default;

    // Brings the block up as its driver's probe does: no stream has DMA afterwards.
    virtual void probe() = 0;
    virtual uint64_t page_size() const = 0;
    // The first input address that tables can map.
    virtual uint64_t input_begin() const { return 0; }
    // The first input address beyond what tables can map; 0 where there is none below 2^64.
    virtual uint64_t input_end() const = 0;
    // What lies outside of these two passes untranslated, and no software can change that.
    virtual bool outside_passes() const { return false; }
    virtual bool has_permissions() const = 0;
    // Where an access goes that faults, in a block that has a page for them; the suite counts it as refused.
    virtual std::optional<uint64_t> fault_page() const { return std::nullopt; }
    // There is a TLB: translations stay until the invalidation.
    virtual bool caches() const { return true; }
    // That nothing was mapped is cached too, until the invalidation.
    virtual bool remembers_failures() const { return true; }
    // false: all streams that are translated share one table.
    virtual bool separates_streams() const { return true; }

    // An empty table for the stream, translated from now on.
    virtual void attach(uint32_t stream) = 0;
    // No DMA for the stream.
    virtual void block(uint32_t stream) = 0;
    // The stream passes untranslated; false: the block cannot.
    virtual bool bypass(uint32_t stream) = 0;
    // The stream's table. No call invalidates by itself.
    virtual void map(uint32_t stream, uint64_t iova, uint64_t pa, uint64_t size, Perm) = 0;
    virtual void unmap(uint32_t stream, uint64_t iova, uint64_t size) = 0;
    virtual void invalidate(uint32_t stream) = 0;

    // The block's own fault report, as its driver reads it; nothing: none pending, or the block has none.
    struct Report {
        std::optional<uint32_t> stream;
        uint64_t address;
    };
    virtual bool reports_faults() const = 0;
    virtual std::optional<Report> report() = 0;
    virtual void acknowledge() = 0;
};

struct AdapterEntry {
    using Make = std::unique_ptr<Adapter> (*)(FakeHost &, Iommu &, const OptionList &);
    enum ByteOrder { little_endian, big_endian };

    AdapterEntry(const char *type, std::vector<std::string> configurations, Make make, ByteOrder = little_endian);

    const char *type;
    std::vector<std::string> configurations;  // option lists worth a run
    Make make;
    ByteOrder registers;
};

const std::vector<const AdapterEntry *> &adapters();

}  // namespace soc::test
