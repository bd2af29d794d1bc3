// SPDX-License-Identifier: GPL-2.0-or-later
#include "flush_commands.hpp"

#include "pagetable/tegra_smmu.hpp"
#include "soc-iommu/field.hpp"

namespace soc::tegra_smmu {

namespace {

// SMMU_TLB_FLUSH. The address is in pages, without the bits below what is matched.
using AsidMatch = Field<31>;
using AsidOfFour = Field<30, 29>;
using Asid = Field<30, 24>;
using Address = Field<19, 2>;
using VaMatch = Field<1, 0>;
enum VaMatchValue : uint64_t { match_all = 0, match_section = 2, match_group = 3 };

// SMMU_PTC_FLUSH
using ByAddress = Field<0>;
constexpr uint32_t line_address = ~15u;

constexpr unsigned group_shift = 14;  // four pages
constexpr uint32_t last_page = (1u << (tegra_smmu_table::input_bits - tegra_smmu_table::page_shift)) - 1;

}  // namespace

FlushCommands::FlushCommands(const tegra::SmmuSoc &soc, RegisterBank &bank, GuestLog &log, Actions actions)
    : soc_(soc), log_(log), actions_(std::move(actions))
{
    bank.add({.name = "SMMU_TLB_FLUSH", .offset = 0x30, .write_only = true})
        .on_write([this](unsigned, uint32_t written) { flush_tlb(written); });
    bank.add({.name = "SMMU_PTC_FLUSH", .offset = 0x34, .write_only = true})
        .on_write([this](unsigned, uint32_t written) { flush_ptc(written); });
    if (soc.address_bits > 32)
        high_ = &bank.add({.name = "SMMU_PTC_FLUSH_HI",
                           .offset = 0x9b8,
                           .writable = (1u << (soc.address_bits - 32)) - 1});
}

void FlushCommands::flush_tlb(uint32_t written)
{
    std::optional<unsigned> asid;
    if (AsidMatch::get(written))
        asid = unsigned(soc_.asids == 4 ? AsidOfFour::get(written) : Asid::get(written));
    const uint64_t match = VaMatch::get(written);
    if (match == match_all) {
        actions_.tlb(asid, 0, last_page);
        return;
    }
    if (match != match_section && match != match_group) {
        log_.error("TLB_FLUSH " + hex(written) + " matches neither all, a section nor a group; nothing is dropped");
        return;
    }
    const unsigned shift = match == match_section ? tegra_smmu_table::section_shift : group_shift;
    const uint32_t pages = 1u << (shift - tegra_smmu_table::page_shift);
    const uint32_t first = uint32_t(written & Address::mask) & ~(pages - 1);
    actions_.tlb(asid, first, first + pages - 1);
}

void FlushCommands::flush_ptc(uint32_t written)
{
    if (!ByAddress::get(written)) {
        actions_.ptc(std::nullopt);
        return;
    }
    const uint64_t high = high_ ? high_->get() : 0;
    actions_.ptc(high << 32 | (written & line_address));
}

}  // namespace soc::tegra_smmu
