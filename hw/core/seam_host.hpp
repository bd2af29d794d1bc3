// Host, spoken through the seam's function table.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "soc-iommu/host.hpp"

namespace soc {

// The seam's form of a fault; `count` is the model's, where it is known.
SocFault to_seam(const Fault &, uint64_t count = 0);
SocTranslation to_seam(const TranslateResult &);

class SeamHost final : public Host, private GuestMemory {
public:
    SeamHost(SocHost *host, const SocHostOps &ops) : host_(host), ops_(ops) {}

    SocHost *handle() const { return host_; }
    const SocHostOps &ops() const { return ops_; }

    GuestMemory &memory() override { return *this; }
    void log(LogLevel, const std::string &) override;
    void defer() override { ops_.defer(host_); }
    void irq(unsigned line, bool level) override { ops_.irq(host_, line, level); }
    bool msi(uint32_t device_id, uint64_t address, uint32_t data) override
    {
        return ops_.msi(host_, device_id, address, data);
    }
    void unmap_notify(uint32_t stream, uint64_t address, uint64_t size) override
    {
        ops_.unmap_notify(host_, stream, address, size);
    }
    void held_end(uint64_t hold, const Fault *terminated) override;
    bool message(uint32_t port, const SocMessage &msg) override { return ops_.message(host_, port, &msg); }

    uint32_t ports() override { return ops_.ports(host_); }
    uint32_t port_stream(uint32_t port) override { return ops_.port_stream(host_, port); }
    bool dma(uint32_t port, uint64_t address, std::span<uint8_t> data, Access, bool privileged) override;
    bool translate(uint32_t port, Transaction &, SocTranslation &) override;
    bool last_fault(uint32_t port, SocFault &fault) override { return ops_.last_fault(host_, port, &fault); }
    bool counter(uint32_t port, const char *name, uint64_t &value) override
    {
        return ops_.counter(host_, port, name, &value);
    }
    uint32_t master_features() override { return ops_.master_features(host_); }

private:
    bool read(uint64_t address, void *data, uint32_t size) override
    {
        return ops_.mem_read(host_, address, data, size);
    }
    bool write(uint64_t address, const void *data, uint32_t size) override
    {
        return ops_.mem_write(host_, address, data, size);
    }
    std::optional<uint64_t> compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                             uint64_t desired) override;

    SocHost *host_;
    const SocHostOps &ops_;
};

}  // namespace soc
