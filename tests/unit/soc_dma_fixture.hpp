// soc-dma on a bench, and IOMMUs to put in front of it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <map>

#include "catch.hpp"
#include "soc-iommu/soc-dma-regs.h"
#include "support/fake_host.hpp"

namespace soc::test {

// An IOMMU that is lookup(), counters and nothing else.
class BareIommu : public Iommu {
public:
    using Iommu::Iommu;
    const Shape &shape() const final { return shape_; }
    void reset() final {}
    void save(StateWriter &out) const final { counters_.save(out); }
    void load(StateReader &in) final { counters_.load(in); }
    DeviceTree describe(const Placement &) const final { return {}; }
    RegisterBank *registers(unsigned) final { return nullptr; }

private:
    Shape shape_;
};

// soc-dma and its RAM. What derives from it connects an IOMMU.
struct DmaBench {
    static constexpr uint64_t ram = 0x40000000, ram_size = 1_MiB;
    static constexpr uint32_t stream = 5;
    // What STATUS may say.
    static constexpr uint32_t done = SOC_DMA_STATUS_DONE, failed = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR;
    static constexpr uint32_t busy = SOC_DMA_STATUS_BUSY, held = SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD;
    static constexpr uint32_t invalid = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_INVALID;

    FakeHost host;
    std::unique_ptr<Device> dma;

    explicit DmaBench(const OptionList &options = {}) : dma(make_device(host, "soc-dma", options))
    {
        host.ram(ram, ram_size);
    }
    uint32_t read(uint32_t offset) { return uint32_t(dma->mmio_read(0, offset, 4)); }
    void write(uint32_t offset, uint32_t value) { dma->mmio_write(0, offset, value, 4); }
    void program(uint64_t address, uint32_t length, uint32_t buffer_offset = 0)
    {
        write(SOC_DMA_ADDR_LO, uint32_t(address));
        write(SOC_DMA_ADDR_HI, uint32_t(address >> 32));
        write(SOC_DMA_LENGTH, length);
        write(SOC_DMA_BUFFER_OFFSET, buffer_offset);
    }
    void run()
    {
        while (host.run_deferred(*dma)) {
        }
    }
    uint32_t transfer(uint32_t doorbell)
    {
        write(SOC_DMA_DOORBELL, doorbell);
        run();
        return read(SOC_DMA_STATUS);
    }
    uint32_t read_at(uint64_t address, uint32_t length = 4)
    {
        program(address, length);
        return transfer(SOC_DMA_DOORBELL_READ);
    }
    uint32_t write_at(uint64_t address, uint32_t length = 4)
    {
        program(address, length);
        return transfer(SOC_DMA_DOORBELL_WRITE);
    }
    void substream(uint32_t number) { write(SOC_DMA_SUBSTREAM, SOC_DMA_SUBSTREAM_VALID | number); }

    Master &master() { return dynamic_cast<Master &>(*dma); }
    std::vector<uint8_t> state() const
    {
        StateWriter out;
        dma->save(out);
        return out.data();
    }
    // Loads into a device that was reset, and lets it go on.
    void restore(const std::vector<uint8_t> &saved)
    {
        dma->reset();
        StateReader in(saved);
        dma->load(in);
        REQUIRE(in.complete());
        run();
    }
};

// Pages by address, and no rights elsewhere. What was translated arrives `moved` further on: a second stage.
class AtsIommu final : public BareIommu {
public:
    struct Page {
        uint64_t address;
        Perm perm;
        uint64_t mask = 0xfff;
    };
    std::map<uint64_t, Page> pages;
    std::vector<Transaction> asked;
    bool refuses_requests = false, refuses_translated = false;
    uint64_t moved = 0;
    std::vector<uint64_t> holds;  // transactions left to hold, by name

    explicit AtsIommu(Host &host) : BareIommu(host, "ats") {}
    unsigned requests() const
    {
        unsigned count = 0;
        for (const Transaction &txn : asked)
            count += txn.ats_request;
        return count;
    }

private:
    TranslateResult lookup(const Transaction &txn) override
    {
        asked.push_back(txn);
        if (txn.ats_translated) {
            if (refuses_translated)
                return Fault{.kind = FaultKind::configuration, .transaction = txn};
            return Translation{txn.address + moved, 0xfff, Perm::rw};
        }
        if (txn.may_hold && !holds.empty()) {
            const uint64_t hold = holds.back();
            holds.pop_back();
            return Held{hold};
        }
        if (txn.ats_request && refuses_requests)
            return Fault{.kind = FaultKind::configuration, .transaction = txn};
        for (const auto &[address, page] : pages)
            if ((txn.address & ~page.mask) == address)
                return Translation{page.address | (txn.address & page.mask), page.mask, page.perm};
        if (txn.ats_request)
            return Translation{txn.address, 0xfff, Perm::none};
        return Fault{.kind = FaultKind::translation, .transaction = txn};
    }
};

// With ATS and PRI, both enabled.
struct AtsBench : DmaBench {
    static OptionList options() { return {{"ats", "on"}, {"pri", "on"}}; }
    AtsIommu iommu{host};

    explicit AtsBench(uint32_t attributes = SOC_DMA_ATTR_ATS) : DmaBench(options())
    {
        host.connect(iommu, stream);
        host.features |= SOC_FEATURE_ATS | SOC_FEATURE_PRI;
        write(SOC_DMA_ATTR, attributes);
    }
    void invalidate(uint64_t address, uint64_t size, std::optional<uint32_t> of = {}, uint32_t port = 0)
    {
        SocMessage msg{};
        msg.type = SOC_MSG_ATS_INVALIDATE;
        msg.address = address;
        msg.size = size;
        msg.tag = 19;
        msg.port = port;
        if (of) {
            msg.flags = SOC_TXN_HAS_SUBSTREAM;
            msg.substream = *of;
        }
        dma->message(msg);
    }
    void respond(uint32_t index, uint32_t code)
    {
        SocMessage msg{};
        msg.type = SOC_MSG_PAGE_RESPONSE;
        msg.tag = index;
        msg.response = code;
        dma->message(msg);
        run();
    }
};

struct PriBench : AtsBench {
    PriBench() : AtsBench(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI) {}
};

}  // namespace soc::test
