// SPDX-License-Identifier: GPL-2.0-or-later
#include "dart_table.hpp"

#include <bit>

namespace soc::test {

namespace {

constexpr uint64_t valid = 1, sp_dis = 2;
constexpr uint64_t dart1_no_read = 1 << 8, dart1_no_write = 1 << 7;
constexpr uint64_t dart2_no_read = 1 << 3, dart2_no_write = 1 << 2;

constexpr uint64_t genmask(unsigned high, unsigned low)
{
    return (~0ull >> (63 - high)) & ~((1ull << low) - 1);
}

}  // namespace

DartTable::DartTable(FakeMemory &memory, Frames &frames, Kind kind, uint64_t page_size, unsigned roots)
    : memory_(memory), frames_(frames), kind_(kind), page_size_(page_size),
      page_shift_(unsigned(std::countr_zero(page_size)))
{
    for (unsigned i = 0; i < roots; ++i)
        roots_.push_back(new_table());
}

uint64_t DartTable::new_table()
{
    const uint64_t table = frames_.take(page_size_);
    for (uint64_t at = table; at < table + page_size_; at += 8)
        memory_.store<uint64_t>(at, 0);
    return table;
}

uint64_t DartTable::address_bits(uint64_t pa) const
{
    return kind_ == Kind::dart1 ? pa & genmask(35, 12) : pa >> 4 & genmask(37, 10);
}

uint64_t DartTable::protection(Perm perm) const
{
    const bool dart1 = kind_ == Kind::dart1;
    return (allows(perm, Access::read) ? 0 : dart1 ? dart1_no_read : dart2_no_read) |
           (allows(perm, Access::write) ? 0 : dart1 ? dart1_no_write : dart2_no_write);
}

uint64_t DartTable::table_entry_address(uint64_t iova) const
{
    const unsigned bits = page_shift_ - 3;
    const uint64_t root = roots_.at(iova >> (page_shift_ + 2 * bits));
    return root + (iova >> (page_shift_ + bits) & ((1u << bits) - 1)) * 8;
}

uint64_t DartTable::leaf_address(uint64_t iova)
{
    const uint64_t at = table_entry_address(iova);
    uint64_t entry = *memory_.load<uint64_t>(at);
    if (!(entry & valid)) {
        entry = address_bits(new_table()) | valid;
        memory_.store<uint64_t>(at, entry);
    }
    const uint64_t table = kind_ == Kind::dart1 ? entry & genmask(35, 12) : (entry & genmask(37, 10)) << 4;
    return table + (iova >> page_shift_ & ((1u << (page_shift_ - 3)) - 1)) * 8;
}

void DartTable::map(uint64_t iova, uint64_t pa, uint64_t size, Perm perm)
{
    for (uint64_t done = 0; done < size; done += page_size_)
        map_part(iova + done, pa + done, perm, {}, true);
}

void DartTable::map_part(uint64_t iova, uint64_t pa, Perm perm, Subpage part, bool disable)
{
    set_leaf(iova, uint64_t(part.start) << 52 | uint64_t(part.end) << 40 | protection(perm) |
                       (disable ? sp_dis : 0) | valid | address_bits(pa));
}

void DartTable::unmap(uint64_t iova, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += page_size_)
        set_leaf(iova + done, 0);
}

void DartTable::set_leaf(uint64_t iova, uint64_t entry)
{
    memory_.store<uint64_t>(leaf_address(iova), entry);
}

void DartTable::set_table(uint64_t iova, uint64_t entry)
{
    memory_.store<uint64_t>(table_entry_address(iova), entry);
}

}  // namespace soc::test
