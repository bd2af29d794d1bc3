// A machine for a model under test: RAM, interrupt lines, and a record of everything the model did to it.
//
//     FakeHost host;
//     host.ram(0x8000'0000, 16_MiB);
//     auto iommu = make_iommu(host, "apple-dart", parse_options("variant=t8103,page-size=4k"));
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "soc-iommu/field.hpp"
#include "soc-iommu/host.hpp"
#include "soc-iommu/model.hpp"

namespace soc::test {

// RAM in regions; nothing between them answers. The aligned words of a range are each atomic, as on real buses, so that
// threads may meet.
class FakeMemory final : public GuestMemory {
public:
    void add(uint64_t base, uint64_t size);

    bool read(uint64_t address, void *data, uint32_t size) override;
    bool write(uint64_t address, const void *data, uint32_t size) override;
    std::optional<uint64_t> compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                             uint64_t desired) override;

    // Called after each read: what comes between a model's walk and what it makes of it.
    std::function<void()> after_read;

private:
    struct Region {
        uint64_t base, size;
        std::shared_ptr<void> bytes;
        uint8_t *at(uint64_t address) { return static_cast<uint8_t *>(bytes.get()) + (address - base); }
    };
    Region *find(uint64_t address, uint32_t size);
    std::vector<Region> regions_;
};

class FakeHost final : public Host {
public:
    struct Unmap {
        uint32_t stream;
        uint64_t address, size;
    };
    struct Msi {
        uint32_t device_id;
        uint64_t address;
        uint32_t data;
    };
    struct End {
        uint64_t hold;
        bool terminated;
    };

    void ram(uint64_t base, uint64_t size) { memory_.add(base, size); }
    // Puts an IOMMU behind port 0, as `stream`.
    void connect(Iommu &iommu, uint32_t stream) { port_ = {&iommu, stream}; }
    // Runs deferred work if the device asked for it; says whether it did.
    bool run_deferred(Device &);

    bool line(unsigned number) const { return number < lines_.size() && lines_[number]; }
    // Log lines whose text contains this.
    unsigned logged(const std::string &part) const;

    std::vector<Unmap> unmaps;
    std::vector<Msi> msis;
    std::vector<End> ends;
    std::vector<SocMessage> messages;
    std::vector<uint32_t> message_ports;  // where each went
    unsigned line_changes = 0;
    // What the master under test may use.
    uint32_t features = SOC_FEATURE_PASID | SOC_FEATURE_PASID_EXECUTE | SOC_FEATURE_PASID_PRIVILEGED;
    bool deaf = false;        // nobody takes messages
    bool dead_msis = false;   // nor interrupts that are messages
    uint32_t port_count = 1;  // all of them are port 0

    FakeMemory &memory() override { return memory_; }
    void log(LogLevel, const std::string &) override;
    void defer() override { deferred_ = true; }
    void irq(unsigned line, bool level) override;
    bool msi(uint32_t device_id, uint64_t address, uint32_t data) override;
    void unmap_notify(uint32_t stream, uint64_t address, uint64_t size) override;
    void held_end(uint64_t hold, const Fault *terminated) override;
    bool message(uint32_t port, const SocMessage &) override;
    uint32_t ports() override { return port_.first ? port_count : 0; }
    uint32_t port_stream(uint32_t port) override;
    bool dma(uint32_t port, uint64_t address, std::span<uint8_t> data, Access, bool privileged) override;
    bool translate(uint32_t port, Transaction &, SocTranslation &) override;
    bool last_fault(uint32_t port, SocFault &) override;
    bool counter(uint32_t port, const char *name, uint64_t &value) override;
    uint32_t master_features() override { return features; }

private:
    FakeMemory memory_;
    std::vector<bool> lines_;
    std::atomic<bool> deferred_{false};
    mutable std::mutex log_lock_;
    std::vector<std::string> log_;
    std::pair<Iommu *, uint32_t> port_{nullptr, 0};
};

using OptionList = std::vector<std::pair<std::string, std::string>>;

// A registered model; throws OptionError as the model does.
std::unique_ptr<Device> make_device(Host &, const std::string &type, const OptionList & = {});
std::unique_ptr<Iommu> make_iommu(Host &, const std::string &type, const OptionList & = {});

OptionList parse_options(const std::string &);  // "variant=t8103,page-size=4k"

}  // namespace soc::test
