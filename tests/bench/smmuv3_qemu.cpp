// soc-smmuv3 against QEMU's own SMMUv3: two QEMUs without a guest, in turn, each with a soc-dma-pci that reads one page
// after the other through the same tables. What is counted is the time that QEMU's process computes, so that other
// work on the machine costs neither of them; the best of several. Prints; judges nothing but that all was read.
//
//     smmuv3_qemu [ROUNDS]
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <thread>
#include <utility>

#include "qtest/devices.hpp"
#include "support/lpae_table.hpp"
#include "support/smmuv3_structures.hpp"

using namespace qtest;
using namespace soc::test;

namespace {

constexpr uint64_t tables = ram + 0x100000, tables_size = 0x100000;
constexpr uint64_t data = ram + 0x1000000, data_pages = 4096;
// More pages than either TLB has room for.
constexpr uint64_t iova = 0x10000000, pages = 65536, full_tlb = 16384;
constexpr unsigned slot = 2, sid = slot << 3;
constexpr unsigned log2queue = 7, queue = 1u << log2queue;

[[noreturn]] void give_up(const char *why)
{
    throw std::runtime_error(why);
}

// Everything in memory that both SMMUs are given, made once at the place where the machines have their RAM.
struct Structures {
    FakeMemory memory;
    Frames frames{tables, tables_size};
    uint64_t commands = frames.take(queue * 16), events = frames.take(queue * 32);
    std::optional<StreamTableBuilder> streams;

    explicit Structures(unsigned input_bits = 39)
    {
        memory.add(tables, tables_size);
        LpaeTable table(memory, frames, {.input_bits = input_bits});
        for (uint64_t n = 0; n < pages; ++n)
            table.map(iova + n * page, data + n % data_pages * page, page);
        const uint64_t cd = frames.take(64);
        const auto words = CdBuilder().table0(table.root(), 12, input_bits).output_bits(40).asid(1).words();
        for (unsigned i = 0; i < words.size(); ++i)
            memory.store<uint64_t>(cd + 8 * i, words[i]);
        streams = StreamTableBuilder::two_level(memory, frames, 16, 8);
        streams->set(sid, SteBuilder().stage1(cd).words());
    }
    void copy_to(Machine &machine)
    {
        constexpr uint32_t block = 0x8000;
        for (uint64_t done = 0; done < tables_size; done += block) {
            std::vector<uint8_t> bytes(block);
            memory.read(tables + done, bytes.data(), block);
            machine.fill(tables + done, bytes);
        }
    }
};

class Side {
public:
    Side(const Arguments &machine, Arguments devices)
    {
        devices.insert(devices.end(), {"-device", "soc-dma-pci,id=dma,addr=" + std::to_string(slot)});
        machine_ = std::make_unique<Machine>(devices, machine);
        function_ = std::make_unique<PciFunction>(*machine_, slot);
        if (clock_getcpuclockid(machine_->pid(), &clock_))
            give_up("the time that QEMU computes cannot be had");
    }

    void bring_up(uint64_t base, Structures &structures)
    {
        base_ = base;
        structures.copy_to(*machine_);
        commands_ = structures.commands;
        write64(0x80, structures.streams->strtab_base());
        machine_->write32(base + 0x88, structures.streams->strtab_base_cfg());
        write64(0x90, structures.commands | log2queue);
        write64(0xa0, structures.events | log2queue);
        machine_->write32(base + 0x20, 8);   // CMDQEN
        machine_->write32(base + 0x20, 12);  // and EVTQEN
        command({0x04, 31});                 // CFGI_ALL
        command({0x30, 0});                  // TLBI_NSNH_ALL
        machine_->write32(base + 0x20, 13);  // and SMMUEN
    }
    Machine &machine() { return *machine_; }

    // Reads a second.
    double reads(uint64_t working_set)
    {
        constexpr uint64_t about = 400'000;
        sweep(working_set, 1);
        const uint64_t rounds = std::max<uint64_t>(1, about / working_set);
        const double spent = measure([&] { sweep(working_set, rounds); });
        return double(working_set * rounds) / spent;
    }

    // Range invalidations a second: 512 pages far from what is cached, with NUM and SCALE.
    double invalidations()
    {
        constexpr unsigned batches = 40;
        sweep(full_tlb, 1);
        std::vector<uint8_t> bytes;
        const std::array<uint64_t, 2> command = {0x12 | 15ull << 12 | 5ull << 20 | 1ull << 48, 1ull << 38 | 1 << 10};
        for (unsigned i = 0; i < queue; ++i)
            for (const uint64_t word : command)
                for (unsigned byte = 0; byte < 8; ++byte)
                    bytes.push_back(uint8_t(word >> (8 * byte)));
        machine_->fill(commands_, bytes);
        const double spent = measure([&] {
            for (unsigned i = 0; i < batches; ++i)
                consume(queue / 2);
        });
        return batches * queue / 2 / spent;
    }

private:
    void write64(uint32_t offset, uint64_t value) { machine_->write64(base_ + offset, value); }

