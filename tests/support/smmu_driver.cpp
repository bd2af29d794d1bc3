// SPDX-License-Identifier: GPL-2.0-or-later
#include "smmu_driver.hpp"

#include <algorithm>
#include <stdexcept>

namespace soc::test {

SmmuDriver::SmmuDriver(FakeHost &host, Iommu &smmu, Frames &frames, unsigned log2size)
    : host_(host), smmu_(smmu), frames_(frames), log2size_(log2size)
{
}

SmmuDriver::Queue SmmuDriver::make_queue(unsigned log2size, unsigned entry_bytes)
{
    return {frames_.take(std::max<uint64_t>(4096, uint64_t(entry_bytes) << log2size)), log2size, 0};
}

void SmmuDriver::settle()
{
    // What never ends would be a guest that freezes the machine.
    for (unsigned round = 0; host_.run_deferred(smmu_); ++round)
        if (round > 100'000)
            throw std::runtime_error("deferred work without end");
}

void SmmuDriver::probe()
{
    write(cr0, 0);
    // 2-level tables split at 8 bits, as Linux has them.
    const bool two_level = (read(idr0) >> 27 & 3) == 1 && sid_bits() > 8;
    streams_ = two_level ? StreamTableBuilder::two_level(host_.memory(), frames_, sid_bits(), 8)
                         : StreamTableBuilder::linear(host_.memory(), frames_, sid_bits());
    if (!two_level)
        for (uint32_t sid = 0; sid < 1u << sid_bits(); ++sid)
            streams_->set(sid, SteBuilder().words());
    commands_ = make_queue(log2size_, 16);
    events_ = make_queue(log2size_, 32);
    write(cr1, 0xd75);
    write(cr2, 0x6);  // PTM, RECINVSID
    write64(strtab_base, streams_->strtab_base() | 1ull << 62);
    write(strtab_base_cfg, streams_->strtab_base_cfg());
    write64(cmdq_base, commands_.base | commands_.log2size);
    write(cmdq_prod, 0);
    write(cmdq_cons, 0);
    uint32_t enables = cr0_cmdqen;
    write(cr0, enables);
    issue(cfgi_all());
    issue(tlbi_nsnh_all());
    write64(evtq_base, events_.base | events_.log2size);
    write(evtq_prod, 0);
    write(evtq_cons, 0);
    enables |= cr0_evtqen;
    write(cr0, enables);
    if (read(idr0) >> 16 & 1) {
        page_requests_ = make_queue(log2size_, 16);
        write64(priq_base, page_requests_.base | page_requests_.log2size);
        write(priq_prod, 0);
        write(priq_cons, 0);
        enables |= cr0_priqen;
        write(cr0, enables);
    }
    if (read(idr0) >> 10 & 1)
        enables |= cr0_atschk;
    write(irq_ctrl, 0x7);
    write(cr0, enables | cr0_smmuen);
}

void SmmuDriver::set_stream(uint32_t sid, const smmuv3::SteWords &words)
{
    streams_->set(sid, words);
    issue(cfgi_ste(sid));
}

void SmmuDriver::command(const Command &command)
{
    const uint32_t entries = 1u << commands_.log2size;
    const uint64_t at = commands_.base + 16ull * (commands_.index & (entries - 1));
    host_.memory().store<uint64_t>(at, command[0]);
    host_.memory().store<uint64_t>(at + 8, command[1]);
    commands_.index = (commands_.index + 1) & (2 * entries - 1);
    write(cmdq_prod, commands_.index);
}

bool SmmuDriver::sync()
{
    command({0x46, 0});
    settle();
    return (read(cmdq_cons) & ((2u << commands_.log2size) - 1)) == commands_.index;
}

std::optional<SmmuDriver::Event> SmmuDriver::event()
{
    const uint32_t entries = 1u << events_.log2size;
    if (((read(evtq_prod) ^ events_.index) & (2 * entries - 1)) == 0)
        return std::nullopt;
    Event words;
    for (unsigned i = 0; i < words.size(); ++i)
        words[i] = *host_.memory().load<uint64_t>(events_.base + 32ull * (events_.index & (entries - 1)) + 8 * i);
    return words;
}

std::optional<SmmuDriver::Event> SmmuDriver::take_event()
{
    const auto found = event();
    if (found) {
        const uint32_t overflow = read(evtq_prod) & 1u << 31;
        events_.index = (events_.index + 1) & ((2u << events_.log2size) - 1);
        write(evtq_cons, events_.index | overflow);
    }
    return found;
}

void SmmuDriver::take_all_events()
{
    while (take_event()) {
    }
}

}  // namespace soc::test
