// Legality of context descriptors, field by field: Arm IHI 0070, 5.4, and 5.4.2 where all conditions stand together.
// The SMMU is of version 3.1 or later.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "encodings.hpp"
#include "stream_table.hpp"

namespace soc::smmuv3 {

namespace {

using StallModel = Features::StallModel;

// One half of the input range: its fields stand in different places and have different encodings.
struct Half {
    bool disabled;
    uint8_t granule_shift;  // 0: reserved
    uint8_t txsz;
    uint64_t address;
    bool hierarchy_ignored, top_byte_ignored;
};

Half lower_half(const CdWords &words, Regime regime)
{
    // EL2 has one half, which EPD0 cannot disable.
    return {.disabled = regime != Regime::el2 && cd::EPD0::get(words[0]),
            .granule_shift = granule_of_tg0(cd::TG0::get(words[0])),
            .txsz = uint8_t(cd::T0SZ::get(words[0])),
            .address = cd::TTB::get(words[1]) << cd::TTB::low,
            .hierarchy_ignored = bool(cd::HAD::get(words[1])),
            .top_byte_ignored = bool(cd::TBI0::get(words[0]))};
}

Half upper_half(const CdWords &words, Regime regime)
{
    return {.disabled = regime == Regime::el2 || cd::EPD1::get(words[0]),
            .granule_shift = granule_of_tg1(cd::TG1::get(words[0])),
            .txsz = uint8_t(cd::T1SZ::get(words[0])),
            .address = cd::TTB::get(words[2]) << cd::TTB::low,
            .hierarchy_ignored = bool(cd::HAD::get(words[2])),
            .top_byte_ignored = bool(cd::TBI1::get(words[0]))};
}

// 5.4.1.1: nothing of a half is looked at that EPD disables.
bool illegal(const Features &has, const Half &half, unsigned output_bits)
{
    if (half.disabled)
        return false;
    return !has.has_granule(half.granule_shift) || !lpae::valid_txsz(half.granule_shift, half.txsz, has.va52) ||
           !table_in_range(half.address, half.granule_shift, output_bits);
}

TableBase table_of(const Half &half, unsigned output_bits)
{
    TableBase out;
    out.disabled = half.disabled;
    // TBI counts for the half that is disabled too: which address lies in it.
    out.top_byte_ignored = half.top_byte_ignored;
    if (half.disabled)
        return out;
    out.input_bits = uint8_t(64 - half.txsz);
    out.granule_shift = half.granule_shift;
    out.start_level = uint8_t(lpae::start_level(half.granule_shift, out.input_bits));
    out.address = lpae::start_table(
        half.address, lpae::start_table_size(half.granule_shift, out.input_bits, out.start_level), output_bits);
    out.hierarchy_ignored = half.hierarchy_ignored;
    return out;
}

// 5.5, with IDR0.TERM_MODEL 1.
bool illegal_fault_model(const Features &has, const Stream &stream, uint64_t word)
{
    if (!cd::A::get(word))
        return true;
    if (cd::S::get(word))
        return has.stall == StallModel::none || stream.s1_stall_disabled;
    return has.stall == StallModel::forced;
}

}  // namespace

std::variant<Context, EventId> StreamTable::decode_cd(const Stream &stream, const CdWords &words) const
{
    const Features &has = features_;
    const uint64_t word = words[0];
    if (!cd::V::get(word) || illegal_fault_model(has, stream, word))
        return EventId::c_bad_cd;
    const Half halves[2] = {lower_half(words, stream.regime), upper_half(words, stream.regime)};
    // ENDI and AA64: IDR0.TTENDIAN and TTF say little-endian, VMSAv8-64.
    if (cd::ENDI::get(word) && !(halves[0].disabled && halves[1].disabled))
        return EventId::c_bad_cd;
    if (!cd::AA64::get(word))
        return EventId::c_bad_cd;
    if ((cd::HA::get(word) && has.httu < 1) || (cd::HD::get(word) && has.httu < 2))
        return EventId::c_bad_cd;
    const bool el2 = stream.regime == Regime::el2;
    const uint64_t asid = el2 ? 0 : cd::ASID::get(word);
    if (asid > 0xff && !has.asid16)
        return EventId::c_bad_cd;

    Context out;
    out.regime = stream.regime;
    out.asid = uint16_t(asid);
    out.output_bits = output_bits(cd::IPS::get(word), has.oas);
    for (unsigned i = 0; i < 2; ++i) {
        if (illegal(has, halves[i], out.output_bits))
            return EventId::c_bad_cd;
        out.table[i] = table_of(halves[i], out.output_bits);
    }
    out.access_flag_faults = !cd::AFFD::get(word);
    out.update_access = cd::HA::get(word);
    // HD without HA behaves as neither.
    out.update_dirty = cd::HA::get(word) && cd::HD::get(word);
    out.wxn = cd::WXN::get(word);
    // UWXN is IGNORED in VMSAv8-64; PAN where all accesses are privileged.
    out.pan = !el2 && cd::PAN::get(word);
    out.stall = cd::S::get(word);
    out.record = cd::R::get(word);
    return out;
}

}  // namespace soc::smmuv3
