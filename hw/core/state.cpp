// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/state.hpp"

#include <algorithm>

namespace soc {

void StateWriter::section(std::string_view name, uint32_t version)
{
    u32(static_cast<uint32_t>(name.size()));
    data_.insert(data_.end(), name.begin(), name.end());
    u32(version);
}

void StateWriter::u32(uint32_t value)
{
    for (unsigned i = 0; i < 4; ++i)
        data_.push_back(static_cast<uint8_t>(value >> (8 * i)));
}

void StateWriter::u64(uint64_t value)
{
    u32(static_cast<uint32_t>(value));
    u32(static_cast<uint32_t>(value >> 32));
}

void StateWriter::bytes(std::span<const uint8_t> bytes)
{
    data_.insert(data_.end(), bytes.begin(), bytes.end());
}

void StateReader::section(std::string_view name, uint32_t version)
{
    const uint32_t length = u32();
    if (length != name.size() || length > data_.size()) {
        ok_ = false;
        return;
    }
    if (!std::equal(name.begin(), name.end(), data_.begin()))
        ok_ = false;
    data_ = data_.subspan(length);
    if (u32() != version)
        ok_ = false;
}

uint32_t StateReader::u32()
{
    if (!ok_ || data_.size() < 4) {
        ok_ = false;
        return 0;
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i)
        value |= uint32_t(data_[i]) << (8 * i);
    data_ = data_.subspan(4);
    return value;
}

uint64_t StateReader::u64()
{
    const uint64_t low = u32();
    return low | uint64_t(u32()) << 32;
}

void StateReader::bytes(std::span<uint8_t> bytes)
{
    if (!ok_ || data_.size() < bytes.size()) {
        ok_ = false;
        std::fill(bytes.begin(), bytes.end(), uint8_t(0));
        return;
    }
    std::copy_n(data_.begin(), bytes.size(), bytes.begin());
    data_ = data_.subspan(bytes.size());
}

}  // namespace soc
