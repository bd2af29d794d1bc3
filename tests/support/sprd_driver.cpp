// SPDX-License-Identifier: GPL-2.0-or-later
#include "sprd_driver.hpp"

namespace soc::test {

SprdDriver::SprdDriver(FakeHost &host, Iommu &iommu, uint64_t table, uint64_t protect)
    : host_(host), iommu_(iommu), table_(table), protect_(protect)
{
}

const SprdDriver::Registers *SprdDriver::probe()
{
    const uint32_t number = (read(0) & 0xff00) >> 8;
    registers_ = number == 0 ? &ex : number == 1 ? &vau : nullptr;
    return registers_;
}

void SprdDriver::attach()
{
    enable(false);
    write(registers_->first_ppn, uint32_t(table_ >> 12));
    write(registers_->first_vpn, 0);
    write(registers_->vpn_range, uint32_t((aperture - 1) >> 12));
    write(registers_->default_read, uint32_t(protect_ >> 12));
    if (registers_->default_write != registers_->default_read)
        write(registers_->default_write, uint32_t(protect_ >> 12));
    enable(true);
}

void SprdDriver::enable(bool on)
{
    constexpr uint32_t mask = en | gate_en;
    write(registers_->config, (read(registers_->config) & ~mask) | (on ? mask : 0));
}

void SprdDriver::set_entry(uint64_t iova, uint32_t entry)
{
    host_.memory().store<uint32_t>(table_ + (iova >> 12) * 4, entry);
}

// sprd_iommu_map() puts the address through 32 bits first; this one does not.
void SprdDriver::map(uint64_t iova, uint64_t pa, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += page)
        set_entry(iova + done, uint32_t((pa + done) >> 12));
}

void SprdDriver::unmap(uint64_t iova, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += page)
        set_entry(iova + done, 0);
}

void SprdDriver::sync()
{
    write(registers_->update, 0xffff'ffff);
}

}  // namespace soc::test
