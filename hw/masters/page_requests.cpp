// SPDX-License-Identifier: GPL-2.0-or-later
#include "page_requests.hpp"

#include "soc-iommu/field.hpp"
#include "soc-iommu/soc-dma-regs.h"

namespace soc {

namespace {

constexpr uint64_t page_mask = 0xfff;
constexpr uint32_t index_mask = SOC_DMA_PRI_ATTR_INDEX_MASK;
constexpr uint32_t attr_mask = SOC_DMA_PRI_ATTR_READ | SOC_DMA_PRI_ATTR_WRITE | SOC_DMA_PRI_ATTR_EXECUTE |
                               SOC_DMA_PRI_ATTR_PRIVILEGED | SOC_DMA_PRI_ATTR_LAST |
                               index_mask << SOC_DMA_PRI_ATTR_INDEX_SHIFT;

uint32_t flags_of(uint32_t attr)
{
    return flag_if(attr & SOC_DMA_PRI_ATTR_READ, SOC_TXN_READ) | flag_if(attr & SOC_DMA_PRI_ATTR_WRITE, SOC_TXN_WRITE) |
           flag_if(attr & SOC_DMA_PRI_ATTR_EXECUTE, SOC_TXN_INSTRUCTION) |
           flag_if(attr & SOC_DMA_PRI_ATTR_PRIVILEGED, SOC_TXN_PRIVILEGED);
}

}  // namespace

PageRequests::PageRequests(Host &host, RegisterBank &bank,
                           std::function<std::optional<Source>(uint32_t flags)> source)
    : host_(host), source_(std::move(source)),
      addr_lo_(bank.add({.name = "PRI_ADDR_LO", .offset = SOC_DMA_PRI_ADDR_LO, .writable = ~0u})),
      addr_hi_(bank.add({.name = "PRI_ADDR_HI", .offset = SOC_DMA_PRI_ADDR_HI, .writable = ~0u})),
      attr_(bank.add({.name = "PRI_ATTR", .offset = SOC_DMA_PRI_ATTR, .writable = attr_mask})),
      status_(bank.add({.name = "PRI_STATUS", .offset = SOC_DMA_PRI_STATUS})),
      requests_(bank.add({.name = "PRI_REQUESTS", .offset = SOC_DMA_PRI_REQUESTS})),
      responses_(bank.add({.name = "PRI_RESPONSES", .offset = SOC_DMA_PRI_RESPONSES})),
      response_(bank.add({.name = "PRI_RESPONSE", .offset = SOC_DMA_PRI_RESPONSE})),
      waiting_(bank.add({.name = "PRI_WAITING", .offset = SOC_DMA_PRI_WAITING}))
{
    bank.add({.name = "PRI_DOORBELL", .offset = SOC_DMA_PRI_DOORBELL, .write_only = true})
        .on_write([this](unsigned, uint32_t) { ring(); });
}

void PageRequests::ring()
{
    const uint32_t attr = attr_.get(), flags = flags_of(attr);
    const auto source = source_(flags);
    if (!source) {
        status_.set(SOC_DMA_PRI_STATUS_INVALID);
        return;
    }
    const bool sent = send(*source, addr_lo_.get() | uint64_t(addr_hi_.get()) << 32, flags,
                           attr >> SOC_DMA_PRI_ATTR_INDEX_SHIFT, attr & SOC_DMA_PRI_ATTR_LAST);
    status_.set(sent ? SOC_DMA_PRI_STATUS_SENT : SOC_DMA_PRI_STATUS_UNHEARD);
}

bool PageRequests::request(uint32_t port, const Transaction &txn)
{
    const uint32_t index = requests_.get() & index_mask;
    const uint32_t flags = (txn.access == Access::write ? SOC_TXN_WRITE : SOC_TXN_READ) |
                           flag_if(txn.instruction, SOC_TXN_INSTRUCTION) | flag_if(txn.privileged, SOC_TXN_PRIVILEGED);
    if (!send({port, txn.has_substream, txn.substream}, txn.address, flags, index, true))
        return false;
    waiting_.set(SOC_DMA_PRI_WAITING_VALID | index);
    return true;
}

bool PageRequests::send(const Source &source, uint64_t address, uint32_t flags, uint32_t index, bool last)
{
    SocMessage msg{};
    msg.type = SOC_MSG_PAGE_REQUEST;
    msg.address = address & ~page_mask;
    msg.flags = flags | flag_if(source.has_substream, SOC_TXN_HAS_SUBSTREAM);
    msg.substream = source.has_substream ? source.substream : 0;
    msg.tag = index;
    msg.response = last;
    if (!host_.message(source.port, msg))
        return false;
    requests_.set(requests_.get() + 1);
    return true;
}

bool PageRequests::waits() const
{
    return waiting_.get() & SOC_DMA_PRI_WAITING_VALID;
}

std::optional<PageRequests::Answer> PageRequests::respond(const SocMessage &msg)
{
    responses_.set(responses_.get() + 1);
    response_.set((msg.tag & index_mask) | (msg.response & 15) << SOC_DMA_PRI_RESPONSE_CODE_SHIFT);
    if (waiting_.get() != (SOC_DMA_PRI_WAITING_VALID | (msg.tag & index_mask)))
        return std::nullopt;
    waiting_.set(0);
    return msg.response == SOC_DMA_PRI_RESPONSE_SUCCESS ? Answer::granted : Answer::refused;
}

}  // namespace soc
