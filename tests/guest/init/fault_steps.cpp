// SPDX-License-Identifier: GPL-2.0-or-later
// The steps in which a transfer must fault: isolation, readonly, stale.
#include "data_steps.hpp"
#include "failure.hpp"
#include "fault_kinds.hpp"
#include "kernel_log.hpp"
#include "text.hpp"

#include <algorithm>
#include <optional>

#include <time.h>

namespace guest
{
namespace
{

constexpr int log_patience = 300; // milliseconds until a driver has printed what it will print

using fault_kind::permission;
using fault_kind::translation;
constexpr uint32_t translation_or_size = translation | fault_kind::address_size;
constexpr uint32_t stream_unknown = 0xffffffff;

uint64_t microseconds_since_boot()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000 + static_cast<uint64_t>(now.tv_nsec) / 1000;
}

} // namespace

// The fault that the model kept must be the one that was provoked.
void DataSteps::check_model(const Attempt &attempt, Tally &tally)
{
    SocDma &dma = path_.dma();
    const DmaFault fault = dma.fault();
    const uint32_t stream = dma.stream();
    tally.last = format("kind=%s address=%s stream=%s", fault_kind_name(fault.kind).c_str(),
                        hex(fault.address).c_str(), hex(fault.stream).c_str());
    const auto complain = [&](const std::string &what) {
        fail(format("%s at %s: the model's fault has %s (%s)", attempt.name.c_str(),
                    hex(attempt.address).c_str(), what.c_str(), tally.last.c_str()));
    };
    if (const std::string objection = attempt.objection(fault); !objection.empty()) {
        complain(objection);
    }
    if (stream != stream_unknown && fault.stream != stream) {
        complain("another stream than " + hex(stream));
    }
}

void DataSteps::check_log(const Attempt &attempt, KernelLogTail &tail, Tally &tally)
{
    if (!driver_reports_faults(driver_, attempt.address)) {
        return;
    }
    if (logged_ && reports_once(driver_)) {
        tally.muted++;
        return;
    }
    const uint32_t stream = path_.dma().stream();
    const auto block = [&](uint64_t address) { return address / granule_; };
    for (int waited = 0;; waited += 2) {
        tail.poll();
        for (const LoggedFault &fault : logged_faults(driver_, tail.lines())) {
            const bool same_stream = stream == stream_unknown || fault.stream.value_or(stream) == stream;
            if (same_stream && block(fault.address) == block(attempt.address)) {
                tally.logged++;
                logged_ = true;
                return;
            }
        }
        if (waited >= log_patience ||
            rate_limited(logged_faults(driver_, kernel_log()), microseconds_since_boot())) {
            break;
        }
        const timespec pause = {0, 2'000'000};
        nanosleep(&pause, nullptr);
    }
    if (!rate_limited(logged_faults(driver_, kernel_log()), microseconds_since_boot())) {
        fail(format("%s at %s: %s printed no fault of that stream and address", attempt.name.c_str(),
                    hex(attempt.address).c_str(), driver_.c_str()));
    }
    tally.rate_limited++;
}

void DataSteps::must_fault(const Attempt &attempt, Tally &tally)
{
    SocDma &dma = path_.dma();
    KernelLogTail tail;
    const std::string where = attempt.where();
    const auto [transfer, redirected] = attempt.run(dma, seed_++);
    check_memory(where);
    const bool observed = dma.counters().observed;
    if (!transfer.failed() && observed && !redirected) {
        fail(where + ": no fault");
    }
    tally.faults++;
    if (redirected) {
        tally.redirected++; // the master was told nothing, so the driver's report is what there is
        check_log(attempt, tail, tally);
        return;
    }
    if (!transfer.failed()) {
        return; // an IOMMU of another's: data did not move, and that is what counts
    }
    tally.reported++;
    if (transfer.transferred != 0) {
        fail(format("%s: a fault, but %u bytes moved", where.c_str(), transfer.transferred));
    }
    if (observed) {
        check_model(attempt, tally);
    }
    if (observed || !attempt.may_miss_the_iommu) {
        check_log(attempt, tail, tally);
    }
}

