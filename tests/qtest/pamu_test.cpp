// PAMUs on a board: on ARM's, where nothing but a platform master is needed, and on the one that they belong to, with a
// big-endian processor, inbound windows of the PCI host in front of them, and a device tree that comes late.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

#include <chrono>
#include <fstream>
#include <libfdt.h>
#include <thread>

using namespace qtest;

namespace {

constexpr uint32_t host_bridge = 193;  // its LIODN, U-Boot's for the first one of a P4080

// What fsl_pamu.c writes, for the first PAMU.
class Pamu {
public:
    Pamu(Machine &machine, uint64_t table) : machine_(machine), base_(machine.address("pamu")), table_(table) {}

    void probe()
    {
        set(0x00, 0);
        set(0x04, uint32_t(table_));
        set(0x08, 0);
        set(0x0c, uint32_t(table_ + 0x500 * 64));
        set(0xc1c, 4);
        set(0xc10, 0x4000'1011);
        bypass(0);
    }
    // The global utilities follow the five PAMUs.
    void bypass(uint32_t bits) { machine_.big32(base_ + 5 * 0x1000 + 0x604, bits); }
    void map(uint32_t liodn, uint64_t window, unsigned wse, uint64_t to, uint32_t ap = 3)
    {
        word(liodn, 0, uint32_t(window >> 32));
        word(liodn, 3, 1 << 2);
        word(liodn, 4, uint32_t(to >> 32));
        word(liodn, 5, uint32_t(to));
        word(liodn, 1, uint32_t(window) | wse << 6 | ap << 3 | 1);
    }
    void disable(uint32_t liodn) { word(liodn, 1, machine_.big32(table_ + liodn * 64 + 4) & ~1u); }
    void acknowledge() { set(0x50, get(0x50) & 0x7fff); }
    uint32_t get(uint32_t offset) { return machine_.big32(base_ + offset); }
    void set(uint32_t offset, uint32_t value) { machine_.big32(base_ + offset, value); }

private:
    void word(uint32_t liodn, unsigned number, uint32_t value)
    {
        machine_.big32(table_ + liodn * 64 + 4 * number, value);
    }

    Machine &machine_;
    const uint64_t base_, table_;
};

// The smallest program: it branches to itself. The board wants one, and it never runs.
std::string kernel_in(const std::filesystem::path &folder)
{
    const auto file = folder / "kernel";
    std::vector<uint8_t> image;
    const auto half = [&](uint32_t value) { image.insert(image.end(), {uint8_t(value >> 8), uint8_t(value)}); };
    const auto word = [&](uint32_t value) { half(value >> 16), half(value); };
    image = {0x7f, 'E', 'L', 'F', 1, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0};  // 32 bits, big-endian
    // Executable, PowerPC, entry, one program header.
    half(2), half(20), word(1), word(0x10000), word(52), word(0), word(0);
    half(52), half(32), half(1), half(0), half(0), half(0);
    word(1), word(84), word(0x10000), word(0x10000), word(4), word(4), word(5), word(4);
    word(0x48000000);
    std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char *>(image.data()), long(image.size()));
    return file;
}

class Folder {
public:
    Folder() { REQUIRE(mkdtemp(name_.data())); }
    ~Folder() { std::filesystem::remove_all(name_); }
    const std::string &name() const { return name_; }

private:
    std::string name_ = std::filesystem::temp_directory_path() / "soc-iommu-ppce500-XXXXXX";
};

// The ppce500 board, its PCI bus brought up as Linux does it: memory windows 1:1, one inbound window over all RAM.
struct Ppce500 {
    static constexpr uint64_t ccsr = 0xf'e000'0000, mpic_sources = ccsr + 0x50000, pci = ccsr + 0x8000;
    static constexpr uint64_t bus_window = 0xe000'0000, cpu_window = 0xc'0000'0000;
    static constexpr uint64_t table = 0x10'0000, memory = 0x20'0000;

