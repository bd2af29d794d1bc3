// Drivers for the devices under test, as a guest would have them.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <numeric>

#include "machine.hpp"
#include "models/test_iommu_regs.h"
#include "soc-iommu/seam.h"
#include "soc-iommu/soc-dma-regs.h"

namespace qtest {

constexpr uint64_t page = 0x1000;

// What STATUS of soc-dma may say.
constexpr uint32_t done = SOC_DMA_STATUS_DONE, failed = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR;
constexpr uint32_t held = SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD;
constexpr uint32_t invalid = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_INVALID;

enum class Direction : uint32_t { to_buffer = SOC_DMA_DOORBELL_READ, to_memory = SOC_DMA_DOORBELL_WRITE };

// Bytes that differ from their neighbours and from those of another seed.
inline std::vector<uint8_t> pattern(size_t size, uint8_t seed = 1)
{
    std::vector<uint8_t> data(size);
    for (size_t i = 0; i < size; ++i)
        data[i] = uint8_t(seed + i * 7 + i / 251);
    return data;
}

class Dma {
public:
    Dma(Machine &machine, uint64_t base) : machine_(machine), base_(base) {}
    Dma(Machine &machine, const std::string &id) : Dma(machine, machine.address(id)) {}

    uint32_t get(uint32_t offset) { return machine_.little32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.little32(base_ + offset, value); }
    void port(uint32_t port) { set(SOC_DMA_PORT, port); }
    void attributes(uint32_t attributes) { set(SOC_DMA_ATTR, attributes); }
    void substream(uint32_t number) { set(SOC_DMA_SUBSTREAM, number | SOC_DMA_SUBSTREAM_VALID); }

    void start(Direction direction, uint64_t address, uint32_t length)
    {
        set(SOC_DMA_ADDR_LO, uint32_t(address));
        set(SOC_DMA_ADDR_HI, uint32_t(address >> 32));
        set(SOC_DMA_LENGTH, length);
        set(SOC_DMA_BUFFER_OFFSET, 0);
        set(SOC_DMA_DOORBELL, uint32_t(direction));
    }
    // STATUS once the transfer has ended, or is held. The model works from a bottom half: each look lets it run.
    uint32_t settle()
    {
        for (int looks = 0; looks < 10000; ++looks) {
            const uint32_t status = get(SOC_DMA_STATUS);
            if (!(status & SOC_DMA_STATUS_BUSY) || status & SOC_DMA_STATUS_HELD)
                return status;
        }
        throw std::runtime_error("the transfer does not end");
    }
    uint32_t transfer(Direction direction, uint64_t address, uint32_t length)
    {
        start(direction, address, length);
        return settle();
    }
    uint32_t fault() { return get(SOC_DMA_FAULT_KIND); }

    std::vector<uint8_t> buffer(size_t size) { return machine_.bytes(base_ + SOC_DMA_BUFFER, size); }
    void fill_buffer(const std::vector<uint8_t> &data) { machine_.fill(base_ + SOC_DMA_BUFFER, data); }

private:
    Machine &machine_;
    uint64_t base_;
};

// A function on the host bridge's bus, brought up as firmware would: BAR 0 placed, memory and mastering on.
class PciFunction {
public:
    PciFunction(Machine &machine, unsigned slot)
        : machine_(machine), config_(ecam + (uint64_t(slot) << 15)), bar_(window + slot * 0x100000)
    {
        config32(0x10, uint32_t(bar_));
        config16(4, 0x6);
    }
    uint64_t bar() const { return bar_; }
    uint32_t config32(uint32_t offset) { return machine_.read32(config_ + offset); }
    void config32(uint32_t offset, uint32_t value) { machine_.write32(config_ + offset, value); }
    void config16(uint32_t offset, uint16_t value) { machine_.write(config_ + offset, 2, value); }

private:
    static constexpr uint64_t ecam = 0x4010000000, window = 0x10000000;  // of the virt board
    Machine &machine_;
    uint64_t config_, bar_;
};

// soc-test-iommu, with its tables at `table`.
class TestIommu {
public:
    TestIommu(Machine &machine, const std::string &id, uint64_t table = ram + 0x100000)
        : machine_(machine), base_(machine.address(id)), table_(table)
    {
        set(TEST_TABLE_LO, uint32_t(table));
        set(TEST_TABLE_HI, uint32_t(table >> 32));
    }
    uint32_t get(uint32_t offset) { return machine_.read32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.write32(base_ + offset, value); }
    void enable(uint32_t more = 0) { set(TEST_CTRL, TEST_CTRL_ENABLE | more); }
    uint64_t entry_at(uint64_t iova) const { return table_ + iova / page * 8; }
    void map(uint64_t iova, uint64_t address, uint64_t flags = TEST_ENTRY_WRITE)
    {
        machine_.write64(entry_at(iova), address | flags | TEST_ENTRY_VALID);
    }
    void map_substream(uint32_t substream, uint64_t iova, uint64_t address)
    {
        machine_.write64(entry_at(iova) + page * (substream + 1), address | TEST_ENTRY_WRITE | TEST_ENTRY_VALID);
    }
    void unmap(uint64_t iova) { machine_.write64(entry_at(iova), 0); }
    // One look at a register lets pending bottom halves run; they may ask for more.
    void settle()
    {
        for (int looks = 0; looks < 20; ++looks)
            get(TEST_CTRL);
    }
    uint64_t base() const { return base_; }

private:
    Machine &machine_;
    uint64_t base_, table_;
};

// A platform master with a port, or more, behind each of two.
struct TwoIommus {
    explicit TwoIommus(const std::string &master)
        : machine({"-device", "soc-test-iommu,id=a,pci-map=none", "-device", "soc-test-iommu,id=b,pci-map=none",
                   "-device", "soc-dma,id=dma," + master}),
          dma(machine, "dma"), a(machine, "a", ram + 0x100000), b(machine, "b", ram + 0x200000)
    {
    }
    Machine machine;
    Dma dma;
    TestIommu a, b;

    // Page 1 leads to pattern(32, 10) behind the one, and to pattern(32, 20) behind the other.
    void map_apart()
    {
        a.enable();
        b.enable();
        a.map(0x1000, ram + 0x400000);
        b.map(0x1000, ram + 0x500000);
        machine.fill(ram + 0x400000, pattern(32, 10));
        machine.fill(ram + 0x500000, pattern(32, 20));
    }
};

}  // namespace qtest
