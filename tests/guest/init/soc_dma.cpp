// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc_dma.hpp"

#include "failure.hpp"
#include "soc-iommu/soc-dma-regs.h"
#include "supervisor.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <endian.h>
#include <time.h>
#include <unistd.h>

namespace guest
{
namespace
{

// Stores to memory must be seen by the device before the doorbell, and the other way round at the end.
void full_barrier()
{
#if defined(__aarch64__) || defined(__arm__)
    asm volatile("dsb sy" ::: "memory");
#else
    __sync_synchronize();
#endif
}

class MappedWindow : public Window
{
public:
    MappedWindow(Mapping mapping, size_t start) : mapping_(std::move(mapping)), base_(mapping_.data() + start)
    {
    }

    // The device's registers are little-endian, whatever the processor is.
    uint32_t read(uint32_t offset) override { return le32toh(*word(offset)); }
    void write(uint32_t offset, uint32_t value) override { *word(offset) = htole32(value); }

    // Word by word: device memory takes no unaligned access, and memcpy() makes them.
    void read_block(uint32_t offset, std::span<uint8_t> data) override
    {
        for (size_t i = 0; i < data.size(); i += 4) {
            const uint32_t value = *word(offset + static_cast<uint32_t>(i));
            memcpy(data.data() + i, &value, std::min<size_t>(4, data.size() - i));
        }
    }

    void write_block(uint32_t offset, std::span<const uint8_t> data) override
    {
        for (size_t i = 0; i < data.size(); i += 4) {
            uint32_t value = 0;
            memcpy(&value, data.data() + i, std::min<size_t>(4, data.size() - i));
            *word(offset + static_cast<uint32_t>(i)) = value;
        }
    }

private:
    volatile uint32_t *word(uint32_t offset) { return reinterpret_cast<volatile uint32_t *>(base_ + offset); }

    Mapping mapping_;
    uint8_t *base_;
};

class FileWindow : public Window
{
public:
    FileWindow(const Fd &fd, uint64_t offset) : fd_(fd.get()), offset_(offset) {}

    uint32_t read(uint32_t offset) override
    {
        uint32_t value = 0;
        read_block(offset, {reinterpret_cast<uint8_t *>(&value), sizeof(value)});
        return le32toh(value);
    }

    void write(uint32_t offset, uint32_t value) override
    {
        value = htole32(value);
        write_block(offset, {reinterpret_cast<const uint8_t *>(&value), sizeof(value)});
    }

    void read_block(uint32_t offset, std::span<uint8_t> data) override
    {
        if (pread(fd_, data.data(), data.size(), position(offset)) != static_cast<ssize_t>(data.size())) {
            fail_errno("pread of the device's registers");
        }
    }

    void write_block(uint32_t offset, std::span<const uint8_t> data) override
    {
        if (pwrite(fd_, data.data(), data.size(), position(offset)) != static_cast<ssize_t>(data.size())) {
            fail_errno("pwrite to the device's registers");
        }
    }

private:
    off_t position(uint32_t offset) const { return static_cast<off_t>(offset_ + offset); }

