// SPDX-License-Identifier: GPL-2.0-or-later
#include "area.hpp"

#include "failure.hpp"
#include "fault_kinds.hpp"
#include "text.hpp"

#include <algorithm>

namespace guest
{

void Area::refresh(size_t offset, size_t length, uint32_t seed)
{
    fill(expected.data() + offset, length, seed);
    std::copy_n(expected.data() + offset, length, data() + offset);
}

void Area::check(const std::string &after) const
{
    const size_t at = first_difference(data(), expected.data(), size());
    if (at != size()) {
        fail(format("%s: %s memory is wrong at offset 0x%zx: 0x%02x instead of 0x%02x", after.c_str(),
                    name.c_str(), at, data()[at], expected[at]));
    }
}

void Area::device_reads(SocDma &dma, uint64_t address, size_t offset, size_t length) const
{
    std::vector<uint8_t> seen(length);
    if (dma.from_memory(address, seen).failed()) {
        fail(format("the device could not read %zu bytes of %s memory at %s: %s", length, name.c_str(),
                    hex(address).c_str(), fault_kind_name(dma.fault().kind).c_str()));
    }
    const size_t at = first_difference(seen.data(), expected.data() + offset, length);
    if (at != length) {
        fail(format("the device read other data than %s memory holds at %s", name.c_str(),
                    hex(address + at).c_str()));
    }
}

void Area::device_writes(SocDma &dma, uint64_t address, size_t offset, size_t length, uint32_t seed)
{
    std::vector<uint8_t> written(length);
    fill(written.data(), length, seed);
    if (dma.to_memory(address, written).failed()) {
        fail(format("the device could not write %zu bytes of %s memory at %s: %s", length, name.c_str(),
                    hex(address).c_str(), fault_kind_name(dma.fault().kind).c_str()));
    }
    std::copy(written.begin(), written.end(), expected.begin() + static_cast<ptrdiff_t>(offset));
}

std::string Attempt::where() const
{
    return name + (write ? " write at " : " read at ") + hex(address);
}

Attempt::Outcome Attempt::run(SocDma &dma, uint32_t seed) const
{
    const uint64_t faults = dma.counters().faults;
    std::vector<uint8_t> data(attempt_size);
    // What is in the local buffer from before may stay there, and a device may put zeroes there.
    const std::vector<uint8_t> untouched(attempt_size, 0xa5);
    Transfer transfer;
    if (write) {
        fill(data.data(), data.size(), seed);
        transfer = dma.to_memory(address, data);
    } else {
        dma.preload(untouched);
        transfer = dma.from_memory(address, data);
    }
    const bool redirected = !transfer.failed() && dma.counters().faults > faults;
    if (!write && data != untouched && data != std::vector<uint8_t>(attempt_size) &&
        (!redirected || (behind && std::equal(data.begin(), data.end(), behind)))) {
        fail(where() + ": the device got data");
    }
    return {transfer, redirected};
}

std::string Attempt::objection(const DmaFault &fault) const
{
    if (fault.address != address) {
        return "another address";
    }
    if (!fault_kind::among(kinds, fault.kind)) {
        return "another kind";
    }
    if (((fault.flags & fault_kind::txn_write) != 0) != write) {
        return "another direction";
    }
    return "";
}

} // namespace guest
