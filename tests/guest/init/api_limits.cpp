// SPDX-License-Identifier: GPL-2.0-or-later
// What a domain cannot have. A driver may refuse it; what it takes must hold.
#include "area.hpp"
#include "failure.hpp"
#include "fault_kinds.hpp"
#include "path.hpp"
#include "probe.hpp"
#include "sessions.hpp"
#include "text.hpp"

#include <optional>

namespace guest
{
namespace
{

constexpr size_t piece = 64;
constexpr uint32_t any_kind = ~0u;

class Limits
{
public:
    Limits(KernelPath &path, const std::optional<Device> &other) : path_(path), other_(other) {}

    void map(Notes &notes);
    void second(Notes &notes);
    void outside(Notes &notes);
    void physical(Notes &notes);
    void unmap(Notes &notes);
    void detach(Notes &notes); // the second domain

private:
    Area make_area(Path &path, const std::string &name);

    KernelPath &path_;
    const std::optional<Device> &other_;
    // Stays until detach: mtk_iommu_v1_domain_free() dies, and what was seen before is to be told.
    std::unique_ptr<KernelPath> second_;
    IovaSpace space_;
    size_t granule_ = 0;
    uint64_t iova_ = 0;
    Area main_;
    Area canary_; // never mapped
    uint32_t seed_ = 1;
};

Area Limits::make_area(Path &path, const std::string &name)
{
    Area area = {name, path.allocate(granule_), std::vector<uint8_t>(granule_)};
    area.refresh(seed_++);
    return area;
}

void Limits::map(Notes &notes)
{
    space_ = path_.space();
    granule_ = granule_of(space_);
    main_ = make_area(path_, "mapped");
    canary_ = make_area(path_, "canary");
    std::vector<Range> avoid = main_.memory.pages;
    avoid.insert(avoid.end(), canary_.memory.pages.begin(), canary_.memory.pages.end());
    const auto iova = choose_iova(space_, 2 * granule_, granule_, avoid);
    if (!iova) {
        fail("no room for the mapping in the address space");
    }
    iova_ = *iova;
    path_.map(main_.memory, 0, iova_, granule_, Prot::read_write);
    main_.device_reads(path_.dma(), iova_, 0, piece);
    notes.add("iova=%s", hex(iova_).c_str());
}

void Limits::second(Notes &notes)
{
    if (!other_) {
        fail("there is no second master");
    }
    notes.add("master=%s", other_->name().c_str());
    second_ = direct_path(*other_);
    try {
        Notes attached;
        second_->attach(attached);
    } catch (const Failure &failure) {
        second_.reset();
        notes.add("refused=%s (%s)", errno_name(failure.error).c_str(), failure.what.c_str());
        main_.device_reads(path_.dma(), iova_, 0, piece);
        return;
    }

    // Nothing is mapped in it, so all must fault; then the same address is, to other memory.
    const Attempt attempts[] = {
        {"what the first domain maps", iova_, false, any_kind, false, main_.data()},
        {"the canary", canary_.memory.physical(0), false, any_kind, false, canary_.data()},
    };
    for (const Attempt &attempt : attempts) {
        const auto [transfer, redirected] = attempt.run(second_->dma(), seed_++);
        if (!transfer.failed() && !redirected && second_->dma().counters().observed) {
            fail("in an empty second domain, " + attempt.where() + ": no fault");
        }
    }
    {
        const Area area = make_area(*second_, "the second domain's");
        second_->map(area.memory, 0, iova_, granule_, Prot::read_write);
        area.device_reads(second_->dma(), iova_, 0, piece);
        main_.device_reads(path_.dma(), iova_, 0, piece);
        second_->unmap(iova_, granule_);
    }
    notes.add("apart");
}

void Limits::outside(Notes &notes)
{
    std::vector<uint64_t> addresses;
    if (const uint64_t first = space_.ranges.front().first; first >= granule_) {
        addresses.push_back(first - granule_);
    }
    if (const uint64_t last = space_.ranges.back().last; last != ~uint64_t{0}) {
        addresses.push_back(last + 1);
    }
    for (uint64_t address : addresses) {
        try {
            path_.map(main_.memory, 0, address, granule_, Prot::read_write);
        } catch (const Failure &failure) {
            // EOVERFLOW is the module's: an address that the kernel has no type for.
            notes.add("%s=%s", hex(address).c_str(),
                      failure.error == EOVERFLOW ? "no-address" : errno_name(failure.error).c_str());
            continue;
        }
        const uint64_t physical = path_.iova_to_phys(address);
        path_.unmap(address, granule_);
        fail(format("a mapping at %s, outside the domain's addresses, was taken (iova_to_phys=%s)",
                    hex(address).c_str(), hex(physical).c_str()));
    }
}

// Bit by bit, until there is no such address.
void Limits::physical(Notes &notes)
{
    const uint64_t iova = iova_ + granule_;
    for (unsigned bit = 31; bit < 64; bit++) {
        const uint64_t wanted = uint64_t{1} << bit;
        try {
            path_.map_physical(iova, wanted);
        } catch (const Failure &failure) {
            notes.add("%s=%s", hex(wanted).c_str(),
                      failure.error == EOVERFLOW ? "no-address" : errno_name(failure.error).c_str());
            return;
        }
        const uint64_t got = path_.iova_to_phys(iova);
        path_.unmap(iova, kernel_page_size());
        if (got != wanted) {
            fail(format("a mapping to the physical address %s was taken, and goes to %s", hex(wanted).c_str(),
                        hex(got).c_str()));
        }
        notes.add("%s=ok", hex(wanted).c_str());
    }
}

void Limits::unmap(Notes &notes)
{
    const uint64_t unmapped = path_.unmap(iova_, granule_);
    notes.add("bytes=%llu", static_cast<unsigned long long>(unmapped));
    if (unmapped != granule_) {
        fail("another size than was mapped");
    }
}

void Limits::detach(Notes &notes)
{
    if (second_) {
        second_->detach(notes);
        second_.reset();
    }
}

} // namespace

void limits_session(const Scenario &scenario, const Device &master, const std::optional<Device> &other,
                    unsigned session, Reporter &reporter)
{
    const auto path = own_or_new_path(master);
    path->check_supported();
    if (session == 1) {
        reporter.step("probe", [&](Notes &notes) { probe(scenario, master, path->driver(), notes); });
    }
    reporter.step("attach", [&](Notes &notes) { path->attach(notes); });
    std::optional<Limits> limits(std::in_place, *path, other);
    reporter.step("map", [&](Notes &notes) { limits->map(notes); });
    reporter.observe("second", [&](Notes &notes) { limits->second(notes); });
    reporter.observe("outside", [&](Notes &notes) { limits->outside(notes); });
    reporter.observe("physical", [&](Notes &notes) { limits->physical(notes); });
    reporter.step("unmap", [&](Notes &notes) { limits->unmap(notes); });
    reporter.step("detach", [&](Notes &notes) {
        limits->detach(notes);
        limits.reset();
        path->detach(notes);
    });
}

} // namespace guest
