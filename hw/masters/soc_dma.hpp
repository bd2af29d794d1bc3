// soc-dma: the DMA master that the tests drive. Its registers are in soc-iommu/soc-dma-regs.h.
//
// A doorbell only marks the transfer as busy; deferred() moves the data, so that a guest sees a master that works
// beside the CPU. Ordinary transfers go through QEMU's address space of the port, as any device's would, and so
// pass QEMU's own IOMMUs too. With ATTR.DIRECT the IOMMU's model is asked for each page, which carries what that
// path cannot: a substream, an instruction fetch, and the patience to be held.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "soc-iommu/model.hpp"

namespace soc {

class SocDma final : public Master {
public:
    SocDma(Host &, const Options &);

    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    DeviceTree describe(const Placement &) const override;
    void deferred() override;
    void resumed(uint32_t tag, const SocFault *terminated) override;
    void message(const SocMessage &) override;

    RegisterBank *registers(unsigned) override { return &bank_; }
    uint64_t mmio_read(unsigned region, uint64_t offset, unsigned size) override;
    void mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size) override;

private:
    // A register of the transfer; mmio_write keeps it while one is under way.
    Register &setting(const char *name, uint32_t offset, uint32_t writable);
    void observe(const char *low_name, const char *high_name, uint32_t offset, const char *counter);
    bool busy() const;
    bool attribute(uint32_t bit) const { return attr_.get() & bit; }

    void ring(uint32_t doorbell);
    bool start_is_valid(uint32_t doorbell) const;
    uint64_t address() const { return addr_lo_.get() | uint64_t(addr_hi_.get()) << 32; }
    std::span<uint8_t> chunk();
    void move_ordinary(std::span<uint8_t> data);
    void move_direct(std::span<uint8_t> data);
    void advance(size_t bytes);
    void finish();
    void finish_with(const SocFault &);
    // The fault of a path that has no model of ours to say more.
    void refused_by_bus(const Transaction &, uint32_t stream);

    Shape shape_;
    RegisterBank bank_;
    std::array<uint8_t, 0x8000> buffer_{};

    Register &port_, &substream_, &attr_, &addr_lo_, &addr_hi_, &length_, &buffer_offset_;
    Register &direction_;  // the doorbell that is being served: a register so that it is saved
    Register &status_, &transferred_;
    Register &fault_kind_, &fault_lo_, &fault_hi_, &fault_stream_, &fault_substream_, &fault_flags_;
};

}  // namespace soc
