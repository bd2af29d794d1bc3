// SPDX-License-Identifier: GPL-2.0-or-later
#include <random>

#include "fuzz/program.hpp"

namespace soc::test {

namespace {

std::vector<uint8_t> ordinary(uint8_t subject)
{
    Program program(subject);
    program.step(Step::attach, {1}).step(Step::map, {1, 16, 600, 3}).step(Step::map, {1, 17, 601, 1});
    program.step(Step::invalidate, {1});
    for (uint64_t page : {16, 17, 18}) {
        for (uint64_t shift : {12, 14}) {
            program.step(Step::translate, {1, 0, (page << shift) + 4});
            program.step(Step::translate, {1, 1, (page << shift) + 8});
        }
    }
    program.step(Step::deferred, {}).step(Step::save_load, {}).step(Step::unmap, {1, 16});
    program.step(Step::translate, {1, 0, 16 << 12}).step(Step::invalidate, {1});
    program.step(Step::translate, {1, 0, 16 << 12}).step(Step::reset, {});
    return program.bytes();
}

// Every word of the first 8 KiB of registers, thinned out, with all widths.
std::vector<uint8_t> registers(uint8_t subject)
{
    Program program(subject);
    std::mt19937 random(subject);
    for (uint64_t offset = 0; offset < 0x2000; offset += 4 + random() % 128) {
        program.step(Step::write, {0, offset & ~3ull, 2, random()});
        program.step(Step::read, {0, offset, random() % 4});
    }
    program.step(Step::translate, {1, 1, 0x1000}).step(Step::deferred, {}).step(Step::reset, {});
    return program.bytes();
}

// Blocks beside the IOMMU's own: the other regions, where there are any.
std::vector<uint8_t> neighbours(uint8_t subject)
{
    Program program(subject);
    std::mt19937 random(subject);
    for (uint64_t region = 1; region < 6; ++region)
        for (uint64_t offset = 0; offset < 0x1000; offset += 4 + random() % 128 * 4) {
            program.step(Step::write, {region, offset, 2, random()});
            program.step(Step::read, {region, offset, random() % 4});
        }
    program.step(Step::write, {1, 0x5c0, 2, random()}).step(Step::translate, {1, 1, 0x1000});
    program.step(Step::deferred, {}).step(Step::save_load, {}).step(Step::reset, {});
    return program.bytes();
}

// Tables that point at themselves and at nothing.
std::vector<uint8_t> tables(uint8_t subject)
{
    Program program(subject);
    program.step(Step::attach, {1});
    for (uint64_t page = 0; page < 8; ++page)
        for (uint64_t word = 0; word < 4; ++word)
            program.step(Step::entry, {page * 512 + word, page / 2, 0xfff'0000'0000'0001 | word << 52});
    for (uint64_t address = 0; address < 8; ++address)
        program.step(Step::translate, {1, address & 1, address << 12});
    program.step(Step::translate, {1, 0, ~0ull}).step(Step::translate, {299, 0, 0});
    return program.bytes();
}

}  // namespace

std::vector<std::vector<uint8_t>> seeds()
{
    std::vector<std::vector<uint8_t>> all;
    for (unsigned subject = 0; subject < subject_count(); ++subject)
        for (auto make : {ordinary, registers, neighbours, tables})
            all.push_back(make(uint8_t(subject)));
    return all;
}

}  // namespace soc::test
