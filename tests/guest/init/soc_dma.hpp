// SPDX-License-Identifier: GPL-2.0-or-later
// Driver of soc-dma, over its register window however that is reached.
#pragma once

#include "fd.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace guest
{

// 32-bit registers, and the local buffer behind them.
class Window
{
public:
    virtual ~Window() = default;
    virtual uint32_t read(uint32_t offset) = 0;
    virtual void write(uint32_t offset, uint32_t value) = 0;
    virtual void read_block(uint32_t offset, std::span<uint8_t> data) = 0;
    virtual void write_block(uint32_t offset, std::span<const uint8_t> data) = 0;
};

std::unique_ptr<Window> mapped_window(Mapping mapping, size_t start = 0);
// By pread and pwrite, for a region that VFIO cannot map. `fd` stays the caller's.
std::unique_ptr<Window> file_window(const Fd &fd, uint64_t offset);

struct Transfer {
    uint32_t status;      // SOC_DMA_STATUS_*
    uint32_t transferred; // bytes
    bool failed() const;
};

struct DmaFault {
    uint32_t kind;
    uint64_t address;
    uint32_t stream;
    uint32_t flags;
};

struct Counters {
    bool observed; // false: the IOMMU is none of ours, the rest is zero
    uint64_t translations;
    uint64_t faults;
    uint64_t invalidations;
};

class Notes;

// What passed between two looks: "translations=N", "bypass", or "not observed".
void note_translations(Notes &notes, const Counters &before, const Counters &after);

class SocDma
{
public:
    // Throws Failure where the window is not soc-dma's.
    explicit SocDma(std::unique_ptr<Window> window);

    uint32_t ports();
    void select_port(uint32_t port);
    uint32_t stream();

    // Memory to `data`, and `data` to memory. They wait for the end, however long it takes: the watchdog's
    // business. A fault is no Failure; what the device refuses is.
    Transfer from_memory(uint64_t address, std::span<uint8_t> data);
    Transfer to_memory(uint64_t address, std::span<const uint8_t> data);

    // From now on the IOMMU's model is asked, not QEMU's memory path: with the substream, if there is one,
    // and as a master that can wait for software.
    void use_direct(std::optional<uint32_t> substream);
    uint32_t holds(); // transfers that had to wait so far; wraps

    // Puts something into the local buffer.
    void preload(std::span<const uint8_t> data);

    DmaFault fault();
    Counters counters();
    size_t capacity() const;

private:
    Transfer run(uint64_t address, size_t length, uint32_t doorbell);
    uint64_t read_pair(uint32_t low_offset);

    std::unique_ptr<Window> window_;
};

std::string fault_kind_name(uint32_t kind);

} // namespace guest
