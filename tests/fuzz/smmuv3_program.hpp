// The language of the SMMUv3's targets: options, then steps. An SMMU that was brought up as Linux does it, with five
// streams, and whatever the fuzzer lays over its commands, its stream table entries and context descriptors, or its
// translation tables. Each target knows some of the steps, so that most of its bytes are about one thing.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <span>

#include "fuzz/input.hpp"
#include "support/lpae_table.hpp"
#include "support/smmu_driver.hpp"

namespace soc::test {

enum class SmmuStep : uint8_t {
    command,      // 16 bytes, and PROD moves
    entry,        // index, 16 bytes: laid into the queue, PROD stays
    prod,         // PROD (3)
    write,        // register (3), log2 of the width, value (8)
    acknowledge,  // GERRORN becomes GERROR, and the events are taken
    ste,          // slot, 64 bytes
    level1_ste,   // slot, 8 bytes
    cd,           // slot, 64 bytes
    level1_cd,    // slot, 8 bytes
    descriptor,   // slot, 8 bytes
    poke,         // word of RAM (3), 8 bytes
    translate,    // stream (2), substream (3), flags (2), address (8)
    message,      // type, stream (2), substream (3), flags (2), address (8), tag (2), response
    forget,       // CFGI_ALL, TLBI_NSNH_ALL, CMD_SYNC
    deferred,     // one round of it
    settle,       // all of it
    save_load,
};

class SmmuMachine {
public:
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 1_MiB, data = ram + ram_size / 2;
    static constexpr uint64_t iova = 0x10'0000;
    // Stage 1 with substreams; stage 2; nested; bypass; stage 1 that stalls.
    static constexpr uint32_t s1 = 1, s2 = 2, nested = 3, bypass = 4, stalling = 5;
    static constexpr uint32_t substream = 5;

    static unsigned option_count();
    explicit SmmuMachine(unsigned option);

    void step(SmmuStep, Input &);
    void settle();

    // Where the structures of the streams lie, for seeds: the fuzzer's slots.
    const std::vector<uint64_t> &entries() const { return entries_; }
    const std::vector<uint64_t> &contexts() const { return contexts_; }
    const std::vector<uint64_t> &descriptors() const { return descriptors_; }
    uint64_t word(uint64_t address) { return host_.memory().load<uint64_t>(address).value_or(0); }

private:
    void map(LpaeTable &, uint64_t input, uint64_t output);
    void translate(Input &);
    void check_translation(const Transaction &, bool look);
    void store(uint64_t address, Input &, unsigned words);
    void everything(std::vector<uint8_t> &out);

    FakeHost host_;
    std::unique_ptr<Iommu> smmu_;
    Frames frames_{ram, ram_size / 2};
    std::optional<SmmuDriver> driver_;
    std::vector<uint64_t> entries_, level1_entries_, contexts_, level1_contexts_, descriptors_;
    unsigned translations_ = 0;
};

}  // namespace soc::test
