// SPDX-License-Identifier: GPL-2.0-or-later
#include "fake_host.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>
#include <stdexcept>

#include "core/seam_host.hpp"
#include "soc-iommu/registry.hpp"

namespace soc::test {

namespace {

// Calls each(address, Word()) for the naturally aligned words, the widest that fit, of which a range consists.
template <typename Each>
void for_each_word(uint64_t address, uint32_t size, Each &&each)
{
    for (const uint64_t end = address + size; address != end;) {
        const uint64_t left = end - address;
        if (address % 8 == 0 && left >= 8) {
            each(address, uint64_t());
            address += 8;
        } else if (address % 4 == 0 && left >= 4) {
            each(address, uint32_t());
            address += 4;
        } else {
            each(address, uint8_t());
            address += 1;
        }
    }
}

}  // namespace

void FakeMemory::add(uint64_t base, uint64_t size)
{
    // From calloc, so that only what a test touches costs anything.
    std::shared_ptr<void> bytes(std::calloc(size, 1), std::free);
    if (!bytes)
        throw std::bad_alloc();
    regions_.push_back({base, size, std::move(bytes)});
}

FakeMemory::Region *FakeMemory::find(uint64_t address, uint32_t size)
{
    for (Region &region : regions_)
        if (address >= region.base && address - region.base <= region.size &&
            size <= region.size - (address - region.base))
            return &region;
    return nullptr;
}

bool FakeMemory::read(uint64_t address, void *data, uint32_t size)
{
    Region *region = find(address, size);
    if (!region)
        return false;
    auto *to = static_cast<char *>(data);
    for_each_word(address, size, [&]<typename Word>(uint64_t where, Word) {
        const Word word =
            std::atomic_ref(*reinterpret_cast<Word *>(region->at(where))).load(std::memory_order_acquire);
        std::memcpy(to + (where - address), &word, sizeof word);
    });
    if (after_read)
        after_read();
    return true;
}

bool FakeMemory::write(uint64_t address, const void *data, uint32_t size)
{
    Region *region = find(address, size);
    if (!region)
        return false;
    const auto *from = static_cast<const char *>(data);
    for_each_word(address, size, [&]<typename Word>(uint64_t where, Word) {
        Word word;
        std::memcpy(&word, from + (where - address), sizeof word);
        std::atomic_ref(*reinterpret_cast<Word *>(region->at(where))).store(word, std::memory_order_release);
    });
    return true;
}

std::optional<uint64_t> FakeMemory::compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                                     uint64_t desired)
{
    Region *region = address % size == 0 ? find(address, size) : nullptr;
    if (!region || (size != 4 && size != 8))
        return std::nullopt;
    if (size == 4) {
        auto old = static_cast<uint32_t>(expected);
        std::atomic_ref(*reinterpret_cast<uint32_t *>(region->at(address)))
            .compare_exchange_strong(old, static_cast<uint32_t>(desired));
        return old;
    }
    std::atomic_ref(*reinterpret_cast<uint64_t *>(region->at(address))).compare_exchange_strong(expected, desired);
    return expected;
}

bool FakeHost::run_deferred(Device &device)
{
    if (!deferred_.exchange(false))
        return false;
    device.deferred();
    return true;
}

unsigned FakeHost::logged(const std::string &part) const
{
    std::lock_guard guard(log_lock_);
    return unsigned(std::count_if(log_.begin(), log_.end(), [&](const std::string &line) {
        return line.find(part) != std::string::npos;
    }));
}

void FakeHost::log(LogLevel, const std::string &line)
{
    std::lock_guard guard(log_lock_);
    log_.push_back(line);
}

void FakeHost::irq(unsigned line, bool level)
{
    if (lines_.size() <= line)
        lines_.resize(line + 1);
    lines_[line] = level;
    ++line_changes;
}

bool FakeHost::msi(uint32_t device_id, uint64_t address, uint32_t data)
{
    if (dead_msis)
        return false;
    msis.push_back({device_id, address, data});
    return true;
}

void FakeHost::unmap_notify(uint32_t stream, uint64_t address, uint64_t size)
{
    unmaps.push_back({stream, address, size});
}

void FakeHost::held_end(uint64_t hold, const Fault *terminated)
{
    ends.push_back({hold, terminated != nullptr});
}

bool FakeHost::message(uint32_t port, const SocMessage &message)
{
    if (deaf)
        return false;
    message_ports.push_back(port);
    messages.push_back(message);
    return true;
}

uint32_t FakeHost::port_stream(uint32_t)
{
    return port_.first ? port_.second : ~0u;
}

bool FakeHost::dma(uint32_t, uint64_t address, std::span<uint8_t> data, Access access, bool privileged)
{
    while (!data.empty()) {
        uint64_t target = address, room = data.size();
        if (port_.first) {
            Transaction txn;
            txn.address = address;
            txn.stream = port_.second;
            txn.access = access;
            txn.privileged = privileged;
            const TranslateResult result = port_.first->translate(txn);
            const auto *translation = std::get_if<Translation>(&result);
            if (!translation)
                return false;
            target = translation->address;
            room = std::min<uint64_t>(room, translation->mask - (address & translation->mask) + 1);
        }
        const auto size = uint32_t(room);
        if (!(access == Access::write ? memory_.write(target, data.data(), size)
                                      : memory_.read(target, data.data(), size)))
            return false;
        address += size;
        data = data.subspan(size);
    }
    return true;
}

bool FakeHost::translate(uint32_t, Transaction &txn, SocTranslation &out)
{
    if (!port_.first)
        return false;
    txn.stream = port_.second;
    out = to_seam(port_.first->translate(txn));
    return true;
}

bool FakeHost::last_fault(uint32_t, SocFault &fault)
{
    if (!port_.first)
        return false;
    const Counters::LastFault last = port_.first->counters().last_fault();
    fault = {};
    fault.kind = uint32_t(last.fault.kind);
    fault.address = last.fault.transaction.address;
    fault.stream = last.fault.transaction.stream;
    fault.flags = last.fault.transaction.flags();
    fault.count = last.count;
    return true;
}

bool FakeHost::counter(uint32_t, const char *name, uint64_t &value)
{
    if (!port_.first)
        return false;
    const auto names = Counters::names();
    for (unsigned i = 0; i < names.size(); ++i)
        if (std::string(names[i]) == name) {
            value = port_.first->counters().value(i);
            return true;
        }
    return false;
}

std::unique_ptr<Device> make_device(Host &host, const std::string &type, const OptionList &options)
{
    const ModelType *found = find_model_type(type);
    if (!found)
        throw std::runtime_error("no model " + type);
    std::vector<SocOption> raw;
    for (const auto &[name, value] : options)
        raw.push_back({name.c_str(), value.c_str()});
    return found->create(host, Options(found->options, raw));
}

std::unique_ptr<Iommu> make_iommu(Host &host, const std::string &type, const OptionList &options)
{
    std::unique_ptr<Device> device = make_device(host, type, options);
    if (!dynamic_cast<Iommu *>(device.get()))
        throw std::runtime_error(type + " is no IOMMU");
    return std::unique_ptr<Iommu>(static_cast<Iommu *>(device.release()));
}

OptionList parse_options(const std::string &text)
{
    OptionList out;
    std::istringstream in(text);
    for (std::string part; std::getline(in, part, ',');) {
        const size_t equals = part.find('=');
        out.emplace_back(part.substr(0, equals), part.substr(equals + 1));
    }
    return out;
}

}  // namespace soc::test
