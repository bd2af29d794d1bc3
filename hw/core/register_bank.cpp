// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/register_bank.hpp"

#include <cassert>

namespace soc {

Register::Register(const RegisterSpec &spec)
    : spec_(spec), values_(std::make_unique<std::atomic<uint32_t>[]>(spec.count))
{
    reset();
}

void Register::reset()
{
    for (unsigned i = 0; i < spec_.count; ++i)
        set(i, spec_.reset);
}

RegisterBank::RegisterBank(uint64_t size, GuestLog &log) : slots_(size / 4), log_(log)
{
    assert(size % 4 == 0 && size <= 0x100000);
}

Register &RegisterBank::add(const RegisterSpec &spec)
{
    assert(spec.offset % 4 == 0 && spec.stride % 4 == 0 && spec.count > 0);
    registers_.emplace_back(spec);
    for (unsigned i = 0; i < spec.count; ++i) {
        Slot &slot = slots_.at((spec.offset + i * spec.stride) / 4);
        assert(slot.reg == 0);
        slot = {static_cast<uint16_t>(registers_.size()), static_cast<uint16_t>(i)};
    }
    return registers_.back();
}

Register *RegisterBank::find(uint64_t offset, unsigned &index, const char *doing)
{
    const Slot slot = offset / 4 < slots_.size() ? slots_[offset / 4] : Slot{};
    if (!slot.reg) {
        log_.error(std::string(doing) + " of unknown register " + hex(offset));
        return nullptr;
    }
    index = slot.index;
    return &registers_[slot.reg - 1];
}

uint32_t RegisterBank::read_word(uint64_t offset)
{
    unsigned index;
    Register *reg = find(offset, index, "read");
    if (!reg || reg->spec_.write_only)
        return 0;
    return reg->read_hook_ ? reg->read_hook_(index) : reg->get(index);
}

void RegisterBank::write_word(uint64_t offset, uint32_t value)
{
    unsigned index;
    Register *reg = find(offset, index, "write");
    if (!reg)
        return;
    const RegisterSpec &spec = reg->spec_;
    if (!spec.writable && !spec.write_one_to_clear && !reg->write_hook_) {
        log_.error(std::string("write of ") + hex(value) + " to read-only " + spec.name);
        return;
    }
    if (reg->write_guard_ && !reg->write_guard_(index)) {
        log_.error(std::string("write of ") + hex(value) + " to locked " + spec.name);
        return;
    }
    // A register of hooks only is left alone: another thread may be setting it.
    if (spec.writable || spec.write_one_to_clear) {
        const uint32_t old = reg->get(index);
        reg->set(index, ((old & ~spec.writable) | (value & spec.writable)) & ~(value & spec.write_one_to_clear));
    }
    if (reg->write_hook_)
        reg->write_hook_(index, value);
}

uint64_t RegisterBank::read(uint64_t offset, unsigned size)
{
    if (size == 8 && offset % 4 == 0) {
        const uint64_t low = read_word(offset);
        return low | uint64_t(read_word(offset + 4)) << 32;
    }
    if (size > 4 || offset % size != 0) {
        log_.error("unaligned read of " + std::to_string(size) + " bytes at " + hex(offset));
        return 0;
    }
    const uint64_t word = read_word(offset & ~3ull) >> (8 * (offset & 3));
    return size == 4 ? word : word & ((1ull << (8 * size)) - 1);
}

void RegisterBank::write(uint64_t offset, uint64_t value, unsigned size)
{
    if (size == 8 && offset % 4 == 0) {
        write_word(offset, static_cast<uint32_t>(value));
        write_word(offset + 4, static_cast<uint32_t>(value >> 32));
        return;
    }
    if (size != 4 || offset % 4 != 0) {
        log_.error("write of " + std::to_string(size) + " bytes at " + hex(offset) + ": not an aligned word");
        return;
    }
    write_word(offset, static_cast<uint32_t>(value));
}

void RegisterBank::reset()
{
    for (Register &reg : registers_)
        reg.reset();
}

void RegisterBank::save(StateWriter &out) const
{
    out.section("registers", 1);
    for (const Register &reg : registers_)
        for (unsigned i = 0; i < reg.spec_.count; ++i)
            out.u32(reg.get(i));
}

void RegisterBank::load(StateReader &in)
{
    in.section("registers", 1);
    for (Register &reg : registers_)
        for (unsigned i = 0; i < reg.spec_.count; ++i)
            reg.set(i, in.u32());
}

}  // namespace soc
