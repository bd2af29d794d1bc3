// SPDX-License-Identifier: GPL-2.0-or-later
#include "tegra_smmu_driver.hpp"

namespace soc::test {

uint32_t TegraSoc::swgroup_of(uint32_t client) const
{
    for (const Client &one : clients)
        if (one.id == client)
            return one.swgroup;
    return ~0u;
}

uint32_t TegraSoc::asid_register(uint32_t swgroup) const
{
    for (const SwGroup &one : swgroups)
        if (one.swgroup == swgroup)
            return one.reg;
    return 0;
}

TegraSmmuDriver::TegraSmmuDriver(FakeHost &host, Iommu &iommu, const std::string &variant, Frames frames)
    : host_(host), iommu_(iommu), soc_(tegra_soc(variant)), frames_(frames), asids_(soc_.num_asids)
{
}

void TegraSmmuDriver::probe()
{
    write(timing_control_dbg, 0);
    write(emem_arb_cfg, (read(emem_arb_cfg) & ~0x1ffu) | 12);
    write(timing_control, 1);
    write(intmask, soc_.intmask);

    const bool arbitration = soc_.num_asids > 4;
    write(ptc_config, 1u << 29 | 0x3f | (arbitration ? 8u << 24 : 0));
    write(tlb_config, 1u << 29 | soc_.tlb_lines | (arbitration ? 1u << 28 : 0));
    flush_ptc_all();
    flush_tlb();
    write(config, 1);
    read(ptb_asid);
}

TegraSmmuDriver::Domain TegraSmmuDriver::domain_alloc()
{
    return {.pd = frames_.take(page)};
}

bool TegraSmmuDriver::as_prepare(Domain &domain)
{
    if (domain.use_count++)
        return true;
    uint32_t asid = 0;
    while (asid < asids_.size() && asids_[asid])
        ++asid;
    if (asid == asids_.size()) {
        domain.use_count = 0;
        return false;
    }
    asids_[asid] = true;
    domain.asid = asid;
    flush_ptc(domain.pd);
    flush_tlb_asid(asid);
    write(ptb_asid, asid & 0x7f);
    write(ptb_data, uint32_t(domain.pd >> 12) | all_attributes);
    read(ptb_asid);
    return true;
}

void TegraSmmuDriver::as_unprepare(Domain &domain)
{
    if (--domain.use_count == 0)
        asids_[domain.asid] = false;
}

bool TegraSmmuDriver::attach(Domain &domain, uint32_t swgroup)
{
    if (!as_prepare(domain))
        return false;
    enable(swgroup, domain.asid);
    return true;
}

void TegraSmmuDriver::detach(Domain &domain, uint32_t swgroup)
{
    disable(swgroup, domain.asid);
    as_unprepare(domain);
}

// A client without a register of its own has the offset 0 in the driver's table, and is read and written as the others
// are: so attaching it acknowledges interrupts.
void TegraSmmuDriver::enable(uint32_t swgroup, uint32_t asid)
{
    const uint32_t reg = soc_.asid_register(swgroup);
    if (!reg)
        return;
    write(reg, (read(reg) & ~0x7fu) | (asid & 0x7f) | 1u << 31);
    for (const TegraSoc::Client &client : soc_.clients)
        if (client.swgroup == swgroup)
            write(client.reg, read(client.reg) | 1u << client.bit);
}

void TegraSmmuDriver::disable(uint32_t swgroup, uint32_t asid)
{
    if (const uint32_t reg = soc_.asid_register(swgroup))
        write(reg, ((read(reg) & ~0x7fu) | (asid & 0x7f)) & ~(1u << 31));
    for (const TegraSoc::Client &client : soc_.clients)
        if (client.swgroup == swgroup)
            write(client.reg, read(client.reg) & ~(1u << client.bit));
}

void TegraSmmuDriver::write_pde(Domain &domain, uint64_t iova, uint32_t value)
{
    host_.memory().store<uint32_t>(pde_address(domain, iova), value);
}

uint64_t TegraSmmuDriver::pte_address(Domain &domain, uint64_t iova)
{
    const uint32_t index = uint32_t(iova >> 22 & 0x3ff);
    uint64_t &table = domain.pts[index];
    if (!table) {
        table = frames_.take(page);
        write_pde(domain, iova, uint32_t(table >> 12) | all_attributes | next);
        flush_ptc(pde_address(domain, iova));
        flush_tlb_section(domain.asid, iova);
        read(ptb_asid);
    }
    return table + (iova >> 12 & 0x3ff) * 4;
}

void TegraSmmuDriver::write_pte(Domain &domain, uint64_t iova, uint32_t value)
{
    host_.memory().store<uint32_t>(pte_address(domain, iova), value);
}

uint32_t TegraSmmuDriver::pte_of(uint64_t pa, Perm perm)
{
    return uint32_t(pa >> 12) | nonsecure | ((perm & Perm::r) != Perm::none ? readable : 0) |
           ((perm & Perm::w) != Perm::none ? writable : 0);
}

void TegraSmmuDriver::map(Domain &domain, uint64_t iova, uint64_t pa, uint64_t size, Perm perm)
{
    for (uint64_t done = 0; done < size; done += page) {
        write_pte(domain, iova + done, pte_of(pa + done, perm));
        flush_ptc(pte_address(domain, iova + done));
        flush_tlb_group(domain.asid, iova + done);
        read(ptb_asid);
    }
}

void TegraSmmuDriver::unmap(Domain &domain, uint64_t iova, uint64_t size)
{
    for (uint64_t done = 0; done < size; done += page) {
        write_pte(domain, iova + done, 0);
        flush_ptc(pte_address(domain, iova + done));
        flush_tlb_group(domain.asid, iova + done);
        read(ptb_asid);
    }
}

void TegraSmmuDriver::flush_ptc(uint64_t address)
{
    address &= ~uint64_t(soc_.atom_size - 1);
    if (soc_.address_bits > 32)
        write(ptc_flush_hi, uint32_t(address >> 32) & 3);
    write(ptc_flush, uint32_t(address) | 1);
}

uint32_t TegraSmmuDriver::asid_match(uint32_t asid) const
{
    return 1u << 31 | (soc_.num_asids == 4 ? (asid & 3) << 29 : (asid & 0x7f) << 24);
}

void TegraSmmuDriver::flush_tlb_section(uint32_t asid, uint64_t iova)
{
    write(tlb_flush, asid_match(asid) | uint32_t(iova & 0xffc0'0000) >> 12 | 2);
}

void TegraSmmuDriver::flush_tlb_group(uint32_t asid, uint64_t iova)
{
    write(tlb_flush, asid_match(asid) | uint32_t(iova & 0xffff'c000) >> 12 | 3);
}

std::optional<TegraSmmuDriver::Report> TegraSmmuDriver::report()
{
    const uint32_t status = read(intstatus) & soc_.intmask;
    if (!status)
        return std::nullopt;
    const uint32_t value = read(err_status);
    const uint64_t high = soc_.address_bits > 32 ? value >> 20 & 3 : 0;
    return Report{.interrupts = status,
                  .type = value >> 28 & 7,
                  .client = value & (soc_.name == "tegra210" ? 0xff : 0x7f),
                  .write = bool(value & 1u << 16),
                  .readable = bool(value & 1u << 27),
                  .writable = bool(value & 1u << 26),
                  .nonsecure = bool(value & 1u << 25),
                  .address = high << 32 | read(err_adr)};
}

void TegraSmmuDriver::acknowledge()
{
    write(intstatus, read(intstatus) & soc_.intmask);
}

}  // namespace soc::test