// Each on every port, whatever became of the ones before. The first that went wrong, if any.
std::optional<Failure> DataSteps::must_all_fault(const std::vector<Attempt> &attempts, Tally &tally)
{
    SocDma &dma = path_.dma();
    std::optional<Failure> first;
    unsigned wrong = 0;
    for (uint32_t port = 0; port < dma.ports(); port++) {
        dma.select_port(port);
        for (Attempt attempt : attempts) {
            // Where something got through before, memory of somebody else's is only read.
            attempt.write = attempt.write && (!leaks_ || attempt.ours);
            try {
                must_fault(attempt, tally);
            } catch (const Failure &failure) {
                wrong++;
                leaks_ = true;
                first = first ? first : failure;
                for (Area *area : {&main_, &only_, &canary_}) {
                    area->refresh(seed_++); // what it spoilt is no fault of the next
                }
            }
        }
    }
    dma.select_port(0);
    if (first) {
        first->what += format(" (wrong: %u of %zu)", wrong, attempts.size() * dma.ports());
    }
    return first;
}

void DataSteps::note_tally(Notes &notes, const Tally &tally) const
{
    notes.add("faults=%u reported=%u", tally.faults, tally.reported);
    if (tally.redirected) {
        notes.add("redirected=%u", tally.redirected);
    }
    if (driver_reports_faults(driver_)) {
        notes.add("logged=%u rate-limited=%u", tally.logged, tally.rate_limited);
        if (tally.muted) {
            notes.add("muted=%u", tally.muted);
        }
    } else {
        notes.add("log=not-expected");
    }
    if (!tally.last.empty()) {
        notes.add("last: %s", tally.last.c_str());
    }
}

void DataSteps::isolation(Notes &notes)
{
    // The canary first: should isolation be broken, this is where it does no harm. The drivers' logs are
    // limited to ten reports in five seconds, hence not everything is tried both ways.
    const uint64_t canary = canary_.memory.physical(0);
    const uint64_t before = iova_ - attempt_size;
    std::vector<Attempt> attempts = {
        {"canary", canary, true, translation_or_size, false, canary_.data(), true},
        {"canary", canary, false, translation_or_size, false, canary_.data(), true},
        {"before the mapping", before, true, translation},
        {"after the mapping", iova_ + size_, true, translation},
    };
    std::vector<Range> avoid = {{iova_ - granule_, read_only_iova_ + 2 * granule_}};
    avoid.insert(avoid.end(), canary_.memory.pages.begin(), canary_.memory.pages.end());
    if (const auto far = far_inside(space_, granule_, avoid)) {
        attempts.push_back({"far inside", *far, true, translation});
    }
    const auto beyond = outside(space_, granule_);
    if (beyond) {
        attempts.push_back({"outside", *beyond, true, translation_or_size, true});
    }
    const auto in_space = [&](uint64_t address) {
        return std::any_of(space_.ranges.begin(), space_.ranges.end(),
                           [&](const Range &range) { return range.contains(address); });
    };

    SocDma &dma = path_.dma();
    Tally tally;
    notes.add("canary=%s%s outside=%s", hex(canary).c_str(), in_space(canary) ? "" : "(outside)",
              beyond ? hex(*beyond).c_str() : "none");
    const auto wrong = must_all_fault(attempts, tally);
    note_tally(notes, tally);
    if (wrong) {
        throw *wrong;
    }
    // A fault must not have cost the mapping.
    main_.device_reads(dma, iova_, granule_, attempt_size);
}

void DataSteps::readonly(Notes &notes)
{
    SocDma &dma = path_.dma();
    Tally tally;
    notes.add("iova=%s", hex(read_only_iova_).c_str());
    path_.map(only_.memory, 0, read_only_iova_, granule_, Prot::read_only);

    only_.device_reads(dma, read_only_iova_, 0, attempt_size);
    const auto wrong = must_all_fault({{"read-only", read_only_iova_, true, permission, false, only_.data(), true}},
                                      tally);
    note_tally(notes, tally);

    const uint64_t unmapped = path_.unmap(read_only_iova_, granule_);
    if (wrong) {
        throw *wrong;
    }
    if (unmapped != granule_) {
        fail(format("unmap of the read-only mapping returned %llu",
                    static_cast<unsigned long long>(unmapped)));
    }
}

void DataSteps::stale(Notes &notes)
{
    const uint64_t last = size_ - attempt_size;
    Tally tally;
    const auto wrong = must_all_fault({{"stale", iova_, true, translation},
                                       {"stale", iova_ + last, false, translation, false,
                                        main_.data() + granule_ + last}},
                                      tally);
    note_tally(notes, tally);
    if (wrong) {
        throw *wrong;
    }
}

} // namespace guest
