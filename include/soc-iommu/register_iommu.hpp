// What nearly every SoC's IOMMU is: registers, parts that keep state, caches, and interrupt lines that are levels.
// A model names its parts once, and reset, saving, loading and the lines follow:
//
//     class Block final : public RegisterIommu {
//     public:
//         explicit Block(Host &host) : RegisterIommu(host, "block"), bank_(window, log_), …
//         {
//             keep({&bank_, &report_});
//             shape_.regions = {register_region("registers", window)};
//             shape_.irqs = 1;
//         }
//         RegisterBank *registers(unsigned) override { return &bank_; }
//     protected:
//         bool interrupt(unsigned) const override { return report_.get(status_); }
//         void drop_caches() override { tlb_.invalidate_all(); }
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <initializer_list>
#include <vector>

#include "soc-iommu/model.hpp"

namespace soc {

class RegisterIommu : public Iommu {
public:
    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    void deferred() override { update_interrupts(); }
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

protected:
    RegisterIommu(Host &host, const char *name) : Iommu(host, name), name_(name) {}

    // From the constructor. Parts are reset, saved and loaded in this order, the counters after them.
    void keep(std::initializer_list<Stateful *> parts) { parts_.insert(parts_.end(), parts); }
    // What is cached is not saved, as a machine may always have lost it: reset and load drop it.
    virtual void drop_caches() {}
    // The level of a line, 0 to shape().irqs - 1. Asked after everything that software or deferred work may have changed.
    virtual bool interrupt(unsigned line) const;
    void update_interrupts();

    // Whoever outside keeps translations of the stream must ask again.
    static constexpr uint64_t everything = 1ull << 52;
    void forget_outside(uint32_t stream, uint64_t address = 0, uint64_t size = everything)
    {
        host_.unmap_notify(stream, address, size);
    }
    // An access that passes untranslated, counted. It has no page, and is given out in blocks of 1 GiB.
    Translation bypassed(const Transaction &);

    static Region register_region(const char *name, uint64_t size)
    {
        return {.name = name, .size = size, .address = 0, .alignment = uint32_t(size), .flags = SOC_REGION_MMIO};
    }

    Shape shape_;

private:
    const char *const name_;
    std::vector<Stateful *> parts_;
    std::vector<bool> levels_;
};

}  // namespace soc
