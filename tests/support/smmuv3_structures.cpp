// SPDX-License-Identifier: GPL-2.0-or-later
#include "smmuv3_structures.hpp"

#include <algorithm>

namespace soc::test {

namespace {

constexpr uint64_t address_bits = (1ull << 52) - 1;

uint64_t encoded_size(unsigned bits)
{
    constexpr unsigned sizes[] = {32, 36, 40, 42, 44, 48, 52};
    for (unsigned i = 0; i < 7; ++i)
        if (sizes[i] == bits)
            return i;
    throw std::runtime_error("no such address size");
}

uint64_t encoded_tg0(unsigned granule_shift)
{
    return granule_shift == 12 ? 0 : granule_shift == 16 ? 1 : 2;
}

uint64_t encoded_tg1(unsigned granule_shift)
{
    return granule_shift == 14 ? 1 : granule_shift == 12 ? 2 : 3;
}

uint64_t zeroed_frames(FakeMemory &memory, Frames &frames, uint64_t size)
{
    const uint64_t at = frames.take(size);
    for (uint64_t done = 0; done < size; done += 8)
        memory.store<uint64_t>(at + done, 0);
    return at;
}

void store_words(FakeMemory &memory, uint64_t address, const std::array<uint64_t, 8> &words)
{
    // The word that holds V of either structure last.
    for (unsigned i = 8; i-- > 0;)
        memory.store<uint64_t>(address + i * 8, words[i]);
}

}  // namespace

smmuv3::Features smmuv3_features(const std::string &options)
{
    const OptionList list = parse_options(options);
    std::vector<SocOption> raw;
    for (const auto &[name, value] : list)
        raw.push_back({name.c_str(), value.c_str()});
    return smmuv3::Features(Options({smmuv3::option_specs, smmuv3::option_spec_count}, raw));
}

SteBuilder &SteBuilder::add_stage(unsigned bit)
{
    config_ |= 4 | bit;
    return set(ste_field::Config, config_);
}

SteBuilder &SteBuilder::stage1(uint64_t context_descriptor)
{
    return add_stage(1).set(ste_field::S1ContextPtr, context_descriptor >> 6);
}

SteBuilder &SteBuilder::stage1(const ContextTable &contexts)
{
    return stage1(contexts.pointer())
        .set(ste_field::S1Fmt, uint64_t(contexts.format()))
        .set(ste_field::S1CDMax, contexts.cd_max());
}

SteBuilder &SteBuilder::stage2(const Stage2 &stage2)
{
    const unsigned base_level = stage2.granule_shift == 12 ? 2 : 3;
    return add_stage(2)
        .set(ste_field::S2VMID, stage2.vmid)
        .set(ste_field::S2T0SZ, 64 - stage2.input_bits)
        .set(ste_field::S2SL0, (base_level - stage2.start_level) & 3)
        .set(ste_field::S2TG, encoded_tg0(stage2.granule_shift))
        .set(ste_field::S2PS, encoded_size(stage2.output_bits))
        .set(ste_field::S2AA64, 1)
        .set(ste_field::S2R, 1)
        .set(ste_field::S2TTB, stage2.table >> 4);
}

CdBuilder::CdBuilder()
{
    set(cd_field::V, 1).set(cd_field::AA64, 1).set(cd_field::A, 1).set(cd_field::R, 1);
    set(cd_field::EPD0, 1).set(cd_field::EPD1, 1).asid(1).output_bits(48);
}

CdBuilder &CdBuilder::table0(uint64_t address, unsigned granule_shift, unsigned input_bits)
{
    return set(cd_field::EPD0, 0)
        .set(cd_field::T0SZ, 64 - input_bits)
        .set(cd_field::TG0, encoded_tg0(granule_shift))
        .set(cd_field::TTB0, address >> 4);
}

CdBuilder &CdBuilder::table1(uint64_t address, unsigned granule_shift, unsigned input_bits)
{
    return set(cd_field::EPD1, 0)
        .set(cd_field::T1SZ, 64 - input_bits)
        .set(cd_field::TG1, encoded_tg1(granule_shift))
        .set(cd_field::TTB1, address >> 4);
}

CdBuilder &CdBuilder::output_bits(unsigned bits)
{
    return set(cd_field::IPS, encoded_size(bits));
}

ContextTable::ContextTable(FakeMemory &memory, Frames &frames, Format format, unsigned cd_max, uint64_t ipa_offset)
    : memory_(memory), frames_(frames), format_(format), cd_max_(cd_max), ipa_offset_(ipa_offset)
{
    if (format == Format::linear)
        table_ = zeroed(64ull << cd_max);
    else
        table_ = zeroed(std::max<uint64_t>(64, cd_max > split() ? 8ull << (cd_max - split()) : 8));
}

uint64_t ContextTable::zeroed(uint64_t size) { return zeroed_frames(memory_, frames_, size); }

uint64_t ContextTable::descriptor_address(uint32_t ssid) const
{
    if (format_ == Format::linear)
        return table_ + ssid * 64ull;
    const uint64_t leaf = *memory_.load<uint64_t>(level1_address(ssid)) & address_bits & ~0xfffull;
    return leaf - ipa_offset_ + (ssid & ((1u << split()) - 1)) * 64ull;
}

void ContextTable::set(uint32_t ssid, const smmuv3::CdWords &words)
{
    if (format_ != Format::linear && !(*memory_.load<uint64_t>(level1_address(ssid)) & 1))
        set_level1(ssid, (zeroed(64ull << split()) + ipa_offset_) | 1);
    store_words(memory_, descriptor_address(ssid), words);
}

StreamTableBuilder StreamTableBuilder::linear(FakeMemory &memory, Frames &frames, unsigned log2size)
{
    StreamTableBuilder out(memory, frames);
    out.base_.log2size = uint8_t(log2size);
    out.base_.address = out.zeroed(64ull << log2size);
    return out;
}

StreamTableBuilder StreamTableBuilder::two_level(FakeMemory &memory, Frames &frames, unsigned log2size,
                                                 unsigned split)
{
    StreamTableBuilder out(memory, frames);
    out.base_.two_level = true;
    out.base_.split = uint8_t(split);
    out.base_.log2size = uint8_t(log2size);
    out.base_.address = out.zeroed(std::max<uint64_t>(64, log2size > split ? 8ull << (log2size - split) : 8));
    return out;
}

uint64_t StreamTableBuilder::zeroed(uint64_t size) { return zeroed_frames(*memory_, *frames_, size); }

uint64_t StreamTableBuilder::entry_address(uint32_t sid) const
{
    if (!base_.two_level)
        return base_.address + sid * 64ull;
    const uint64_t leaf = *memory_->load<uint64_t>(level1_address(sid)) & address_bits & ~0x3full;
    return leaf + (sid & ((1u << base_.split) - 1)) * 64ull;
}

void StreamTableBuilder::set(uint32_t sid, const smmuv3::SteWords &words)
{
    if (base_.two_level && !(*memory_->load<uint64_t>(level1_address(sid)) & 0x1f))
        set_level1(sid, zeroed(64ull << base_.split) | (base_.split + 1u));
    store_words(*memory_, entry_address(sid), words);
}

}  // namespace soc::test
