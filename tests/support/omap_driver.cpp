// SPDX-License-Identifier: GPL-2.0-or-later
#include "omap_driver.hpp"

namespace soc::test {

namespace {

constexpr uint32_t iopgd_table = 1, iopgd_section = 2, iopgd_super = 1u << 18 | 2, iopte_small = 2, iopte_large = 1;

uint32_t va_mask(uint32_t cam)
{
    constexpr uint32_t masks[] = {0xfff00000, 0xffff0000, 0xfffff000, 0xff000000};
    return masks[cam & 3];
}

}  // namespace

uint64_t OmapDriver::bytes(PageSize size)
{
    constexpr uint64_t sizes[] = {1_MiB, 64_KiB, 4_KiB, 16_MiB};
    return sizes[size];
}

OmapDriver::OmapDriver(FakeHost &host, Iommu &iommu, uint64_t tables, unsigned tlb_entries, bool bus_error_back)
    : host_(host), iommu_(iommu), tables_(tables), tlb_entries_(tlb_entries), bus_error_back_(bus_error_back),
      next_table_(tables + level_1_size)
{
}

void OmapDriver::attach()
{
    read(revision);
    write(ttb, uint32_t(tables_));
    if (bus_error_back_)
        write(gp_reg, 1);
    enable(true);
    flush_all();
}

void OmapDriver::detach()
{
    write(cntl, read(cntl) & ~(7u << 1));
}

void OmapDriver::enable(bool table_walk)
{
    const uint32_t others = read(cntl) & ~(7u << 1);
    write(irqenable, table_walk ? 0x1e : 0x17);
    write(cntl, others | mmu_en | (table_walk ? twl_en : 0));
}

uint64_t OmapDriver::level_2(uint64_t iova)
{
    const uint64_t where = tables_ + (iova >> 20 & 4095) * 4;
    uint32_t entry = *host_.memory().load<uint32_t>(where);
    if ((entry & 3) != iopgd_table) {
        entry = uint32_t(next_table_) | iopgd_table;
        for (uint64_t at = 0; at < level_2_size; at += 4)
            host_.memory().store<uint32_t>(next_table_ + at, 0);
        next_table_ += level_2_size;
        host_.memory().store<uint32_t>(where, entry);
    }
    return entry & ~0x3ffu;
}

void OmapDriver::set_level_1(uint64_t iova, uint32_t entry)
{
    host_.memory().store<uint32_t>(tables_ + (iova >> 20 & 4095) * 4, entry);
}

void OmapDriver::set_level_2(uint64_t iova, uint32_t entry)
{
    host_.memory().store<uint32_t>(level_2(iova) + (iova >> 12 & 255) * 4, entry);
}

void OmapDriver::map_as(PageSize size, uint64_t iova, uint64_t pa, uint32_t attributes)
{
    // get_iopte_attr: an entry of level 1 has them six bits higher.
    const uint32_t address = uint32_t(pa);
    if (size == small)
        set_level_2(iova, address | attributes | iopte_small);
    else if (size == section)
        set_level_1(iova, address | attributes << 6 | iopgd_section);
    else if (size == large)
        for (unsigned i = 0; i < 16; ++i)
            set_level_2(iova + i * 4_KiB, address | attributes | iopte_large);
    else
        for (unsigned i = 0; i < 16; ++i)
            set_level_1(iova + i * 1_MiB, address | attributes << 6 | iopgd_super);
}

void OmapDriver::map(uint64_t iova, uint64_t pa, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        for (PageSize each : {supersection, section, large, small}) {
            if (((iova + done) | (pa + done)) & (bytes(each) - 1) || size - done < bytes(each))
                continue;
            map_as(each, iova + done, pa + done);
            done += bytes(each);
            break;
        }
    }
}

void OmapDriver::unmap(uint64_t iova, uint64_t size)
{
    for (uint64_t done = 0; done < size;) {
        const uint64_t at = iova + done;
        const uint32_t first = *host_.memory().load<uint32_t>(tables_ + (at >> 20 & 4095) * 4);
        if ((first & 3) == iopgd_table) {
            set_level_2(at, 0);
            done += 4_KiB;
        } else {
            set_level_1(at, 0);
            done += 1_MiB;
        }
    }
}

uint32_t OmapDriver::ram_attributes(bool big_endian, unsigned element_size, bool mixed)
{
    return uint32_t(big_endian) << 9 | element_size << 7 | uint32_t(mixed) << 6;
}

OmapDriver::Lock OmapDriver::get_lock()
{
    const uint32_t value = read(lock);
    return {value >> 10 & 0x1f, value >> 4 & 0x1f};
}

void OmapDriver::set_lock(Lock value)
{
    write(lock, value.base << 10 | value.victim << 4);
}

OmapDriver::Cr OmapDriver::read_entry(unsigned number)
{
    Lock now = get_lock();
    now.victim = number;
    set_lock(now);
    Cr cr;
    cr.cam = read(read_cam);
    cr.ram = read(read_ram);
    return cr;
}

std::vector<OmapDriver::Cr> OmapDriver::valid_entries()
{
    const Lock saved = get_lock();
    std::vector<Cr> list;
    for (unsigned i = 0; i < tlb_entries_; ++i)
        if (const Cr cr = read_entry(i); cr.cam & cam_v)
            list.push_back(cr);
    set_lock(saved);
    return list;
}

void OmapDriver::load(Cr cr)
{
    write(cam, cr.cam | cam_v);
    write(ram, cr.ram);
    write(flush_entry, 1);
    write(ld_tlb, 1);
}

bool OmapDriver::flush_page(uint64_t iova)
{
    for (unsigned i = 0; i < tlb_entries_; ++i) {
        const Cr cr = read_entry(i);
        if (!(cr.cam & cam_v))
            continue;
        const uint64_t start = cr.cam & va_mask(cr.cam);
        if (iova < start || iova >= start + bytes(PageSize(cr.cam & 3)))
            continue;
        load(cr);
        write(flush_entry, 1);
        return true;
    }
    return false;
}

void OmapDriver::flush_all()
{
    set_lock({0, 0});
    write(gflush, 1);
}

bool OmapDriver::prefetch(PageSize size, uint32_t iova, uint32_t pa, bool preserved)
{
    Lock now = get_lock();
    if (now.base == tlb_entries_)
        return false;
    if (!preserved) {
        unsigned i = 0;
        while (i < tlb_entries_ && read_entry(i).cam & cam_v)
            ++i;
        if (i == tlb_entries_)
            return false;
        now = get_lock();
    } else {
        now.victim = now.base;
        set_lock(now);
    }
    load({(iova & 0xfffff000) | (preserved ? cam_p : 0) | size | cam_v, pa});
    if (preserved)
        ++now.base;
    if (++now.victim == tlb_entries_)
        now.victim = now.base;
    set_lock(now);
    return true;
}

}  // namespace soc::test
