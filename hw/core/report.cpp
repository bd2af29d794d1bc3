// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/report.hpp"

namespace soc {

unsigned Report::add(RegisterBank &bank, RegisterSpec spec, uint32_t bits)
{
    const unsigned first = unsigned(words_.size());
    words_.insert(words_.end(), spec.count, spec.reset);
    initial_.insert(initial_.end(), spec.count, spec.reset);
    bits_.insert(bits_.end(), spec.count, bits);
    spec.volatile_value = true;
    Register &reg = bank.add(spec).on_read([this, first](unsigned index) { return get(first + index); });
    if (spec.writable || spec.write_one_to_clear)
        reg.on_write([this, first, spec](unsigned index, uint32_t written) {
            std::lock_guard guard(lock_);
            uint32_t &word = words_[first + index];
            word = ((word & ~spec.writable) | (written & spec.writable)) & ~(written & spec.write_one_to_clear);
        });
    return first;
}

void Report::reset()
{
    std::lock_guard guard(lock_);
    words_ = initial_;
}

void Report::save(StateWriter &out) const
{
    std::lock_guard guard(lock_);
    out.section("report", 1);
    for (uint32_t word : words_)
        out.u32(word);
}

void Report::load(StateReader &in)
{
    std::lock_guard guard(lock_);
    in.section("report", 1);
    for (size_t i = 0; i < words_.size(); ++i)
        words_[i] = in.u32() & bits_[i];
}

}  // namespace soc
