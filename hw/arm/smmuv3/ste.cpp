// Legality of stream table entries, field by field: Arm IHI 0070, 5.2, and 5.2.2 where all conditions stand together.
// The SMMU is of version 3.1 or later, where nothing of this is left to the implementation but what is said below.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "encodings.hpp"
#include "stream_table.hpp"

namespace soc::smmuv3 {

namespace {

using StallModel = Features::StallModel;

// An STE with what its Config makes of it. Fields of a stage that is bypassed are IGNORED.
struct Ste {
    const Features &has;
    const SteWords &words;
    const bool e2h;
    const uint64_t config = ste::Config::get(words[0]);
    const bool stage1 = (config & 5) == 5;
    const bool stage2 = (config & 6) == 6;

    bool illegal() const;
    Stream stream() const;

private:
    // STRW counts where stage 1 translates alone in an SMMU that knows EL2; elsewhere the StreamWorld is NS-EL1.
    bool strw_counts() const { return has.e2h && config == ste::config_s1; }
    uint64_t strw() const { return strw_counts() ? ste::STRW::get(words[1]) : ste::strw_nsel1; }
    // EATS is IGNORED without ATS and where no stage translates.
    bool eats_counts() const { return has.ats && (stage1 || stage2); }
    // S2VMID tags what NS-EL1 translates, stage 1 alone too, where stage 2 is implemented.
    bool vmid_counts() const { return has.stage2 && (stage1 || stage2) && strw() == ste::strw_nsel1; }

