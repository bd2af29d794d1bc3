// A transfer of soc-dma, step by step.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "soc-iommu/soc-dma-regs.h"
#include "soc_dma.hpp"

namespace soc {

namespace {

// A transfer moves this much between two looks at the rest of the machine.
constexpr size_t chunk_size = 4096;
// And a sweep makes as many reads.
constexpr unsigned sweep_reads = 1024;

}  // namespace

// What the next step of the transfer moves: never across a 4 KiB boundary of the bus address.
std::span<uint8_t> SocDma::chunk()
{
    const size_t done = transferred_.get();
    const size_t to_boundary = chunk_size - (address() + done) % chunk_size;
    return {buffer_.data() + buffer_offset_.get() + done, std::min<size_t>(length_.get() - done, to_boundary)};
}

// What the next step asks of the IOMMU's model.
Transaction SocDma::transaction() const
{
    Transaction txn;
    txn.address = address() + transferred_.get();
    txn.access = direction_.get() == SOC_DMA_DOORBELL_WRITE ? Access::write : Access::read;
    txn.has_substream = substream_.get() & SOC_DMA_SUBSTREAM_VALID;
    txn.substream = txn.has_substream ? substream_.get() & 0xfffff : 0;
    txn.privileged = attribute(SOC_DMA_ATTR_PRIVILEGED);
    txn.instruction = attribute(SOC_DMA_ATTR_INSTRUCTION);
    txn.tag = holds_.get();
    return txn;
}

void SocDma::deferred()
{
    if (!busy() || held())
        return;
    if (!may_transfer()) {  // software has switched off what the transfer lives on
        finish_invalid();
        return;
    }
    if (direction_.get() == SOC_DMA_DOORBELL_SWEEP) {
        sweep();
        return;
    }
    const std::span<uint8_t> data = chunk();
    if (attribute(SOC_DMA_ATTR_ATS))
        move_translated(data);
    else if (attribute(SOC_DMA_ATTR_DIRECT))
        move_direct(data);
    else
        move_ordinary(data);
}

void SocDma::advance(size_t bytes)
{
    transferred_.set(uint32_t(transferred_.get() + bytes));
    if (transferred_.get() == total(direction_.get()))
        finish();
    else
        host_.defer();
}

void SocDma::go_on()
{
    status_.set(SOC_DMA_STATUS_BUSY);
    host_.defer();
}

void SocDma::finish()
{
    status_.set(SOC_DMA_STATUS_DONE | (fault_kind_.get() ? SOC_DMA_STATUS_ERROR : 0));
}

void SocDma::finish_invalid()
{
    status_.set(SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_INVALID);
}

void SocDma::finish_with(const SocFault &fault)
{
    fault_kind_.set(fault.kind);
    fault_lo_.set(uint32_t(fault.address));
    fault_hi_.set(uint32_t(fault.address >> 32));
    fault_stream_.set(fault.stream);
    fault_substream_.set(fault.substream);
    fault_flags_.set(fault.flags);
    finish();
}

void SocDma::refused(const Transaction &txn, uint32_t kind)
{
    SocFault fault{};
    fault.kind = kind;
    fault.address = txn.address;
    fault.stream = host_.port_stream(port_.get());
    fault.substream = txn.substream;
    fault.flags = txn.flags();
    finish_with(fault);
}

void SocDma::move_ordinary(std::span<uint8_t> data)
{
    if (read_or_write(address() + transferred_.get(), data, recorded_fault()))
        advance(data.size());
}

void SocDma::sweep()
{
    const auto data = std::span(buffer_).subspan(buffer_offset_.get(), sizeof(uint64_t));
    const uint64_t left = total(direction_.get()) - transferred_.get();
    const auto reads = unsigned(std::min<uint64_t>(left, sweep_reads));
    const auto before = recorded_fault();
    const uint64_t base = address();
    const uint32_t count = sweep_count_.get(), stride = sweep_stride_.get();
    uint32_t place = transferred_.get() % count;
    for (unsigned i = 0; i < reads; ++i, place = place + 1 < count ? place + 1 : 0) {
        if (!read_or_write(base + uint64_t(place) * stride, data, before)) {
            transferred_.set(transferred_.get() + i);
            return;
        }
    }
    advance(reads);
}

// What the model behind the port recorded last, where it is one of ours.
std::optional<SocFault> SocDma::recorded_fault()
{
    SocFault fault{};
    return host_.last_fault(port_.get(), fault) ? std::optional(fault) : std::nullopt;
}

// By way of QEMU's address space. `before`: recorded_fault() of before. false: the transfer is over.
bool SocDma::read_or_write(uint64_t address, std::span<uint8_t> data, const std::optional<SocFault> &before)
{
    const uint32_t port = port_.get();
    Transaction txn;
    txn.address = address;
    txn.access = direction_.get() == SOC_DMA_DOORBELL_WRITE ? Access::write : Access::read;
    if (host_.dma(port, txn.address, data, txn.access, attribute(SOC_DMA_ATTR_PRIVILEGED)))
        return true;
    // The path only says that it failed. Why is in the model's record, if one of ours made a new one.
    const auto after = recorded_fault();
    if (before && after && after->count != before->count)
        finish_with(*after);
    else
        refused(txn, SOC_FAULT_BUS);
    return false;
}

void SocDma::move_direct(std::span<uint8_t> data)
{
    Transaction txn = transaction();
    txn.may_hold = attribute(SOC_DMA_ATTR_MAY_STALL);
    SocTranslation out{};
    if (!host_.translate(port_.get(), txn, out)) {
        refused(txn, SOC_FAULT_BUS);
    } else if (out.status == SOC_HELD) {
        holds_.set(holds_.get() + 1);
        status_.set(SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD);
    } else if (out.status == SOC_FAULTED) {
        finish_with(out.fault);
    } else {
        access(txn, out, data);
    }
}

void SocDma::move_translated(std::span<uint8_t> data)
{
    const Transaction txn = transaction();
    const auto answer = atc_.translate(port_.get(), txn);
    if (!answer) {
        refused(txn, SOC_FAULT_BUS);
        return;
    }
    if (answer->status != SOC_OK) {
        finish_with(answer->fault);
        return;
    }
    if (!allows(Perm(answer->perm), txn.access)) {
        if (attribute(SOC_DMA_ATTR_PRI))
            request_page(txn);
        else
            refused(txn, answer->perm ? SOC_FAULT_PERMISSION : SOC_FAULT_TRANSLATION);
        return;
    }
    // A translated request carries no PASID, and so none of what comes with one (PCIe, chapter 10).
    Transaction translated;
    translated.address = answer->address;
    translated.access = txn.access;
    translated.ats_translated = true;
    SocTranslation out{};
    if (!host_.translate(port_.get(), translated, out))
        refused(translated, SOC_FAULT_BUS);
    else if (out.status != SOC_OK)
        finish_with(out.fault);
    else
        access(translated, out, data);
}

void SocDma::request_page(const Transaction &txn)
{
    if (page_requests_.request(port_.get(), txn))
        status_.set(SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD);
    else
        refused(txn, SOC_FAULT_TRANSLATION);
}

// The end of a step that has its translation.
void SocDma::access(const Transaction &txn, const SocTranslation &out, std::span<uint8_t> data)
{
    // It holds for the block around the address and no further.
    const uint64_t in_block = out.mask - (txn.address & out.mask) + 1;
    if (in_block && in_block < data.size())
        data = data.first(in_block);
    GuestMemory &memory = host_.memory();
    const bool moved = txn.access == Access::write
                           ? memory.write(out.address, data.data(), uint32_t(data.size()))
                           : memory.read(out.address, data.data(), uint32_t(data.size()));
    if (moved)
        advance(data.size());
    else
        refused(txn, SOC_FAULT_BUS);
}

void SocDma::resumed(uint32_t tag, const SocFault *terminated)
{
    // Not of a transaction before a reset, nor for a transfer that waits for a page.
    if (!held() || page_requests_.waits() || tag != holds_.get() - 1)
        return;
    if (terminated)
        finish_with(*terminated);
    else
        go_on();
}

}  // namespace soc
