// soc-dma: the DMA master that the tests drive. Its registers are in soc-iommu/soc-dma-regs.h.
//
// A doorbell only marks the transfer as busy; deferred() moves the data, so that a guest sees a master that works
// beside the CPU. Ordinary transfers go through QEMU's address space of the port, as any device's would, and so
// pass QEMU's own IOMMUs too. With ATTR.DIRECT the IOMMU's model is asked for each page, which carries what that
// path cannot: a substream, an instruction fetch, and the patience to be held. With ATTR.ATS it is asked for
// translations that are kept (atc.hpp), and for pages that are missing (page_requests.hpp).
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <array>
#include <cstdint>

#include "atc.hpp"
#include "page_requests.hpp"
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
    bool held() const;
    bool attribute(uint32_t bit) const { return attr_.get() & bit; }
    // Whether software lets the master do what ATTR and SUBSTREAM, or a page request, want.
    bool may_transfer() const;
    bool may(uint32_t features, bool privileged, bool instruction) const;
    std::optional<PageRequests::Source> page_request_source(uint32_t flags) const;

    void ring(uint32_t doorbell);
    bool start_is_valid(uint32_t doorbell) const;
    // What TRANSFERRED comes to.
    uint64_t total(uint32_t doorbell) const;

    // In soc_dma_transfer.cpp.
    uint64_t address() const { return addr_lo_.get() | uint64_t(addr_hi_.get()) << 32; }
    Transaction transaction() const;
    std::span<uint8_t> chunk();
    std::optional<SocFault> recorded_fault();
    bool read_or_write(uint64_t address, std::span<uint8_t> data, const std::optional<SocFault> &before);
    void move_ordinary(std::span<uint8_t> data);
    void sweep();
    void move_direct(std::span<uint8_t> data);
    void move_translated(std::span<uint8_t> data);
    void request_page(const Transaction &);
    void access(const Transaction &, const SocTranslation &, std::span<uint8_t> data);
    void advance(size_t bytes);
    void go_on();
    void finish();
    void finish_with(const SocFault &);
    void finish_invalid();
    // The fault of a transaction where no model says more.
    void refused(const Transaction &, uint32_t kind);

    const bool can_stall_;
    Shape shape_;
    RegisterBank bank_;
    std::array<uint8_t, 0x8000> buffer_{};

    Register &port_, &substream_, &attr_, &addr_lo_, &addr_hi_, &length_, &buffer_offset_;
    Register &sweep_count_, &sweep_stride_, &sweep_rounds_;
    Register &direction_;  // the doorbell that is being served: a register so that it is saved
    Register &status_, &transferred_;
    Register &fault_kind_, &fault_lo_, &fault_hi_, &fault_stream_, &fault_substream_, &fault_flags_;
    Register &holds_;  // and so the tag of the next transaction that can be held
    Atc atc_;
    PageRequests page_requests_;
};

}  // namespace soc