    bool illegal_eats() const;
    bool illegal_stage1() const;
    bool illegal_stage2() const;
    uint64_t context_ptr() const;
    uint8_t cd_max() const { return has.ssid_bits ? uint8_t(ste::S1CDMax::get(words[0])) : uint8_t(0); }
    uint8_t format() const;
    uint8_t s2_output_bits() const { return output_bits(ste::S2PS::get(words[2]), has.oas); }
    TableBase s2_table() const;
    void add_stage1(Stream &) const;
    void add_stage2(Stream &) const;
};

bool Ste::illegal() const
{
    // Config: a stage that is not implemented.
    if ((stage1 && !has.stage1) || (stage2 && !has.stage2))
        return true;
    if (illegal_eats())
        return true;
    // STRW: 0bx1 is reserved.
    if (strw() & 1)
        return true;
    if (vmid_counts() && !has.vmid16 && ste::S2VMID::get(words[2]) > 0xff)
        return true;
    return (stage1 && illegal_stage1()) || (stage2 && illegal_stage2());
}

bool Ste::illegal_eats() const
{
    if (!eats_counts())
        return false;
    switch (ste::EATS::get(words[1])) {
    case ste::eats_full:
        return stage2 && ste::S2S::get(words[2]);
    case ste::eats_s1chk:
        return true;  // IDR0.NS1ATS is 1, or there are not both stages, which this needs
    default:
        return false;  // 0b11 without IDR3.DPT behaves as 0b00
    }
}

bool Ste::illegal_stage1() const
{
    // S1STALLD: only where stalling can be configured (5.5).
    if (ste::S1STALLD::get(words[1]) && has.stall != StallModel::both)
        return true;
    if (cd_max() > has.ssid_bits)
        return true;
    if (cd_max() && format() != ste::s1fmt_linear && !has.two_level_cd_table)
        return true;
    // 3.4.3: with stage 2 this may as well be a fault of stage 2.
    return ste::S1ContextPtr::get(words[0]) << ste::S1ContextPtr::low >> has.oas != 0;
}

bool Ste::illegal_stage2() const
{
    const uint64_t word = words[2];
    // S2AA64, S2ENDI: IDR0.TTF and TTENDIAN say VMSAv8-64, little-endian.
    if (!ste::S2AA64::get(word) || ste::S2ENDI::get(word))
        return true;
    if (ste::S2S::get(word) ? has.stall == StallModel::none : has.stall == StallModel::forced)
        return true;
    if ((ste::S2HA::get(word) && has.httu < 1) || (ste::S2HD::get(word) && has.httu < 2))
        return true;
    const uint8_t granule = granule_of_tg0(ste::S2TG::get(word));
    if (!has.has_granule(granule))
        return true;
    const auto level = lpae::stage2_start_level(granule, unsigned(ste::S2SL0::get(word)),
                                                unsigned(ste::S2T0SZ::get(word)), has.oas);
    if (!level)
        return true;
    return !table_in_range(ste::S2TTB::get(words[3]) << ste::S2TTB::low, granule, s2_output_bits());
}

// S1Fmt 0b11 behaves as 0b00.
uint8_t Ste::format() const
{
    const uint64_t format = ste::S1Fmt::get(words[0]);
    return uint8_t(format == 3 ? uint64_t(ste::s1fmt_linear) : format);
}

// Tables are aligned to their size. S1Fmt: whether the bits below count is left to the implementation; they do not.
uint64_t Ste::context_ptr() const
{
    const unsigned leaf_bits = format() == ste::s1fmt_4k_l2 ? 6 : format() == ste::s1fmt_64k_l2 ? 10 : 0;
    unsigned size_bits = 6 + cd_max();
    if (leaf_bits)
        size_bits = cd_max() > leaf_bits + 3 ? cd_max() - leaf_bits + 3 : 6;
    return ste::S1ContextPtr::get(words[0]) << ste::S1ContextPtr::low >> size_bits << size_bits;
}

TableBase Ste::s2_table() const
{
    const uint64_t word = words[2];
    const auto t0sz = unsigned(ste::S2T0SZ::get(word));
    TableBase out;
    out.input_bits = uint8_t(64 - t0sz);
    out.granule_shift = granule_of_tg0(ste::S2TG::get(word));
    out.start_level = uint8_t(
        lpae::stage2_start_level(out.granule_shift, unsigned(ste::S2SL0::get(word)), t0sz, has.oas).value_or(0));
    out.address = lpae::start_table(
        ste::S2TTB::get(words[3]) << ste::S2TTB::low,
        lpae::start_table_size(out.granule_shift, out.input_bits, out.start_level), s2_output_bits());
    return out;
}

void Ste::add_stage1(Stream &out) const
{
    if (strw() == ste::strw_el2)
        out.regime = e2h ? Regime::el2_e2h : Regime::el2;
    out.s1cd_max = cd_max();
    out.s1fmt = format();
    // 0b11 behaves as 0b00.
    const uint64_t dss = ste::S1DSS::get(words[1]);
    out.s1dss = uint8_t(dss == 3 ? uint64_t(ste::s1dss_terminate) : dss);
    out.s1_stall_disabled = ste::S1STALLD::get(words[1]);
    out.s1_context_ptr = context_ptr();
}

void Ste::add_stage2(Stream &out) const
{
    const uint64_t word = words[2];
    out.stage2 = s2_table();
    out.s2_output_bits = s2_output_bits();
    out.s2_access_flag_faults = !ste::S2AFFD::get(word);
    out.s2_update_access = ste::S2HA::get(word);
    // S2HD without S2HA behaves as neither.
    out.s2_update_dirty = ste::S2HA::get(word) && ste::S2HD::get(word);
    out.s2_protected_walk = stage1 && ste::S2PTW::get(word);
    out.s2_force_write_back = has.fwb && ste::S2FWB::get(words[1]);
    out.s2_stall = ste::S2S::get(word);
    out.s2_record = ste::S2R::get(word);
}

Stream Ste::stream() const
{
    Stream out;
    out.mode = stage1 ? (stage2 ? StreamMode::nested : StreamMode::stage1)
               : stage2 ? StreamMode::stage2
                        : StreamMode::bypass;
    out.eats = eats_counts() && ste::EATS::get(words[1]) == ste::eats_full ? ste::eats_full : ste::eats_abort;
    out.privcfg = uint8_t(ste::PRIVCFG::get(words[1]));
    out.instcfg = uint8_t(ste::INSTCFG::get(words[1]));
    if (vmid_counts())
        out.vmid = uint16_t(ste::S2VMID::get(words[2]));
    if (stage1)
        add_stage1(out);
    if (stage2)
        add_stage2(out);
    return out;
}

}  // namespace

std::variant<Stream, EventId> StreamTable::decode_ste(const SteWords &words, bool e2h) const
{
    if (!ste::V::get(words[0]))
        return EventId::c_bad_ste;
    const Ste ste{.has = features_, .words = words, .e2h = e2h};
    // Config 0b0xx: nothing else counts.
    if (!(ste.config & 4))
        return Stream{};
    if (ste.illegal())
        return EventId::c_bad_ste;
    return ste.stream();
}

}  // namespace soc::smmuv3
