// SPDX-License-Identifier: GPL-2.0-or-later
// The steps from `map` to `stale`: what soc-dma can reach through a path, and what it must not.
#pragma once

#include "area.hpp"
#include "failure.hpp"
#include "path.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace guest
{

class DataSteps
{
public:
    DataSteps(Path &path, std::string driver) : path_(path), driver_(std::move(driver)) {}

    void map(Notes &notes);
    void dma(Notes &notes);
    void isolation(Notes &notes);
    void readonly(Notes &notes);
    void unmap(Notes &notes);
    void stale(Notes &notes);

private:
    // Sum of the attempts of one step.
    struct Tally {
        unsigned faults = 0;
        unsigned reported = 0;   // STATUS_ERROR; the rest moved no data in silence
        unsigned redirected = 0; // the IOMMU sent it elsewhere
        unsigned logged = 0;
        unsigned rate_limited = 0;
        unsigned muted = 0; // the driver had its say about an earlier one
        std::string last;
    };

    Area make_area(const std::string &name, size_t size);
    void check_memory(const std::string &after) const;
    void transfer_all();
    void must_fault(const Attempt &attempt, Tally &tally);
    std::optional<Failure> must_all_fault(const std::vector<Attempt> &attempts, Tally &tally);
    void check_model(const Attempt &attempt, Tally &tally);
    void check_log(const Attempt &attempt, class KernelLogTail &tail, Tally &tally);
    void note_tally(Notes &notes, const Tally &tally) const;

    Path &path_;
    std::string driver_; // of the IOMMU
    IovaSpace space_;
    size_t granule_ = 0;
    uint64_t iova_ = 0;
    uint64_t read_only_iova_ = 0;
    size_t size_ = 0;
    Area main_;   // a guard of one granule, the mapped part, a guard
    Area only_;   // mapped read-only
    Area canary_; // never mapped
    uint32_t seed_ = 1;
    bool leaks_ = false; // an attempt got through
    bool logged_ = false; // the driver has printed a fault
};

} // namespace guest
