// Registers that the hardware writes on any thread while software reads and clears them: what a fault was, and where.
// Their words are not in the bank but here, under one lock, so that software never sees half of a report.
//
//     Report report;
//     const unsigned status = report.add(bank, {.name = "FSR", .offset = 0x58, .write_one_to_clear = all});
//     const unsigned address = report.add(bank, {.name = "FAR", .offset = 0x60});
//     report.update([&](std::span<uint32_t> word) { word[status] |= bits; word[address] = where; });
//
// Threads: update(), get() on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "soc-iommu/register_bank.hpp"

namespace soc {

class Report final : public Stateful {
public:
    // Returns the number of the register's first word. What a written one clears, and what may be written, is as the
    // spec says; `bits` are those that the words can have. Words start at spec.reset.
    unsigned add(RegisterBank &, RegisterSpec, uint32_t bits = ~0u);

    template <typename Change>
    void update(Change change)
    {
        std::lock_guard guard(lock_);
        change(std::span<uint32_t>(words_));
    }
    uint32_t get(unsigned word) const
    {
        std::lock_guard guard(lock_);
        return words_[word];
    }

    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;

private:
    mutable std::mutex lock_;
    std::vector<uint32_t> words_, initial_, bits_;
};

}  // namespace soc
