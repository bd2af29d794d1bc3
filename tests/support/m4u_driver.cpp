// SPDX-License-Identifier: GPL-2.0-or-later
#include "m4u_driver.hpp"

namespace soc::test {

M4uDriver::M4uDriver(FakeHost &host, Iommu &iommu, uint64_t table, uint64_t protect)
    : host_(host), iommu_(iommu), table_(table), protect_(protect)
{
}

void M4uDriver::probe()
{
    write(ctrl, coherent_en | tf_protect);
    write(int_control, 0xff);
    write(ivrp_paddr, uint32_t(protect_));
    write(dcm, 1u << 1);
}

void M4uDriver::attach(unsigned port)
{
    write(pt_base_addr, uint32_t(table_));
    set_port(port, 1u << 3 | 3u << 1);
}

void M4uDriver::detach(unsigned port)
{
    set_port(port, 0);
}

void M4uDriver::set_port(unsigned port, uint32_t four_bits)
{
    const unsigned shift = (port & 7) << 2;
    write(secur_con(port), (read(secur_con(port), smi_common) & ~(0xfu << shift)) | four_bits << shift, smi_common);
}

void M4uDriver::set_entry(uint64_t iova, uint32_t entry)
{
    host_.memory().store<uint32_t>(table_ + (iova >> 12) * 4, entry);
}

void M4uDriver::map(uint64_t iova, uint64_t pa, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += page)
        set_entry(iova + done, uint32_t(pa + done) | desc_valid | desc_nonsec);
}

void M4uDriver::unmap(uint64_t iova, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += page)
        set_entry(iova + done, 0);
}

bool M4uDriver::flush_range(uint64_t iova, uint64_t size)
{
    write(inv_sel, 3);
    write(invld_start, uint32_t(iova & ~0xfffull));
    write(invld_end, uint32_t((iova + size - 1) & ~0xfffull));
    write(invalidate, 1);
    const bool done = read(cpe_done) != 0;
    if (!done)
        flush_all();
    write(cpe_done, 0);
    return done;
}

void M4uDriver::flush_all()
{
    write(inv_sel, 3);
    write(invalidate, 2);
}

M4uDriver::Report M4uDriver::report()
{
    const uint32_t id = read(int_id);
    return {.type = read(fault_st),
            .iova = read(fault_va) & 0xfffff000,
            .pa = read(invld_pa),
            .larb = 6 - (id >> 13 & 7),
            .port = id >> 8 & 0xf};
}

void M4uDriver::clear()
{
    write(int_control, read(int_control) | int_clr);
}

void M4uDriver::acknowledge()
{
    clear();
    flush_all();
}

}  // namespace soc::test
