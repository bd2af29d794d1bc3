// The SMMUv3's targets, and their seeds: what the driver of the tests writes, and transactions of every kind.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/smmuv3_program.hpp"
#include "fuzz/target.hpp"

namespace soc::test {

namespace {

using enum SmmuStep;
using Machine = SmmuMachine;

constexpr unsigned max_steps = 200;

constexpr SmmuStep command_steps[] = {command, command,  entry,  prod,    write,    acknowledge, poke,
                                      message, translate, forget, deferred, settle, save_load};
constexpr SmmuStep structure_steps[] = {ste,    ste,   level1_ste, cd,      cd,     level1_cd,
                                        forget, write, translate,  command, settle, save_load};
constexpr SmmuStep descriptor_steps[] = {descriptor, descriptor, cd,     ste,      translate,
                                         forget,     command,    settle, save_load};

// Byte 0: the SMMU's options.
template <const auto &steps>
void run(std::span<const uint8_t> bytes)
{
    Input in(bytes);
    Machine machine(unsigned(in.take(1)));
    for (unsigned done = 0; in.more() && done < max_steps; ++done)
        machine.step(steps[in.take(1) % std::size(steps)], in);
    machine.settle();
}

template <const auto &steps>
class Program : public Output {
public:
    explicit Program(unsigned option) { put(option, 1); }
    Program &step(SmmuStep wanted)
    {
        uint8_t number = 0;
        while (steps[number] != wanted)
            ++number;
        put(number, 1);
        return *this;
    }
    Program &command(const SmmuDriver::Command &words)
    {
        step(SmmuStep::command).put(words[0], 8).put(words[1], 8);
        return *this;
    }
    Program &translate(uint32_t stream, uint64_t address, uint32_t flags = 0, uint32_t substream = 0)
    {
        step(SmmuStep::translate).put(stream, 2).put(substream, 3).put(flags, 2).put(address, 8);
        return *this;
    }
    Program &slot(SmmuStep kind, unsigned slot, std::initializer_list<uint64_t> words)
    {
        step(kind).put(slot, 1);
        for (const uint64_t word : words)
            put(word, 8);
        return *this;
    }
    Program &write(uint32_t offset, uint64_t value, unsigned log2width = 2)
    {
        step(SmmuStep::write).put(offset, 3).put(log2width, 1).put(value, 8);
        return *this;
    }
    Program &message(uint32_t type, uint32_t flags, uint64_t address, unsigned tag, unsigned response)
    {
        step(SmmuStep::message).put(type, 1).put(Machine::s1, 2).put(Machine::substream, 3).put(flags, 2);
        put(address, 8).put(tag, 2).put(response, 1);
        return *this;
    }
    Program &prod(uint32_t value)
    {
        step(SmmuStep::prod).put(value, 3);
        return *this;
    }
    // Every stream, and every way to ask.
    Program &transactions()
    {
        for (uint32_t stream = 0; stream <= Machine::stalling; ++stream)
            for (const uint32_t flags :
                 {0u, uint32_t(SOC_TXN_WRITE), uint32_t(SOC_TXN_PRIVILEGED | SOC_TXN_INSTRUCTION)})
                translate(stream, Machine::iova + 8, flags).translate(stream, Machine::iova + 4_KiB, flags);
        translate(Machine::s1, Machine::iova, SOC_TXN_HAS_SUBSTREAM | SOC_TXN_WRITE, Machine::substream);
        translate(Machine::s1, Machine::iova, SOC_TXN_HAS_SUBSTREAM, 77);
        translate(Machine::s1, Machine::iova, SOC_TXN_ATS_REQUEST | SOC_TXN_WRITE);
        translate(Machine::s1, Machine::iova + 1_MiB, SOC_TXN_ATS_REQUEST);
        translate(Machine::s1, Machine::data, SOC_TXN_ATS_TRANSLATED);
        translate(Machine::nested, Machine::iova + 1_MiB, SOC_TXN_WRITE);
        translate(Machine::stalling, Machine::iova + 1_MiB, SOC_TXN_MAY_HOLD | SOC_TXN_WRITE);
        translate(Machine::s1, ~0ull);
        return *this;
    }
    // What lies in a slot now, with some bits changed.
    Program &again(Machine &machine, SmmuStep kind, unsigned slot, uint64_t address, unsigned words, unsigned word = 0,
                   uint64_t flip = 0)
    {
        step(kind).put(slot, 1);
        for (unsigned i = 0; i < words; ++i)
            put(machine.word(address + 8 * i) ^ (i == word ? flip : 0), 8);
        return *this;
    }
};

std::vector<Bytes> command_seeds()
{
    std::vector<Bytes> all;
    for (unsigned option = 0; option < Machine::option_count(); ++option) {
        Program<command_steps> ordinary(option);
        ordinary.transactions();
        for (const auto &words :
             {SmmuDriver::cfgi_ste(1), SmmuDriver::cfgi_all(), SmmuDriver::cfgi_cd(1, 5), SmmuDriver::cfgi_cd_all(1),
              SmmuDriver::tlbi_nh_asid(1), SmmuDriver::tlbi_nh_va(1, Machine::iova), SmmuDriver::tlbi_s12_vmall(5),
              SmmuDriver::tlbi_s2_ipa(5, Machine::iova), SmmuDriver::tlbi_nsnh_all(),
              // PREFETCH, NH_VAA, EL2_ALL and EL2_VA, and a range with NUM and SCALE.
              SmmuDriver::Command{0x1, 0}, SmmuDriver::Command{0x13, Machine::iova}, SmmuDriver::Command{0x20, 0},
              SmmuDriver::Command{0x22, Machine::iova},
              SmmuDriver::Command{0x12 | 7 << 12 | 1 << 20 | 1ull << 48, Machine::iova | 1 << 10 | 3 << 8}})
            ordinary.command(words);
        // CMD_SYNC: nothing, interrupt, MSI, event.
        ordinary.command({0x46, 0}).command({0x46 | 1 << 12, 0}).command({0x46 | 2 << 12, 0});
        ordinary.command({0x46 | 1 << 12 | 0x55ull << 32, Machine::data}).step(settle).step(acknowledge);
        all.push_back(ordinary.bytes());

        Program<command_steps> stalls(option);
        for (unsigned i = 0; i < 3; ++i)
            stalls.translate(Machine::stalling, 4_KiB * i, SOC_TXN_MAY_HOLD);
        stalls.command(SmmuDriver::resume(5, 0, true)).command(SmmuDriver::resume(5, 1, false)).step(save_load);
        stalls.command(SmmuDriver::stall_term(5)).command({0x46, 0}).step(settle);
        all.push_back(stalls.bytes());

        // Invalidations that are never answered, one with an answer, page requests.
        Program<command_steps> ats(option);
        for (unsigned i = 0; i < 40; ++i)
            ats.command(SmmuDriver::atc_inv(1, 0x1000 * i, i % 4));
        ats.message(SOC_MSG_ATS_INVALIDATE_DONE, 0, 0, 3, 0);
        ats.command({0x46, 0}).step(deferred).step(save_load).step(settle).step(acknowledge);
        for (unsigned i = 0; i < 20; ++i)
            ats.message(SOC_MSG_PAGE_REQUEST, SOC_TXN_HAS_SUBSTREAM | SOC_TXN_READ, i * 4_KiB, i, i % 2);
        ats.command({0x41 | 1ull << 32, 2ull << 12 | 3}).step(settle);
        all.push_back(ats.bytes());

        Program<command_steps> hostile(option);
        hostile.slot(entry, 3, {~0ull, ~0ull}).prod(0xfffff).prod(5).step(acknowledge);
        hostile.command({0xff, 0}).step(acknowledge).command({0x46 | 3 << 12, 0}).step(acknowledge);
        hostile.write(SmmuDriver::cr0, 0).write(SmmuDriver::cmdq_base, Machine::ram | 19, 3);
        hostile.write(SmmuDriver::evtq_base, (Machine::ram + 0x7ff00) | 19, 3).write(SmmuDriver::cmdq_cons, 0);
        hostile.write(SmmuDriver::cr0, 0x1f).prod(0x8ffff).step(settle).transactions();
        hostile.write(SmmuDriver::gerror_irq_cfg0, 0x1a008, 3).write(SmmuDriver::irq_ctrl, 7).step(save_load);
        all.push_back(hostile.bytes());
    }
    return all;
}

std::vector<Bytes> structure_seeds()
{
    std::vector<Bytes> all;
    for (unsigned option = 0; option < Machine::option_count(); ++option) {
        Machine machine(option);
        Program<structure_steps> ordinary(option);
        for (unsigned i = 0; i < machine.entries().size(); ++i)
            ordinary.again(machine, ste, i, machine.entries()[i], 8);
        for (unsigned i = 0; i < machine.contexts().size(); ++i)
            ordinary.again(machine, cd, i, machine.contexts()[i], 8);
        ordinary.step(forget).transactions();
        all.push_back(ordinary.bytes());
        // Each with a bit of every word changed.
        for (unsigned word = 0; word < 4; ++word) {
            Program<structure_steps> changed(option);
            for (unsigned bit = 0; bit < 64; bit += 3) {
                const unsigned i = (bit / 3) % unsigned(machine.entries().size());
                changed.again(machine, ste, i, machine.entries()[i], 8, word, 1ull << bit);
                changed.again(machine, cd, i % 4, machine.contexts()[i % 4], 8, word, 1ull << bit).step(forget);
                for (uint32_t sid = Machine::s1; sid <= Machine::stalling; sid += 2)
                    changed.translate(sid, Machine::iova, SOC_TXN_MAY_HOLD | (bit & SOC_TXN_WRITE));
            }
            all.push_back(changed.bytes());
        }
        Program<structure_steps> tables(option);
        tables.slot(level1_ste, 0, {Machine::ram | 9}).step(forget).transactions();
        tables.slot(level1_cd, 0, {Machine::ram | 1}).step(forget).transactions();
        tables.slot(level1_ste, 0, {0xf'ffff'ffff'f000 | 12}).slot(level1_cd, 1, {~0ull}).step(forget).transactions();
        tables.write(SmmuDriver::cr0, 0).write(SmmuDriver::strtab_base_cfg, 0x3ffff).write(SmmuDriver::cr2, 7);
        tables.write(SmmuDriver::cr0, 0x1f).transactions();
        all.push_back(tables.bytes());
    }
    return all;
}

std::vector<Bytes> descriptor_seeds()
{
    std::vector<Bytes> all;
    for (unsigned option = 0; option < Machine::option_count(); ++option) {
        Machine machine(option);
        const auto &slots = machine.descriptors();
        Program<descriptor_steps> ordinary(option), fields(option), loops(option), contexts(option);
        for (unsigned i = 0; i < slots.size(); ++i) {
            ordinary.again(machine, descriptor, i, slots[i], 1);
            // A table that is its own next level, and a block of any level.
            loops.slot(descriptor, i, {slots[i] / 4_KiB * 4_KiB | 3}).step(forget);
            loops.translate(Machine::s1, Machine::iova).translate(Machine::s2, Machine::iova, SOC_TXN_WRITE);
            loops.slot(descriptor, i, {Machine::data | 0x4c1}).step(forget).translate(Machine::nested, Machine::iova);
        }
        ordinary.step(forget).transactions();
        // Low and high attributes and the highest address bits of the leaves.
        for (const unsigned bit : {0, 1, 4, 6, 7, 10, 11, 12, 15, 40, 47, 51, 52, 53, 54, 60, 61, 62, 63}) {
            for (unsigned i = 0; i < slots.size(); i += 3)
                fields.again(machine, descriptor, i, slots[i], 1, 0, 1ull << bit);
            fields.step(forget).translate(Machine::nested, Machine::iova, SOC_TXN_WRITE);
            fields.translate(Machine::s1, Machine::iova + 4_KiB, SOC_TXN_WRITE).translate(Machine::s2, Machine::iova);
        }
        for (unsigned i = 0; i < 4; ++i)
            contexts.again(machine, cd, i, machine.contexts()[i], 8, 0, 0x3f'0000'00c0 >> i).step(forget);
        contexts.transactions().step(save_load);
        for (const auto &program : {ordinary, fields, loops, contexts})
            all.push_back(program.bytes());
    }
    return all;
}

}  // namespace

const Target smmuv3_commands{"smmuv3-commands", run<command_steps>, command_seeds};
const Target smmuv3_structures{"smmuv3-structures", run<structure_steps>, structure_seeds};
const Target smmuv3_descriptors{"smmuv3-descriptors", run<descriptor_steps>, descriptor_seeds};

}  // namespace soc::test
