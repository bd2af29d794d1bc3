// Drives an MSM IOMMU in the order Linux' drivers/iommu/msm_iommu.c does (6.1, 6.12), from the numbers of its
// msm_iommu_hw-8xxx.h: written down apart from the model on purpose.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <initializer_list>

#include "fake_host.hpp"

namespace soc::test {

class MsmDriver {
public:
    static constexpr unsigned masters = 32;
    // Global registers.
    static constexpr uint32_t m2vcbr_n = 0xff000, cbacr_n = 0xff800, tlbrsw = 0xffe00, tlbtr0 = 0xffe80,
                              testbuscr = 0xffe8c, global_tlbiall = 0xfff00, tlbivmid = 0xfff04, cr = 0xfff80,
                              ear = 0xfff84, esr = 0xfff88, esrrestore = 0xfff8c, esynr0 = 0xfff90, esynr1 = 0xfff94,
                              rev = 0xffff4, idr = 0xffff8, rpu_acr = 0xffffc;
    // Those of a context.
    static constexpr uint32_t sctlr = 0x000, actlr = 0x004, contextidr = 0x008, ttbr0 = 0x010, ttbr1 = 0x014,
                              ttbcr = 0x018, par = 0x01c, fsr = 0x020, fsrrestore = 0x024, far = 0x028, fsynr0 = 0x02c,
                              fsynr1 = 0x030, prrr = 0x034, nmrr = 0x038, tlblkcr = 0x03c, v2psr = 0x040,
                              tlbflpter = 0x044, tlbslpter = 0x048, bfbcr = 0x04c, ctx_tlbiall = 0x800,
                              tlbiasid = 0x804, tlbiva = 0x808, tlbivaa = 0x80c, v2ppr = 0x810, v2ppw = 0x814,
                              v2pur = 0x818, v2puw = 0x81c, resume = 0x820;
    // SCTLR, ACTLR, M2VCBR, CR
    static constexpr uint32_t m = 1, tre = 2, afe = 4, haf = 8, be = 16, affd = 32;
    static constexpr uint32_t cfeie = 2, cfcfg = 1u << 14;
    static constexpr uint32_t bypassd = 1u << 16, clientpd = 16, rpueie = 4, stalld = 32;
    // FSR, and PAR where its bit 0 is set
    static constexpr uint32_t tf = 2, aff = 4, apf = 8, tlbmf = 16, htwdeef = 32, sl = 1u << 16, ss = 1u << 30,
                              multi = 1u << 31;
    static constexpr uint32_t handler_clears = 0x4000000f;

    MsmDriver(Iommu &iommu, unsigned ncb) : iommu_(iommu), ncb_(ncb) {}

    // msm_iommu_probe(): what the reset leaves, and PAR of the lookup that tries whether there is a block.
    uint32_t probe();
    void reset();                                                              // msm_iommu_reset()
    void attach(unsigned ctx, std::initializer_list<unsigned> mids, uint64_t pgd);  // config_mids, __program_context
    void detach(unsigned ctx) { reset_context(ctx); }                          // __reset_context
    void flush_range(unsigned ctx, uint64_t iova, uint64_t size, uint64_t granule);
    void flush_all(unsigned ctx) { write(ctx, ctx_tlbiall, 0); }
    uint64_t iova_to_phys(unsigned ctx, uint64_t iova);

    // What msm_iommu_fault_handler() prints of a context.
    struct Report {
        uint32_t fsr, far, fsynr0, fsynr1;
    };
    Report report(unsigned ctx);
    void handle();  // the whole handler

    uint32_t read(unsigned ctx, uint32_t offset) { return global(offset + (ctx << 12)); }
    void write(unsigned ctx, uint32_t offset, uint32_t value) { set_global(offset + (ctx << 12), value); }
    uint32_t global(uint32_t offset) { return uint32_t(iommu_.mmio_read(0, offset, 4)); }
    void set_global(uint32_t offset, uint32_t value) { iommu_.mmio_write(0, offset, value, 4); }
    // SET_FIELD
    void set_field(uint32_t offset, uint32_t mask, unsigned shift, uint32_t value)
    {
        set_global(offset, (global(offset) & ~(mask << shift)) + ((value & mask) << shift));
    }
    void set_bits(unsigned ctx, uint32_t offset, uint32_t bits) { write(ctx, offset, read(ctx, offset) | bits); }
    void clear_bits(unsigned ctx, uint32_t offset, uint32_t bits) { write(ctx, offset, read(ctx, offset) & ~bits); }
    static uint32_t m2vcbr(unsigned mid) { return m2vcbr_n + (mid << 2); }
    static uint32_t cbacr(unsigned ctx) { return cbacr_n + (ctx << 2); }

private:
    void reset_context(unsigned ctx);

    Iommu &iommu_;
    const unsigned ncb_;
};

}  // namespace soc::test
