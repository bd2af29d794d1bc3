// Registers, interrupts and queues of an SMMUv3 without the rest of it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "arm/smmuv3/command_queue.hpp"
#include "arm/smmuv3/event_queue.hpp"
#include "arm/smmuv3/features.hpp"
#include "arm/smmuv3/interrupts.hpp"
#include "arm/smmuv3/page_request_queue.hpp"
#include "arm/smmuv3/register_file.hpp"
#include "support/fake_host.hpp"
#include "support/smmuv3_structures.hpp"

namespace soc::test {

// The reason why options are refused; empty: they are not.
inline std::string smmuv3_refusal(const std::string &text)
{
    try {
        smmuv3_features(text);
    } catch (const OptionError &error) {
        return error.what();
    }
    return "";
}

// Memory, and a record of pulses and messages.
class PartsHost final : public Host {
public:
    struct Msi {
        uint32_t device_id;
        uint64_t address;
        uint32_t data;
    };
    FakeMemory ram;
    std::vector<Msi> msis;
    std::vector<bool> lines = std::vector<bool>(4);
    std::vector<unsigned> pulses = std::vector<unsigned>(4);  // rising edges
    std::set<uint64_t> dead;                                  // addresses that take no message
    std::function<void(const Msi &)> on_msi;
    std::atomic<unsigned> defers{0};

    unsigned logged(const std::string &part)
    {
        const std::lock_guard guard(lock_);
        return unsigned(std::count_if(log_.begin(), log_.end(), [&](const std::string &line) {
            return line.find(part) != std::string::npos;
        }));
    }

    GuestMemory &memory() override { return ram; }
    void log(LogLevel, const std::string &text) override
    {
        const std::lock_guard guard(lock_);
        log_.push_back(text);
    }
    void defer() override { ++defers; }
    void irq(unsigned line, bool level) override
    {
        pulses.at(line) += level && !lines.at(line);
        lines.at(line) = level;
    }
    bool msi(uint32_t device_id, uint64_t address, uint32_t data) override
    {
        if (dead.contains(address))
            return false;
        msis.push_back({device_id, address, data});
        if (on_msi)
            on_msi(msis.back());
        return true;
    }
    void unmap_notify(uint32_t, uint64_t, uint64_t) override {}
    void held_end(uint64_t, const Fault *) override {}
    bool message(uint32_t, const SocMessage &) override { return false; }
    uint32_t ports() override { return 0; }
    uint32_t port_stream(uint32_t) override { return 0; }
    bool dma(uint32_t, uint64_t, std::span<uint8_t>, Access, bool) override { return false; }
    bool translate(uint32_t, Transaction &, SocTranslation &) override { return false; }
    bool last_fault(uint32_t, SocFault &) override { return false; }
    bool counter(uint32_t, const char *, uint64_t &) override { return false; }

private:
    std::mutex lock_;
    std::vector<std::string> log_;
};

struct SmmuParts {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 4_MiB;
    static constexpr uint64_t cmdq = ram, evtq = ram + 1_MiB, priq = ram + 2_MiB, nowhere = 0x1000;
    static constexpr uint32_t own_id = 0xffff;
    enum : uint32_t { smmuen = 1, priqen = 2, evtqen = 4, cmdqen = 8, atschk = 16 };
    enum : uint64_t {
        CR0 = 0x20, CR0ACK = 0x24, CR1 = 0x28, CR2 = 0x2c, GBPA = 0x44, IRQ_CTRL = 0x50, IRQ_CTRLACK = 0x54,
        GERROR = 0x60, GERRORN = 0x64, GERROR_IRQ_CFG0 = 0x68, STRTAB_BASE = 0x80, STRTAB_BASE_CFG = 0x88,
        CMDQ_BASE = 0x90, CMDQ_PROD = 0x98, CMDQ_CONS = 0x9c, EVENTQ_BASE = 0xa0, EVENTQ_IRQ_CFG0 = 0xb0,
        PRIQ_BASE = 0xc0, PRIQ_IRQ_CFG0 = 0xd0, EVENTQ_PROD = 0x100a8, EVENTQ_CONS = 0x100ac, PRIQ_PROD = 0x100c8,
        PRIQ_CONS = 0x100cc,
    };

    explicit SmmuParts(const std::string &options = "")
        : features(smmuv3_features(options)), interrupts(host, features, own_id),
          registers(features, log, interrupts), events(host, registers, interrupts),
          page_requests(host, registers, interrupts),
          commands(host, registers, interrupts, [this](const smmuv3::CommandWords &words) {
              executed.push_back(words);
              return outcome ? outcome(words) : smmuv3::CommandQueue::Outcome::done;
          })
    {
        host.ram.add(ram, ram_size);
    }

    uint32_t read(uint64_t offset) { return uint32_t(registers.bank().read(offset, 4)); }
    void write(uint64_t offset, uint32_t value) { registers.bank().write(offset, value, 4); }
    uint64_t read64(uint64_t offset) { return registers.bank().read(offset, 8); }
    void write64(uint64_t offset, uint64_t value) { registers.bank().write(offset, value, 8); }
    uint64_t word(uint64_t address) { return host.ram.load<uint64_t>(address).value_or(~0ull); }

    // Acknowledges what GERROR says.
    void acknowledge() { write(GERRORN, read(GERROR)); }
    uint32_t errors() { return read(GERROR) ^ read(GERRORN); }

    std::vector<uint8_t> state()
    {
        StateWriter out;
        registers.save(out);
        interrupts.save(out);
        events.save(out);
        page_requests.save(out);
        commands.save(out);
        return out.data();
    }
    // Whether the state was taken as a whole.
    bool load(std::span<const uint8_t> data)
    {
        StateReader in(data);
        registers.load(in);
        interrupts.load(in);
        events.load(in);
        page_requests.load(in);
        commands.load(in);
        return in.complete();
    }
    void reset()
    {
        registers.reset();
        interrupts.reset();
        events.reset();
        page_requests.reset();
        commands.reset();
    }

    PartsHost host;
    GuestLog log{host, "smmu"};
    const smmuv3::Features features;
    smmuv3::Interrupts interrupts;
    smmuv3::RegisterFile registers;
    smmuv3::EventQueue events;
    smmuv3::PageRequestQueue page_requests;
    std::vector<smmuv3::CommandWords> executed;
    std::function<smmuv3::CommandQueue::Outcome(const smmuv3::CommandWords &)> outcome;
    smmuv3::CommandQueue commands;
};

}  // namespace soc::test
