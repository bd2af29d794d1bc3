// Saved state as a flat, little-endian sequence. Reader and writer walk the same fields in the same order; a
// section opens with its name and version, so that foreign or truncated data is refused, never believed.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace soc {

class StateWriter {
public:
    void section(std::string_view name, uint32_t version);
    void u32(uint32_t);
    void u64(uint64_t);
    void bytes(std::span<const uint8_t>);
    const std::vector<uint8_t> &data() const { return data_; }

private:
    std::vector<uint8_t> data_;
};

// After the first failed read every read gives zero and ok() stays false.
class StateReader {
public:
    explicit StateReader(std::span<const uint8_t> data) : data_(data) {}
    void section(std::string_view name, uint32_t version);
    uint32_t u32();
    uint64_t u64();
    void bytes(std::span<uint8_t>);
    // Refuses what a model finds impossible in the values it read.
    void fail() { ok_ = false; }
    bool ok() const { return ok_; }
    // True when everything was read and nothing is left over.
    bool complete() const { return ok_ && data_.empty(); }

private:
    std::span<const uint8_t> data_;
    bool ok_ = true;
};

// A part of a device that keeps something from one call to the next: registers, a record of faults, counters.
class Stateful {
public:
    virtual ~Stateful() = default;
    // Leaves the part as its constructor did.
    virtual void reset() = 0;
    virtual void save(StateWriter &) const = 0;
    virtual void load(StateReader &) = 0;
};

}  // namespace soc
