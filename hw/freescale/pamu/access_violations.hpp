// What PAMUs remember of accesses they refused, each for itself: the first until software clears it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/report.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc::pamu {

// Fields of AVS1: why. Of the codes only LAV 1 is known (PAMU_LAV_LIODN_NOT_IN_PPAACT); README.md lists the others.
enum class Violation : uint32_t {
    no_operation = 1u << 1,         // OTV 1
    bad_operation_table = 2u << 1,  // OTV 2
    read_denied = 1u << 3,          // APV 1
    write_denied = 2u << 3,         // APV 2
    outside_window = 1u << 7,       // WAV 1
    subwindow_invalid = 2u << 7,    // WAV 2
    outside_subwindow = 3u << 7,    // WAV 3
    not_in_table = 1u << 10,        // LAV 1
    entry_invalid = 2u << 10,       // LAV 2
    entry_illegal = 3u << 10,       // LAV 3
    gate_closed = 1u << 13,         // GCV
    pamu_disabled = 1u << 14,       // PDV
};

class AccessViolations final : public Stateful {
public:
    AccessViolations(RegisterBank &, unsigned pamus, uint32_t stride);

    // Any thread for these.
    void latch(unsigned pamu, Violation, uint32_t liodn, uint64_t address);
    // A table that the PAMU itself could not read: where the entry would have been.
    void latch_operation_error(unsigned pamu, uint64_t entry);
    bool interrupt() const;

    void reset() override { report_.reset(); }
    void save(StateWriter &out) const override { report_.save(out); }
    void load(StateReader &in) override { report_.load(in); }

private:
    const unsigned pamus_;
    Report report_;
    const unsigned status_, address_high_, address_low_;           // words of the report, one a PAMU from here on
    const unsigned operation_status_, entry_high_, entry_low_;
    Register &control_;
};

}  // namespace soc::pamu
