// Stream tables and context descriptors of an SMMUv3, built by name. The bit numbers are those of Arm IHI 0070, 5.1 to
// 5.4, written down a second time on purpose: the model's own declarations must not confirm themselves.
//
//     ContextTable contexts(memory, frames, ContextTable::Format::two_level_4k, 10);
//     contexts.set(3, CdBuilder().table0(root, 12, 39).asid(7).words());
//     StreamTableBuilder streams = StreamTableBuilder::two_level(memory, frames, 16, 8);
//     streams.set(0x123, SteBuilder().stage1(contexts).words());
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "arm/smmuv3/stream_table.hpp"
#include "fake_host.hpp"
#include "frames.hpp"

namespace soc::test {

// Of an SMMU with these options: "stall=off,oas=40".
smmuv3::Features smmuv3_features(const std::string &options = "");

// Where a field stands: which 64-bit word, high bit, low bit.
struct WordField {
    unsigned word, high, low;
};

namespace ste_field {
constexpr WordField V{0, 0, 0}, Config{0, 3, 1}, S1Fmt{0, 5, 4}, S1ContextPtr{0, 51, 6}, S1CDMax{0, 63, 59};
constexpr WordField S1DSS{1, 1, 0}, DRE{1, 12, 12}, DCP{1, 17, 17}, PPAR{1, 18, 18}, MEV{1, 19, 19}, S2FWB{1, 25, 25},
    S1STALLD{1, 27, 27}, EATS{1, 29, 28}, STRW{1, 31, 30}, PRIVCFG{1, 49, 48}, INSTCFG{1, 51, 50};
constexpr WordField S2VMID{2, 15, 0}, S2T0SZ{2, 37, 32}, S2SL0{2, 39, 38}, S2TG{2, 47, 46}, S2PS{2, 50, 48},
    S2AA64{2, 51, 51}, S2ENDI{2, 52, 52}, S2AFFD{2, 53, 53}, S2PTW{2, 54, 54}, S2HD{2, 55, 55}, S2HA{2, 56, 56},
    S2S{2, 57, 57}, S2R{2, 58, 58};
constexpr WordField S2TTB{3, 51, 4};
}  // namespace ste_field

namespace cd_field {
constexpr WordField T0SZ{0, 5, 0}, TG0{0, 7, 6}, EPD0{0, 14, 14}, ENDI{0, 15, 15}, T1SZ{0, 21, 16}, TG1{0, 23, 22},
    EPD1{0, 30, 30}, V{0, 31, 31}, IPS{0, 34, 32}, AFFD{0, 35, 35}, WXN{0, 36, 36}, UWXN{0, 37, 37}, TBI0{0, 38, 38},
    TBI1{0, 39, 39}, PAN{0, 40, 40}, AA64{0, 41, 41}, HD{0, 42, 42}, HA{0, 43, 43}, S{0, 44, 44}, R{0, 45, 45},
    A{0, 46, 46}, ASID{0, 63, 48};
constexpr WordField HAD0{1, 1, 1}, TTB0{1, 51, 4}, HAD1{2, 1, 1}, TTB1{2, 51, 4};
}  // namespace cd_field

// The words of a structure; `value` must fit its field.
template <typename Self>
class WordBuilder {
public:
    using Words = std::array<uint64_t, 8>;

    Self &set(const WordField &field, uint64_t value)
    {
        const unsigned width = field.high - field.low + 1;
        const uint64_t mask = width == 64 ? ~0ull : (1ull << width) - 1;
        if (value & ~mask)
            throw std::runtime_error("the value does not fit its field");
        words_[field.word] = (words_[field.word] & ~(mask << field.low)) | value << field.low;
        return static_cast<Self &>(*this);
    }
    Words words() const { return words_; }

private:
    Words words_{};
};

class ContextTable;

// A valid entry that aborts, until a stage is added.
class SteBuilder : public WordBuilder<SteBuilder> {
public:
    SteBuilder() { set(ste_field::V, 1); }

