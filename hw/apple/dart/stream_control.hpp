// What is set for each stream: TCR, TTBR, the enable bit; and the lock over them.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "soc-iommu/register_bank.hpp"
#include "variant.hpp"

namespace soc::dart {

enum class StreamMode { off, invalid, bypass, translate };

class StreamControl {
public:
    // `locked`: as after reset. `changed`: called when a stream's mode may have become another one.
    StreamControl(const Variant &, bool bypass, bool locked, RegisterBank &,
                  std::function<void(unsigned stream)> changed);

    // Any thread for both.
    StreamMode mode(unsigned stream) const;
    // Physical address of a root table; nothing where its TTBR is not valid.
    std::optional<uint64_t> table(unsigned stream, unsigned index) const;

    bool locked() const { return lock_.get() & variant_.lock.lock; }

private:
    void add_enable(RegisterBank &);
    void add_lock(RegisterBank &, bool locked);
    void changed_word(unsigned word);

    const Variant &variant_;
    const bool bypass_;
    std::function<void(unsigned stream)> changed_;
    Register &enable_, &tcr_, &ttbr_, &lock_;
};

}  // namespace soc::dart
