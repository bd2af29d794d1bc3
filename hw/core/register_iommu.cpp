// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/register_iommu.hpp"

#include "soc-iommu/field.hpp"

namespace soc {

bool RegisterIommu::interrupt(unsigned) const
{
    return false;
}

void RegisterIommu::update_interrupts()
{
    levels_.resize(shape_.irqs);
    for (unsigned line = 0; line < shape_.irqs; ++line) {
        const bool level = interrupt(line);
        if (level == levels_[line])
            continue;
        levels_[line] = level;
        host_.irq(line, level);
    }
}

void RegisterIommu::reset()
{
    for (Stateful *part : parts_)
        part->reset();
    drop_caches();
    counters_.reset();
    update_interrupts();
}

void RegisterIommu::save(StateWriter &out) const
{
    out.section(name_, 1);
    for (const Stateful *part : parts_)
        part->save(out);
    counters_.save(out);
}

void RegisterIommu::load(StateReader &in)
{
    in.section(name_, 1);
    for (Stateful *part : parts_)
        part->load(in);
    counters_.load(in);
    drop_caches();
    update_interrupts();
}

void RegisterIommu::mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size)
{
    Iommu::mmio_write(region, offset, value, size);
    update_interrupts();
}

Translation RegisterIommu::bypassed(const Transaction &txn)
{
    if (!txn.debug)
        counters_.bypass();
    return {txn.address, 1_GiB - 1, Perm::rw};
}

}  // namespace soc