    int fd_;
    uint64_t offset_;
};

} // namespace

void note_translations(Notes &notes, const Counters &before, const Counters &after)
{
    if (!after.observed) {
        notes.add("not observed");
    } else if (after.translations > before.translations) {
        notes.add("translations=%llu",
                  static_cast<unsigned long long>(after.translations - before.translations));
    } else {
        notes.add("bypass");
    }
}

std::unique_ptr<Window> mapped_window(Mapping mapping, size_t start)
{
    return std::make_unique<MappedWindow>(std::move(mapping), start);
}

std::unique_ptr<Window> file_window(const Fd &fd, uint64_t offset)
{
    return std::make_unique<FileWindow>(fd, offset);
}

bool Transfer::failed() const
{
    return status & SOC_DMA_STATUS_ERROR;
}

SocDma::SocDma(std::unique_ptr<Window> window) : window_(std::move(window))
{
    const uint32_t id = window_->read(SOC_DMA_ID);
    if (id != SOC_DMA_ID_VALUE) {
        fail("soc-dma: the ID register reads " + hex(id));
    }
    window_->write(SOC_DMA_SUBSTREAM, 0);
    window_->write(SOC_DMA_ATTR, 0);
    window_->write(SOC_DMA_BUFFER_OFFSET, 0);
    select_port(0);
}

uint32_t SocDma::ports()
{
    return window_->read(SOC_DMA_PORTS);
}

void SocDma::select_port(uint32_t port)
{
    window_->write(SOC_DMA_PORT, port);
}

uint32_t SocDma::stream()
{
    return window_->read(SOC_DMA_STREAM);
}

void SocDma::use_direct(std::optional<uint32_t> substream)
{
    window_->write(SOC_DMA_SUBSTREAM, substream ? SOC_DMA_SUBSTREAM_VALID | *substream : 0);
    window_->write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
}

uint32_t SocDma::holds()
{
    return window_->read(SOC_DMA_HOLDS);
}

size_t SocDma::capacity() const
{
    return SOC_DMA_BUFFER_SIZE;
}

Transfer SocDma::run(uint64_t address, size_t length, uint32_t doorbell)
{
    window_->write(SOC_DMA_ADDR_LO, static_cast<uint32_t>(address));
    window_->write(SOC_DMA_ADDR_HI, static_cast<uint32_t>(address >> 32));
    window_->write(SOC_DMA_LENGTH, static_cast<uint32_t>(length));
    full_barrier();
    window_->write(SOC_DMA_DOORBELL, doorbell);

    uint32_t status;
    while ((status = window_->read(SOC_DMA_STATUS)) & SOC_DMA_STATUS_BUSY) {
        const timespec pause = {0, 100'000};
        nanosleep(&pause, nullptr);
    }
    full_barrier();
    if (status & SOC_DMA_STATUS_INVALID || !(status & SOC_DMA_STATUS_DONE)) {
        fail(format("soc-dma refused a transfer of %zu bytes at %s: status 0x%x", length,
                    hex(address).c_str(), status));
    }
    return {status, window_->read(SOC_DMA_TRANSFERRED)};
}

Transfer SocDma::from_memory(uint64_t address, std::span<uint8_t> data)
{
    const Transfer transfer = run(address, data.size(), SOC_DMA_DOORBELL_READ);
    window_->read_block(SOC_DMA_BUFFER, data);
    return transfer;
}

Transfer SocDma::to_memory(uint64_t address, std::span<const uint8_t> data)
{
    window_->write_block(SOC_DMA_BUFFER, data);
    return run(address, data.size(), SOC_DMA_DOORBELL_WRITE);
}

void SocDma::preload(std::span<const uint8_t> data)
{
    window_->write_block(SOC_DMA_BUFFER, data);
}

uint64_t SocDma::read_pair(uint32_t low_offset)
{
    const uint32_t low = window_->read(low_offset); // latches the high half
    return low | static_cast<uint64_t>(window_->read(low_offset + 4)) << 32;
}

DmaFault SocDma::fault()
{
    return {window_->read(SOC_DMA_FAULT_KIND), read_pair(SOC_DMA_FAULT_ADDR_LO),
            window_->read(SOC_DMA_FAULT_STREAM), window_->read(SOC_DMA_FAULT_FLAGS)};
}

Counters SocDma::counters()
{
    if (!(window_->read(SOC_DMA_OBSERVED) & 1)) {
        return {};
    }
    return {true, read_pair(SOC_DMA_TRANSLATIONS_LO), read_pair(SOC_DMA_FAULTS_LO),
            read_pair(SOC_DMA_INVALIDATIONS_LO)};
}

std::string fault_kind_name(uint32_t kind)
{
    // SOC_FAULT_* of seam.h, which is not for the guest to include.
    constexpr std::array<const char *, 11> names = {
        "none",       "translation",   "permission",     "address-size", "access-flag", "disabled",
        "walk-abort", "configuration", "unknown-stream", "bus",          "terminated",
    };
    return kind < names.size() ? names[kind] : format("kind-%u", kind);
}

} // namespace guest
