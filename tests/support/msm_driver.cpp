// SPDX-License-Identifier: GPL-2.0-or-later
#include "msm_driver.hpp"

namespace soc::test {

uint32_t MsmDriver::probe()
{
    reset();
    set_bits(0, sctlr, m);
    write(0, par, 0);
    set_field(actlr, 3, 16, 1);  // V2PCFG
    write(0, v2ppr, 0);
    const uint32_t found = read(0, par);
    set_field(actlr, 3, 16, 0);
    clear_bits(0, sctlr, m);
    return found;
}

void MsmDriver::reset()
{
    for (unsigned bit : {0, 2})  // RPUE, RPUEIE
        set_field(cr, 1, bit, 0);
    set_global(esrrestore, 0);
    set_field(testbuscr, 1, 0, 0);
    set_global(cr, 0);
    set_field(testbuscr, 1, 1, 0);
    set_global(testbuscr, 0);
    set_global(tlbrsw, 0);
    set_global(global_tlbiall, 0);
    set_global(rpu_acr, 0);
    set_field(cr, 1, 6, 1);  // TLBLKCRWE
    for (unsigned ctx = 0; ctx < ncb_; ++ctx) {
        reset_context(ctx);
        write(ctx, contextidr, 0);
    }
}

void MsmDriver::reset_context(unsigned ctx)
{
    // BPRCOSH, BPRCISH, BPRCNSH, BPSHCFG, BPMTCFG: fields of M2VCBR, but by the number of the context.
    for (unsigned bit : {17, 18, 19})
        set_field(m2vcbr(ctx), 1, bit, 0);
    set_field(m2vcbr(ctx), 3, 20, 0);
    set_field(m2vcbr(ctx), 1, 24, 0);
    for (uint32_t offset : {actlr, sctlr, fsrrestore, ttbr0, ttbr1, ttbcr, bfbcr, par, far, ctx_tlbiall, tlbflpter,
                            tlbslpter, tlblkcr})
        write(ctx, offset, 0);
}

void MsmDriver::attach(unsigned ctx, std::initializer_list<unsigned> mids, uint64_t pgd)
{
    for (unsigned mid : mids) {
        set_global(m2vcbr(mid), 0);
        set_global(cbacr(ctx), 0);
        set_field(m2vcbr(mid), 0x1f, 0, 0);    // VMID
        set_field(m2vcbr(mid), 0xff, 8, ctx);  // CBNDX
        set_field(cbacr(ctx), 0x1f, 16, 0);    // CBVMID
        set_field(contextidr + (ctx << 12), 0xff, 0, ctx);
        set_field(m2vcbr(mid), 3, 22, 3);  // NSCFG
    }
    reset_context(ctx);
    set_bits(ctx, sctlr, tre);
    set_bits(ctx, sctlr, afe);
    set_field(actlr + (ctx << 12), 3, 12, 3);  // TLBMCFG
    set_field(actlr + (ctx << 12), 3, 16, 3);  // V2PCFG
    write(ctx, ttbcr, 0);
    write(ctx, ttbr0, uint32_t(pgd) | 2);  // ARM_V7S_TTBR_S
    write(ctx, ttbr1, 0);
    write(ctx, prrr, 0x800b'8204);
    write(ctx, nmrr, 0x4000'4000);
    write(ctx, ctx_tlbiall, 0);
    set_field(cbacr(ctx), 0xff, 24, 0);  // IRPTNDX
    set_bits(ctx, actlr, cfeie);
    set_bits(ctx, actlr, cfcfg);
    for (unsigned bit : {5, 4, 6})  // RCISH, RCOSH, RCNSH
        set_bits(ctx, actlr, 1u << bit);
    set_bits(ctx, bfbcr, 1);  // BFBDFE
    set_bits(ctx, sctlr, m);
}

// __flush_iotlb_range
void MsmDriver::flush_range(unsigned ctx, uint64_t iova, uint64_t size, uint64_t granule)
{
    for (uint64_t done = 0; done < size; done += granule)
        write(ctx, tlbiva, (uint32_t(iova + done) & 0xffff'f000) | (read(ctx, contextidr) & 0xff));
}

uint64_t MsmDriver::iova_to_phys(unsigned ctx, uint64_t iova)
{
    write(ctx, ctx_tlbiall, 0);
    write(ctx, v2ppr, uint32_t(iova) & 0xffff'f000);
    const uint32_t found = read(ctx, par);
    if (found & 1)
        return 0;
    return found & 2 ? (found & 0xff00'0000) | (iova & 0x00ff'ffff) : (found & 0xffff'f000) | (iova & 0xfff);
}

MsmDriver::Report MsmDriver::report(unsigned ctx)
{
    return {read(ctx, fsr), read(ctx, far), read(ctx, fsynr0), read(ctx, fsynr1)};
}

void MsmDriver::handle()
{
    for (unsigned ctx = 0; ctx < ncb_; ++ctx)
        if (read(ctx, fsr))
            write(ctx, fsr, handler_clears);
}

}  // namespace soc::test