    template <typename Work>
    double measure(Work &&work)
    {
        const double before = computed();
        work();
        return computed() - before;
    }
    double computed() const
    {
        timespec now;
        clock_gettime(clock_, &now);
        return double(now.tv_sec) + double(now.tv_nsec) / 1e9;
    }

    void sweep(uint64_t working_set, uint64_t rounds)
    {
        const uint64_t bar = function_->bar();
        const auto set = [&](uint32_t offset, uint64_t value) { machine_->write32(bar + offset, uint32_t(value)); };
        set(SOC_DMA_ADDR_LO, iova);
        set(SOC_DMA_SWEEP_COUNT, working_set);
        set(SOC_DMA_SWEEP_STRIDE, page);
        set(SOC_DMA_SWEEP_ROUNDS, rounds);
        set(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_SWEEP);
        uint32_t status;
        while ((status = machine_->read32(bar + SOC_DMA_STATUS)) & SOC_DMA_STATUS_BUSY)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        if (status != SOC_DMA_STATUS_DONE || machine_->read32(bar + SOC_DMA_TRANSFERRED) != working_set * rounds)
            give_up("the sweep was refused");
    }

    void command(const std::array<uint64_t, 2> &words)
    {
        for (unsigned i = 0; i < 2; ++i)
            machine_->write64(commands_ + 16 * (produced_ % queue) + 8 * i, words[i]);
        consume(1);
    }
    void consume(unsigned count)
    {
        produced_ = (produced_ + count) % (2 * queue);
        machine_->write32(base_ + 0x98, produced_);
        if (machine_->read32(base_ + 0x9c) != produced_)
            give_up("the commands were not consumed");
    }

    std::unique_ptr<Machine> machine_;
    std::unique_ptr<PciFunction> function_;
    clockid_t clock_{};
    uint64_t base_ = 0, commands_ = 0;
    uint32_t produced_ = 0;
};

// In turn, so that what the machine does meanwhile is the same for both.
template <typename Measure>
void compare(const char *what, unsigned rounds, Side &ours, Side &theirs, Measure &&measure)
{
    double our_best = 0, their_best = 0;
    for (unsigned round = 0; round < rounds; ++round) {
        our_best = std::max(our_best, measure(ours));
        their_best = std::max(their_best, measure(theirs));
    }
    std::printf("%-34s %12.0f %12.0f %8.2f\n", what, our_best, their_best, our_best / their_best);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char **argv)
try {
    const unsigned rounds = argc > 1 ? unsigned(std::atoi(argv[1])) : 5;
    constexpr uint64_t theirs_at = 0x09050000;  // on the virt board
    Structures structures;
    Side ours({"-M", "virt,gic-version=3"}, {"-device", "soc-smmuv3,id=iommu0"});
    Side theirs({"-M", "virt,gic-version=3,iommu=smmuv3"}, {});
    ours.bring_up(ours.machine().address("iommu0"), structures);
    theirs.bring_up(theirs_at, structures);
    // What a cache of the upper tables could save is the difference between these, for a working set that no TLB holds.
    for (const auto &[levels, bits] : {std::pair{2u, 30u}, {3u, 39u}, {4u, 48u}}) {
        Structures own(bits);
        Side side({"-M", "virt,gic-version=3"}, {"-device", "soc-smmuv3,id=iommu0"});
        side.bring_up(side.machine().address("iommu0"), own);
        double best = 0;
        for (unsigned round = 0; round < rounds; ++round)
            best = std::max(best, side.reads(pages));
        std::printf("reads past the TLB, %u levels: %8.0f ns each\n", levels, 1e9 / best);
    }
    std::printf("a second, best of %-17u %12s %12s %8s\n", rounds, "soc-smmuv3", "QEMU's own", "ratio");
    for (const uint64_t working_set : {16, 64, 256, 1024, 4096})
        compare(("reads in " + std::to_string(working_set) + " pages").c_str(), rounds, ours, theirs,
                [&](Side &side) { return side.reads(working_set); });
    compare("invalidations of 512 pages, TLB full", rounds, ours, theirs,
            [](Side &side) { return side.invalidations(); });
} catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
}