    SteBuilder &bypass() { return set(ste_field::Config, 4); }
    // One context descriptor. Keeps a stage 2 that was there.
    SteBuilder &stage1(uint64_t context_descriptor);
    SteBuilder &stage1(const ContextTable &);

    struct Stage2 {
        uint64_t table = 0;
        unsigned granule_shift = 12, input_bits = 40, start_level = 1, output_bits = 48;
        uint16_t vmid = 1;
    };
    // Records faults. Keeps a stage 1 that was there.
    SteBuilder &stage2(const Stage2 &);

private:
    SteBuilder &add_stage(unsigned bit);
    unsigned config_ = 0;
};

// Valid, VMSAv8-64, faults are recorded and abort, both halves disabled until they have a table.
class CdBuilder : public WordBuilder<CdBuilder> {
public:
    CdBuilder();

    CdBuilder &table0(uint64_t address, unsigned granule_shift, unsigned input_bits);
    CdBuilder &table1(uint64_t address, unsigned granule_shift, unsigned input_bits);
    CdBuilder &asid(uint16_t asid) { return set(cd_field::ASID, asid); }
    CdBuilder &output_bits(unsigned bits);
};

// Context descriptors of a stream with substreams.
class ContextTable {
public:
    enum class Format { linear = 0, two_level_4k = 1, two_level_64k = 2 };

    // 2^`cd_max` descriptors. `ipa_offset`: what an intermediate address exceeds the physical one by.
    ContextTable(FakeMemory &, Frames &, Format, unsigned cd_max, uint64_t ipa_offset = 0);

    // Makes the leaf table that it lies in.
    void set(uint32_t ssid, const smmuv3::CdWords &);
    // Physical addresses.
    uint64_t descriptor_address(uint32_t ssid) const;
    uint64_t level1_address(uint32_t ssid) const { return table_ + (ssid >> split()) * 8; }
    void set_level1(uint32_t ssid, uint64_t descriptor) { memory_.store<uint64_t>(level1_address(ssid), descriptor); }

    // What the STE says of it.
    uint64_t pointer() const { return table_ + ipa_offset_; }
    Format format() const { return format_; }
    unsigned cd_max() const { return cd_max_; }
    unsigned split() const { return format_ == Format::two_level_64k ? 10 : 6; }

private:
    uint64_t zeroed(uint64_t size);

    FakeMemory &memory_;
    Frames &frames_;
    Format format_;
    unsigned cd_max_;
    uint64_t ipa_offset_, table_;
};

class StreamTableBuilder {
public:
    static StreamTableBuilder linear(FakeMemory &, Frames &, unsigned log2size);
    static StreamTableBuilder two_level(FakeMemory &, Frames &, unsigned log2size, unsigned split);

    // Makes the level 2 array that it lies in, as large as the split allows.
    void set(uint32_t sid, const smmuv3::SteWords &);
    uint64_t entry_address(uint32_t sid) const;
    uint64_t level1_address(uint32_t sid) const { return base_.address + (sid >> base_.split) * 8; }
    void set_level1(uint32_t sid, uint64_t descriptor) { memory_->store<uint64_t>(level1_address(sid), descriptor); }

    const smmuv3::StreamTableBase &base() const { return base_; }
    // The registers that name it.
    uint64_t strtab_base() const { return base_.address; }
    uint32_t strtab_base_cfg() const
    {
        return base_.log2size | (base_.two_level ? uint32_t(base_.split) << 6 | 1u << 16 : 0);
    }

private:
    StreamTableBuilder(FakeMemory &memory, Frames &frames) : memory_(&memory), frames_(&frames) {}
    uint64_t zeroed(uint64_t size);

    FakeMemory *memory_;
    Frames *frames_;
    smmuv3::StreamTableBase base_;
};

}  // namespace soc::test
