// A window of 32-bit registers, declared as data: name, offset, reset value, what may be written, what a one
// clears. Wrong accesses are answered here and never reach a device's code.
//
//     RegisterBank bank("apple-dart", 0x4000, log);
//     Register &config = bank.add({.name = "CONFIG", .offset = 0x60, .writable = Lock::mask});
//     Register &tcr = bank.add({.name = "TCR", .offset = 0x100, .count = 16, .writable = 0x1180});
//     tcr.on_write([&](unsigned sid, uint32_t written) { … });
//
// Rules for every bank: aligned 32-bit accesses are the rule. A 64-bit access is two, low word first. A narrow
// aligned read gives its part of the word; a narrow write, an unaligned access and an unknown offset do nothing,
// read as zero, and are logged.
//
// Threads: read and write with the big lock; Register::get on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "soc-iommu/guest_log.hpp"
#include "soc-iommu/state.hpp"

namespace soc {

struct RegisterSpec {
    const char *name;  // as the datasheet or the driver has it
    uint32_t offset;   // of the first, bytes
    uint32_t count = 1;
    uint32_t stride = 4;
    uint32_t reset = 0;
    uint32_t writable = 0;            // bits that take what is written
    uint32_t write_one_to_clear = 0;  // bits that a written one clears
    bool write_only = false;          // reads as zero, silently
    bool volatile_value = false;      // hardware changes it by itself: not part of reset-equals-construction reads
};

class Register {
public:
    // Called after the masks took effect, with the value as it was written.
    using WriteHook = std::function<void(unsigned index, uint32_t written)>;
    // Gives the value read; without it the stored value is.
    using ReadHook = std::function<uint32_t(unsigned index)>;
    // Asked before a write takes effect. false: the register is locked, the write does nothing and is logged.
    using WriteGuard = std::function<bool(unsigned index)>;

    explicit Register(const RegisterSpec &);

    const RegisterSpec &spec() const { return spec_; }
    uint32_t get(unsigned index = 0) const { return values_[index].load(std::memory_order_acquire); }
    // The hardware's own hand: no mask applies.
    void set(unsigned index, uint32_t value) { values_[index].store(value, std::memory_order_release); }
    void set(uint32_t value) { set(0, value); }
    Register &on_write(WriteHook hook) { write_hook_ = std::move(hook); return *this; }
    Register &on_read(ReadHook hook) { read_hook_ = std::move(hook); return *this; }
    Register &writable_while(WriteGuard guard) { write_guard_ = std::move(guard); return *this; }
    // True where a write can do more than the masks say.
    bool has_write_hook() const { return bool(write_hook_); }
    void reset();

private:
    friend class RegisterBank;
    RegisterSpec spec_;
    std::unique_ptr<std::atomic<uint32_t>[]> values_;
    WriteHook write_hook_;
    ReadHook read_hook_;
    WriteGuard write_guard_;
};

class RegisterBank final : public Stateful {
public:
    // `size`: bytes of the window, a multiple of 4, at most 1 MiB.
    RegisterBank(uint64_t size, GuestLog &log);

    // The reference stays valid for the life of the bank. Overlapping registers are an error of ours: asserted.
    Register &add(const RegisterSpec &);

    uint64_t read(uint64_t offset, unsigned size);
    void write(uint64_t offset, uint64_t value, unsigned size);
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;

    uint64_t size() const { return slots_.size() * 4; }
    // In the order they were added; for the conformance suite.
    const std::deque<Register> &registers() const { return registers_; }

private:
    struct Slot {
        uint16_t reg = 0;  // 1-based; 0 is none
        uint16_t index = 0;
    };
    // The register of this word; nullptr and a log line where there is none.
    Register *find(uint64_t offset, unsigned &index, const char *doing);
    uint32_t read_word(uint64_t offset);
    void write_word(uint64_t offset, uint32_t value);

    std::vector<Slot> slots_;
    std::deque<Register> registers_;
    GuestLog &log_;
};

}  // namespace soc
