// soc-dma's page request interface (PCI Express Base Specification, 10.4) with its registers.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "soc-iommu/host.hpp"
#include "soc-iommu/register_bank.hpp"
#include "soc-iommu/transaction.hpp"

namespace soc {

constexpr uint32_t flag_if(bool condition, uint32_t flag)
{
    return condition ? flag : 0;
}

class PageRequests {
public:
    // On whose behalf the doorbell asks.
    struct Source {
        uint32_t port = 0;
        bool has_substream = false;
        uint32_t substream = 0;
    };
    // `source`: absent where a page request with these SOC_TXN_* may not be sent now.
    PageRequests(Host &, RegisterBank &, std::function<std::optional<Source>(uint32_t flags)> source);

    // A transfer's own request for the page that it needs; it then waits(). false: nobody hears it.
    bool request(uint32_t port, const Transaction &);
    bool waits() const;

    // How the wait ended; absent: it goes on, or there is none.
    enum class Answer { granted, refused };
    std::optional<Answer> respond(const SocMessage &);

private:
    void ring();
    bool send(const Source &, uint64_t address, uint32_t flags, uint32_t index, bool last);

    Host &host_;
    std::function<std::optional<Source>(uint32_t flags)> source_;
    Register &addr_lo_, &addr_hi_, &attr_, &status_;
    Register &requests_, &responses_, &response_, &waiting_;
};

}  // namespace soc
