// Freescale's Peripheral Access Management Units, all those of one SoC, and the register that bypasses them. See
// README.md beside this file.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "access_violations.hpp"
#include "core/mutation.hpp"
#include "entry_cache.hpp"
#include "pagetable/paact.hpp"
#include "soc-iommu/register_iommu.hpp"
#include "soc-iommu/registry.hpp"

namespace soc::pamu {

// Streams: behind each PAMU every LIODN, and behind the first one the functions of the PCI host bridge, which all have
// the bridge's.
constexpr uint32_t liodns = 0x1000;
constexpr unsigned most_pamus = 16;
constexpr uint32_t pci_streams = liodns * most_pamus;
constexpr uint32_t pci_functions = 0x10000;

struct Options {
    unsigned pamus;
    uint32_t pci_liodn;
    unsigned subwindow_bits;  // log2 of how many an entry may have
    bool caches_entries;
};

class FslPamu final : public RegisterIommu {
public:
    static constexpr uint32_t window = 0x1000;  // PAMU_OFFSET
    enum RegionNumber : unsigned { pamu_region, guts_region };

    FslPamu(Host &, const Options &);

    DeviceTree describe(const Placement &) const override;
    std::vector<uint32_t> iommu_cells(uint32_t stream) const override { return {liodn_of(stream)}; }
    RegisterBank *registers(unsigned region) override;
    uint64_t mmio_read(unsigned region, uint64_t offset, unsigned size) override;
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

protected:
    TranslateResult lookup(const Transaction &) override;
    bool interrupt(unsigned) const override { return violations_.interrupt(); }
    void drop_caches() override { cache_.drop(); }

private:
    // A register of 64 bits in two words, one pair a PAMU.
    struct Wide {
        Register &high, &low;
        uint64_t get(unsigned pamu) const { return uint64_t(high.get(pamu)) << 32 | low.get(pamu); }
    };
    // A table in memory: from a base to a limit, which is the first byte beyond.
    struct Table {
        Wide base, limit;
    };
    // One transaction on its way: whose it is, and what was found for it so far.
    struct Request {
        const Transaction &txn;
        unsigned pamu;
        uint32_t liodn;
        bool all_cached = true;
    };
    using Found = std::variant<paact::Entry, Fault>;

    Table add_table(const char *const (&names)[4], uint32_t offset);
    uint32_t liodn_of(uint32_t stream) const { return stream < pci_streams ? stream % liodns : options_.pci_liodn; }
    bool bypasses(unsigned pamu) const;
    bool keeps_entries() const { return options_.caches_entries || mutation::stale; }

    // In translation.cpp.
    Fault refused(const Request &, Violation, FaultKind, int level);
    Fault unreadable(const Request &, uint64_t where, int level);
    Found entry(Request &, const Table &, uint64_t number, uint32_t cacheable, int level);
    TranslateResult through_window(Request &);
    TranslateResult through_subwindow(Request &, const paact::Entry &primary);
    TranslateResult passed(const Request &, const paact::Entry &, unsigned bits, int level);
    std::optional<Fault> operation_refused(const Request &, const paact::Entry &, int level);
    std::optional<Fault> operation_not_in_table(const Request &, const paact::Entry &, int level);

    const Options options_;
    RegisterBank bank_, guts_;
    AccessViolations violations_;
    EntryCache cache_;
    const Table primary_, secondary_, operations_;
    Register &control_, &bypass_;
};

}  // namespace soc::pamu
