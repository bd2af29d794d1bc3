// SPDX-License-Identifier: GPL-2.0-or-later
// All addresses of a domain at once: its first and its last, and that each can be mapped, reached and unmapped.
#include "area.hpp"
#include "failure.hpp"
#include "fault_kinds.hpp"
#include "path.hpp"
#include "probe.hpp"
#include "sessions.hpp"
#include "text.hpp"

#include <algorithm>
#include <functional>

namespace guest
{
namespace
{

constexpr uint64_t chunk_size = uint64_t{4} << 20; // what the kernel gives in one piece
constexpr size_t piece = 64;

class Aperture
{
public:
    explicit Aperture(Path &path) : path_(path) {}

    void map(Notes &notes);
    void dma(Notes &notes);
    void unmap(Notes &notes);
    void stale(Notes &notes);

private:
    void each_chunk(const std::function<void(uint64_t iova, size_t size)> &visit) const;

    Path &path_;
    IovaSpace space_;
    Area area_; // the same memory behind every chunk
};

void Aperture::each_chunk(const std::function<void(uint64_t iova, size_t size)> &visit) const
{
    for (const Range &range : space_.ranges) {
        for (uint64_t iova = range.first;; iova += chunk_size) {
            const uint64_t left = range.last - iova; // and one byte
            visit(iova, static_cast<size_t>(std::min(left, chunk_size - 1) + 1));
            if (left < chunk_size) {
                break;
            }
        }
    }
}

void Aperture::map(Notes &notes)
{
    space_ = path_.space();
    area_ = {"mapped", path_.allocate(chunk_size), std::vector<uint8_t>(chunk_size)};
    area_.refresh(1);
    unsigned mappings = 0;
    each_chunk([&](uint64_t iova, size_t size) {
        path_.map(area_.memory, 0, iova, size, Prot::read_write);
        mappings++;
    });
    notes.add("space=%s-%s mappings=%u", hex(space_.ranges.front().first).c_str(),
              hex(space_.ranges.back().last).c_str(), mappings);
}

void Aperture::dma(Notes &notes)
{
    SocDma &dma = path_.dma();
    const Counters before = dma.counters();
    each_chunk([&](uint64_t iova, size_t size) {
        area_.device_reads(dma, iova, 0, piece);
        area_.device_reads(dma, iova + size - piece, size - piece, piece);
    });
    area_.device_writes(dma, space_.ranges.front().first, 0, piece, 2);
    area_.check("after the device wrote");
    note_translations(notes, before, dma.counters());
}

void Aperture::unmap(Notes &notes)
{
    uint64_t bytes = 0;
    each_chunk([&](uint64_t iova, size_t size) {
        const uint64_t unmapped = path_.unmap(iova, size);
        if (unmapped != size) {
            fail(format("unmap of %zu bytes at %s returned %llu", size, hex(iova).c_str(),
                        static_cast<unsigned long long>(unmapped)));
        }
        bytes += unmapped;
    });
    notes.add("bytes=%llu", static_cast<unsigned long long>(bytes));
}

// Only looked for, not written: what may lie behind a translation that should be gone is not ours to spoil.
void Aperture::stale(Notes &notes)
{
    SocDma &dma = path_.dma();
    unsigned faults = 0;
    uint32_t seed = 3;
    each_chunk([&](uint64_t iova, size_t size) {
        for (const size_t offset : {size_t{0}, size - attempt_size}) {
            const Attempt attempt = {"stale", iova + offset, false, fault_kind::translation, false,
                                     area_.data() + offset};
            const auto [transfer, redirected] = attempt.run(dma, seed++);
            if (!transfer.failed() && !redirected && dma.counters().observed) {
                fail(attempt.where() + ": no fault");
            }
            faults++;
        }
    });
    notes.add("faults=%u", faults);
}

} // namespace

void aperture_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter)
{
    const auto path = own_or_new_path(master);
    path->check_supported();
    if (session == 1) {
        reporter.step("probe", [&](Notes &notes) { probe(scenario, master, path->driver(), notes); });
    }
    reporter.step("attach", [&](Notes &notes) { path->attach(notes); });
    {
        Aperture aperture(*path);
        reporter.step("map", [&](Notes &notes) { aperture.map(notes); });
        reporter.step("dma", [&](Notes &notes) { aperture.dma(notes); });
        reporter.step("unmap", [&](Notes &notes) { aperture.unmap(notes); });
        reporter.observe("stale", [&](Notes &notes) { aperture.stale(notes); });
    }
    reporter.step("detach", [&](Notes &notes) { path->detach(notes); });
}

} // namespace guest
