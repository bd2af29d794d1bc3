// SPDX-License-Identifier: GPL-2.0-or-later
#include "lpae_table.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace soc::test {

namespace {

constexpr uint64_t bit(unsigned n) { return 1ull << n; }
constexpr uint64_t valid = bit(0), table_or_page = bit(1), af = bit(10), ng = bit(11), dbm = bit(51), contig = bit(52);
constexpr uint64_t shared = 3ull << 8;
constexpr uint64_t s1_user = bit(6), s1_read_only = bit(7), s1_pxn = bit(53), s1_uxn = bit(54);
constexpr uint64_t s2_read = bit(6), s2_write = bit(7), s2_xn0 = bit(53), s2_xn1 = bit(54);
constexpr uint64_t s2_device = 1ull << 2, s2_normal = 15ull << 2;
constexpr uint64_t pxn_table = bit(59), uxn_table = bit(60), ap_table_no_user = bit(61), ap_table_read_only = bit(62);
constexpr uint64_t low_address = 0x0000'ffff'ffff'f000;

}  // namespace

LpaeTable::LpaeTable(GuestMemory &memory, Frames &frames, const Shape &shape)
    : memory_(memory), frames_(frames), shape_(shape), granule_shift_(unsigned(std::countr_zero(shape.granule)))
{
    unsigned level = 3;
    while (level > 0 && entry_shift(level) + granule_shift_ - 3 < shape.input_bits)
        --level;
    start_level_ = shape.start_level.value_or(level);
    root_ = new_table(std::max<uint64_t>(64, 8ull << (shape.input_bits - entry_shift(start_level_))));
}

unsigned LpaeTable::entry_shift(unsigned level) const
{
    return granule_shift_ + (3 - level) * (granule_shift_ - 3);
}

uint64_t LpaeTable::index(uint64_t input, unsigned level) const
{
    const unsigned shift = entry_shift(level);
    const unsigned bits = level == start_level_ ? shape_.input_bits - shift : granule_shift_ - 3;
    return input >> shift & (bit(bits) - 1);
}

uint64_t LpaeTable::new_table(uint64_t size)
{
    const uint64_t table = frames_.take(size);
    for (uint64_t at = table; at < table + size; at += 8)
        memory_.store<uint64_t>(at, 0);
    return table;
}

// With 64K pages bits 51:48 of an address lie in bits 15:12.
uint64_t LpaeTable::address_bits(uint64_t address) const
{
    return (address & low_address) | (granule_shift_ == 16 ? (address >> 48 & 15) << 12 : 0);
}

uint64_t LpaeTable::address_of(uint64_t descriptor) const
{
    const uint64_t low = descriptor & low_address & ~(shape_.granule - 1);
    return low | (granule_shift_ == 16 ? (descriptor >> 12 & 15) << 48 : 0);
}

uint64_t LpaeTable::attribute_bits(const Attributes &a) const
{
    uint64_t out = valid | shared | (a.accessed ? af : 0) | (a.dirty_managed ? dbm : 0) | (a.contiguous ? contig : 0) |
                   (a.level == 3 ? table_or_page : 0);
    if (shape_.stage == 1)
        return out | (a.user ? s1_user : 0) | (allows(a.perm, Access::write) ? 0 : s1_read_only) |
               (a.user_execute ? 0 : s1_uxn) | (a.priv_execute ? 0 : s1_pxn) | (a.global ? 0 : ng);
    out |= (allows(a.perm, Access::read) ? s2_read : 0) | (allows(a.perm, Access::write) ? s2_write : 0) |
           (a.device ? s2_device : s2_normal);
    // XN[1:0]: 0 both may execute, 1 the unprivileged, 2 none, 3 the privileged.
    out |= (a.user_execute ? 0 : s2_xn1) | (a.user_execute != a.priv_execute ? s2_xn0 : 0);
    return out;
}

uint64_t LpaeTable::make_way(uint64_t input, unsigned level)
{
    uint64_t table = root_;
    for (unsigned at = start_level_; at < level; ++at) {
        const uint64_t where = table + index(input, at) * 8;
        uint64_t entry = *memory_.load<uint64_t>(where);
        if ((entry & (valid | table_or_page)) != (valid | table_or_page)) {
            entry = address_bits(new_table(shape_.granule) - shape_.memory_offset) | valid | table_or_page;
            memory_.store(where, entry);
        }
        table = address_of(entry) + shape_.memory_offset;
    }
    return table + index(input, level) * 8;
}

uint64_t LpaeTable::descriptor_address(uint64_t input, unsigned level) const
{
    uint64_t table = root_;
    for (unsigned at = start_level_; at < level; ++at)
        table = address_of(*memory_.load<uint64_t>(table + index(input, at) * 8)) + shape_.memory_offset;
    return table + index(input, level) * 8;
}

void LpaeTable::set(uint64_t input, unsigned level, uint64_t descriptor)
{
    memory_.store(make_way(input, level), descriptor);
}

void LpaeTable::map(uint64_t input, uint64_t output, uint64_t size, const Attributes &attributes)
{
    for (uint64_t done = 0; done < size; done += block_size(attributes.level))
        set(input + done, attributes.level, address_bits(output + done) | attribute_bits(attributes));
}

void LpaeTable::unmap(uint64_t input, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        const auto [where, level] = find_leaf(input + done);
        memory_.store<uint64_t>(where, 0);
        done += block_size(level);
    }
}

void LpaeTable::restrict(uint64_t input, unsigned level, const Hierarchy &h)
{
    const uint64_t where = descriptor_address(input, level);
    memory_.store(where, *memory_.load<uint64_t>(where) | (h.no_write ? ap_table_read_only : 0) |
                             (h.no_user ? ap_table_no_user : 0) | (h.no_user_execute ? uxn_table : 0) |
                             (h.no_priv_execute ? pxn_table : 0));
}

std::pair<uint64_t, unsigned> LpaeTable::find_leaf(uint64_t input) const
{
    unsigned level = start_level_;
    uint64_t where = descriptor_address(input, level);
    while (level < 3) {
        const uint64_t entry = *memory_.load<uint64_t>(where);
        if ((entry & (valid | table_or_page)) != (valid | table_or_page))
            break;
        where = address_of(entry) + shape_.memory_offset + index(input, ++level) * 8;
    }
    return {where, level};
}

uint64_t LpaeTable::leaf(uint64_t input) const
{
    return *memory_.load<uint64_t>(find_leaf(input).first);
}

bool LpaeTable::accessed(uint64_t input) const
{
    return leaf(input) & af;
}

bool LpaeTable::writable(uint64_t input) const
{
    return shape_.stage == 1 ? !(leaf(input) & s1_read_only) : leaf(input) & s2_write;
}

}  // namespace soc::test