    explicit Ppce500(Arguments devices = {}) : machine(with(std::move(devices)), board())
    {
        window(0xc20, uint32_t(bus_window >> 12), uint32_t(cpu_window >> 12), 0x8004'401c);
        config(0x10, bus_window);
        config(0x04, 6);
    }
    Arguments board() const
    {
        return {"-M", "ppce500", "-cpu", "e500mc", "-kernel", kernel_in(folder.name())};
    }
    static Arguments with(Arguments more)
    {
        Arguments all = {"-device", "fsl-pamu,id=pamu", "-device", "soc-dma-pci,id=dma,addr=1"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    // Registers of a window: what it is translated to, where it begins, its attributes.
    void window(uint32_t offset, uint32_t translated, uint32_t begin, uint32_t attributes)
    {
        machine.big32(pci + offset, translated);
        machine.big32(pci + offset + 8, begin);
        machine.big32(pci + offset + 0x10, attributes);
    }
    void inbound(uint64_t bus, uint64_t system)
    {
        window(0xde0, uint32_t(system >> 12), uint32_t(bus >> 12), 0xa0f5'5019);
    }
    void config(uint32_t offset, uint64_t value)
    {
        machine.big32(pci, 0x8000'0800 | offset);
        machine.little32(pci + 4, uint32_t(value));
    }
    // The interrupt unmasked, for the first processor.
    void unmask(const char *id)
    {
        const uint64_t source = mpic_sources + machine.get(id, "spi").get<uint64_t>() * 0x20;
        machine.big32(source + 0x10, 1);
        machine.big32(source, 8u << 16 | 1u << 22 | 0x55);
    }
    bool pending(const char *id)
    {
        return machine.big32(mpic_sources + machine.get(id, "spi").get<uint64_t>() * 0x20) >> 30 & 1;
    }

    Folder folder;
    Machine machine;
    Dma dma{machine, cpu_window};
    Pamu pamu{machine, table};
};

}  // namespace

TEST_CASE("a PAMU stands between a platform master and memory", "[dma]")
{
    Machine machine({"-device", "fsl-pamu,id=pamu", "-device", "soc-dma,id=dma,iommus=pamu:7+pamu:0x1008"});
    Pamu pamu(machine, ram + 0x100000);
    Dma dma(machine, "dma");
    machine.fill(ram + 0x4000, pattern(64, 3));
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x4000, 64) == done);  // bypassed
    pamu.probe();
    CHECK(dma.transfer(Direction::to_buffer, ram + 0x4000, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_DISABLED);
    CHECK(pamu.get(0x50) == (7u << 16 | 2u << 10 | 1));
    CHECK(pamu.get(0x5c) == ram + 0x4000);
    CHECK(machine.interrupt_pending("pamu"));
    pamu.acknowledge();
    CHECK_FALSE(machine.interrupt_pending("pamu"));
    pamu.map(7, 0x10000, 15, ram, 1);
    CHECK(dma.transfer(Direction::to_buffer, 0x14000, 64) == done);
    CHECK(dma.buffer(64) == pattern(64, 3));
    CHECK(dma.transfer(Direction::to_memory, 0x14000, 64) == failed);
    CHECK(dma.fault() == SOC_FAULT_PERMISSION);
    CHECK(dma.transfer(Direction::to_buffer, 0x20000, 4) == failed);
    CHECK(dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(machine.quit() == 0);
}

TEST_CASE("on the ppce500 a function's DMA goes through the bridge's window first, and then the PAMU", "[ppce500]")
{
    Ppce500 board;
    board.machine.fill(board.memory, pattern(64, 5));
    // No inbound window: nothing answers, and no PAMU hears of it.
    CHECK(board.dma.transfer(Direction::to_buffer, board.memory, 64) == failed);
    CHECK(board.dma.fault() == SOC_FAULT_BUS);
    CHECK(board.machine.get("pamu", "translations") == 0);

    board.inbound(0x8000'0000, 0);
    CHECK(board.dma.transfer(Direction::to_buffer, 0x8000'0000 + board.memory, 64) == done);
    CHECK(board.dma.buffer(64) == pattern(64, 5));
    CHECK(board.machine.get("pamu", "bypasses") == 1);

    board.pamu.probe();
    board.unmask("pamu");
    CHECK_FALSE(board.pending("pamu"));
    CHECK(board.dma.transfer(Direction::to_buffer, 0x8000'0000 + board.memory, 64) == failed);
    CHECK(board.dma.fault() == SOC_FAULT_DISABLED);
    CHECK(board.pamu.get(0x50) == (host_bridge << 16 | 2u << 10 | 1));
    CHECK(board.pamu.get(0x58) == 0);
    CHECK(board.pamu.get(0x5c) == board.memory);  // as the window gives it out
    CHECK(board.pending("pamu"));
    board.pamu.acknowledge();
    CHECK_FALSE(board.pending("pamu"));

    board.pamu.map(host_bridge, 0, 35, 0);
    board.dma.fill_buffer(pattern(0xc00, 9));
    CHECK(board.dma.transfer(Direction::to_memory, 0x8000'0000 + board.memory + 0x800, 0xc00) == done);
    CHECK(board.machine.bytes(board.memory + 0x800, 0xc00) == pattern(0xc00, 9));
    // A window of the PAMU's own, on top.
    board.pamu.map(host_bridge, board.memory, 15, board.memory + 0x10'0000);
    board.machine.fill(board.memory + 0x10'0000, pattern(16, 77));
    CHECK(board.dma.transfer(Direction::to_buffer, 0x8000'0000 + board.memory, 16) == done);
    CHECK(board.dma.buffer(16) == pattern(16, 77));
    // Another window, and what was in use is gone.
    board.inbound(0x9000'0000, 0);
    CHECK(board.dma.transfer(Direction::to_buffer, 0x8000'0000 + board.memory, 16) == failed);
    CHECK(board.dma.fault() == SOC_FAULT_BUS);
    CHECK(board.dma.transfer(Direction::to_buffer, 0x9000'0000 + board.memory, 16) == done);
    CHECK(board.machine.quit() == 0);
}

TEST_CASE("on the ppce500 one function reaches another's registers past the PAMU", "[ppce500]")
{
    Ppce500 board({"-device", "soc-dma-pci,id=peer,addr=2"});
    board.machine.big32(Ppce500::pci, 0x8000'1010);
    board.machine.little32(Ppce500::pci + 4, Ppce500::bus_window + 0x10'0000);
    board.machine.big32(Ppce500::pci, 0x8000'1004);
    board.machine.little32(Ppce500::pci + 4, 6);
    board.pamu.probe();
    CHECK(board.dma.transfer(Direction::to_buffer, Ppce500::bus_window + 0x10'0000 + SOC_DMA_ID, 4) == done);
    CHECK(board.dma.get(SOC_DMA_BUFFER) == SOC_DMA_ID_VALUE);
    CHECK(board.machine.get("pamu", "translations") == 0);
    CHECK(board.machine.quit() == 0);
}

TEST_CASE("on the ppce500 the nodes are in the tree that the processor is given, after every reset", "[ppce500]")
{
    Ppce500 board;
    constexpr uint64_t where = 0x180'0000;  // the kernel is at 64 KiB: DTC_LOAD_PAD further on, in whole MiB
    for (int pass = 0; pass < 2; ++pass) {
        const uint32_t size = board.machine.big32(where + 4);
        REQUIRE(size > 0x10000);
        const std::vector<uint8_t> tree = board.machine.bytes(where, size);
        REQUIRE(fdt_check_full(tree.data(), tree.size()) == 0);
        const int pamu = fdt_node_offset_by_compatible(tree.data(), -1, "fsl,pamu");
        REQUIRE(pamu >= 0);
        const int guts = fdt_node_offset_by_compatible(tree.data(), -1, "fsl,qoriq-device-config-1.0");
        REQUIRE(guts >= 0);
        const int bridge = fdt_node_offset_by_compatible(tree.data(), -1, "fsl,mpc8540-pci");
        REQUIRE(bridge >= 0);
        const auto cell = [&](int node, const char *name, unsigned number) {
            int length;
            const auto *cells = static_cast<const fdt32_t *>(fdt_getprop(tree.data(), node, name, &length));
            return cells && unsigned(length) > 4 * number ? fdt32_to_cpu(cells[number]) : ~0u;
        };
        CHECK(cell(bridge, "fsl,liodn", 0) == host_bridge);
        CHECK(cell(pamu, "reg", 0) == 0xf);
        CHECK(cell(pamu, "reg", 1) == uint32_t(board.machine.address("pamu")));
        CHECK(cell(pamu, "interrupts", 0) == board.machine.get("pamu", "spi").get<uint32_t>());
        CHECK(cell(pamu, "interrupts", 1) == 2);
        const int mpic = fdt_node_offset_by_compatible(tree.data(), -1, "fsl,mpic");
        CHECK(cell(pamu, "interrupt-parent", 0) == fdt_get_phandle(tree.data(), mpic));
        CHECK(fdt_node_offset_by_compatible(tree.data(), pamu, "fsl,pamu") < 0);  // once
        board.machine.reset();
    }
    CHECK(board.machine.quit() == 0);
}

TEST_CASE("on the ppce500 a machine goes on with its windows and its pending violation", "[ppce500]")
{
    Ppce500 source;
    source.inbound(0, 0);
    source.pamu.probe();
    source.unmask("pamu");
    source.pamu.map(host_bridge, 0, 35, 0);
    source.machine.fill(source.memory, pattern(16, 4));
    REQUIRE(source.dma.transfer(Direction::to_buffer, source.memory, 16) == done);
    source.pamu.disable(host_bridge);
    REQUIRE(source.dma.transfer(Direction::to_buffer, source.memory, 16) == failed);
    const std::string file = source.folder.name() + "/state";
    const auto wait = [](Machine &machine) {
        while (machine.qmp("query-migrate").value("status", "") != "completed")
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
    };
    source.machine.qmp("migrate", {{"uri", "exec:cat > " + file}});
    wait(source.machine);

    Machine target(Ppce500::with({"-incoming", "exec:cat " + file}), source.board());
    wait(target);
    Pamu pamu(target, Ppce500::table);
    Dma dma(target, Ppce500::cpu_window);
    CHECK(pamu.get(0x50) == (host_bridge << 16 | 2u << 10 | 1));
    CHECK(target.big32(Ppce500::mpic_sources + target.get("pamu", "spi").get<uint64_t>() * 0x20) >> 30 & 1);
    pamu.acknowledge();
    CHECK_FALSE(target.big32(Ppce500::mpic_sources + target.get("pamu", "spi").get<uint64_t>() * 0x20) >> 30 & 1);
    CHECK(target.quit() == 0);
}
