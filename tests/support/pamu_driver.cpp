// SPDX-License-Identifier: GPL-2.0-or-later
#include "pamu_driver.hpp"

namespace soc::test {

PamuDriver::PamuDriver(FakeHost &host, Iommu &iommu, uint64_t tables, unsigned pamus)
    : host_(host), iommu_(iommu), tables_(tables), pamus_(pamus), secondary_(tables + 128_KiB)
{
}

// What a big-endian CPU stores, as the little-endian number of its bytes.
uint32_t PamuDriver::in_be32(unsigned region, uint64_t offset)
{
    return swapped(uint32_t(iommu_.mmio_read(region, offset, 4)));
}

void PamuDriver::out_be32(unsigned region, uint64_t offset, uint32_t value)
{
    iommu_.mmio_write(region, offset, swapped(value), 4);
}

void PamuDriver::probe()
{
    uint32_t bypass = in_be32(guts, pamubypenr);
    for (unsigned of = 0; of < pamus_; ++of) {
        const auto table = [&](uint32_t base_high, uint64_t begin, uint64_t size) {
            write(base_high, uint32_t(begin >> 32), of);
            write(base_high + 4, uint32_t(begin), of);
            write(base_high + 8, uint32_t((begin + size) >> 32), of);
            write(base_high + 12, uint32_t(begin + size), of);
        };
        table(ppbah, primary(0), entries * entry_size);
        table(spbah, secondary(0), secondary_count_ * entry_size);
        table(obah, operations(), operation_entries * operation_entry_size);
        write(pics, violation_enable, of);
        write(pc, enable | cache_operations | cache_secondary | cache_primary, of);
        bypass &= ~(0x8000'0000u >> of);
    }
    out_be32(guts, pamubypenr, bypass);
}

void PamuDriver::setup_liodn(uint32_t liodn)
{
    write_primary(liodn, {.atm = 0});
}

void PamuDriver::attach(uint32_t liodn)
{
    disable(liodn);
    write_primary(liodn, {.atm = 1});
}

void PamuDriver::disable(uint32_t liodn)
{
    set_primary_word(liodn, 1, primary_word(liodn, 1) & ~1u);
}

void PamuDriver::set_operations(uint32_t liodn, uint32_t index)
{
    set_primary_word(liodn, 3, (primary_word(liodn, 3) & ~3u) | 2);
    set_primary_word(liodn, 7, index);
}

void PamuDriver::set_operation(uint32_t index, unsigned operation, uint8_t value)
{
    host_.memory().write(operations() + index * operation_entry_size + operation, &value, 1);
}

void PamuDriver::write_primary(uint32_t liodn, const Entry &entry)
{
    write_entry(primary(liodn), entry);
}

void PamuDriver::write_secondary(uint32_t index, const Entry &entry)
{
    write_entry(secondary(index), entry);
}

void PamuDriver::write_entry(uint64_t at, const Entry &entry)
{
    uint32_t wce = 0;
    while (entry.subwindows > 2u << wce)
        ++wce;
    const uint32_t low = entry.secondary ? entry.liodn << 16
                                         : uint32_t(entry.window & 0xffff'f000) | entry.wse << 6 |
                                               (entry.subwindows ? 1u << 5 : 0);
    store(at, entry.secondary ? 0 : uint32_t(entry.window >> 32));
    store(at + 4, low | entry.ap << 3 | (entry.secondary ? 2u : 0));
    store(at + 8, 0x80);  // coherency required
    store(at + 12, wce << 4 | entry.atm << 2 | entry.otm);
    store(at + 16, uint32_t(entry.translated >> 32));
    store(at + 20, uint32_t(entry.translated & 0xffff'f000) | entry.swse << 6);
    store(at + 24, entry.first_secondary);
    store(at + 28, entry.operations);
    if (entry.valid)
        store(at + 4, load(at + 4) | 1);
}

PamuDriver::Report PamuDriver::report(unsigned of)
{
    return {.stat = (read(pics, of) & violation_stat) != 0,
            .avs1 = read(avs1, of),
            .address = uint64_t(read(avah, of)) << 32 | read(aval, of),
            .entry = uint64_t(read(poeah, of)) << 32 | read(poeal, of)};
}

void PamuDriver::acknowledge(unsigned of)
{
    const uint32_t control = read(pics, of);
    write(avs1, read(avs1, of) & av_mask, of);
    write(pics, control, of);
}

}  // namespace soc::test
