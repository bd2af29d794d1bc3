// What each command does: Arm IHI 0070, chapter 4.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mutation.hpp"
#include "soc_smmuv3.hpp"

namespace soc::smmuv3 {

namespace {

using Outcome = CommandQueue::Outcome;

// 4.4.1: TG, NUM, SCALE and TTL make a range. Nothing: a reserved combination.
std::optional<Tlb::Range> range_of(const CommandWords &words, bool ril)
{
    Tlb::Range range{.address = words[1] & cmd::second::Address::mask};
    const uint64_t tg = ril ? cmd::second::TG::get(words[1]) : 0;
    if (tg == 0)
        return range;
    const uint64_t number = cmd::NUM::get(words[0]), scale = cmd::SCALE::get(words[0]);
    const uint64_t hint = cmd::second::TTL::get(words[1]);
    // With 16K and without IDR5.DS level 1 has no blocks, and the hint is none.
    const uint64_t ttl = tg == 2 && hint == 1 ? 0 : hint;
    if (number == 0 && scale == 0 && ttl == 0)
        return std::nullopt;
    range.granule_shift = uint8_t(10 + 2 * tg);
    range.size = (number + 1) << (scale + range.granule_shift);
    range.address &= ~((1ull << range.granule_shift) - 1);
    // Nor has it with 64K below 52 bits.
    range.level = ttl == 1 && tg != 1 ? 0 : uint8_t(ttl);
    return range;
}

uint16_t tag_of(uint64_t value, bool all_bits)
{
    return uint16_t(all_bits ? value : value & 0xff);
}

}  // namespace

Outcome SocSmmuV3::execute(const CommandWords &words)
{
    if (cmd::SSec::get(words[0]))
        return Outcome::illegal;  // there is no Secure state behind this queue
    switch (cmd::Op::get(words[0])) {
    case cmd::prefetch_cfg:
    case cmd::prefetch_addr:
        return Outcome::done;  // a hint
    case cmd::cfgi_ste:
    case cmd::cfgi_ste_range:
    case cmd::cfgi_cd:
    case cmd::cfgi_cd_all:
        return invalidate_configuration(words);
    case cmd::tlbi_nh_all:
    case cmd::tlbi_nh_asid:
    case cmd::tlbi_nh_va:
    case cmd::tlbi_nh_vaa:
    case cmd::tlbi_el2_all:
    case cmd::tlbi_el2_asid:
    case cmd::tlbi_el2_va:
    case cmd::tlbi_el2_vaa:
    case cmd::tlbi_s12_vmall:
    case cmd::tlbi_s2_ipa:
    case cmd::tlbi_nsnh_all:
        return invalidate_translations(words);
    case cmd::atc_inv:
        return invalidate_ats(words);
    case cmd::pri_resp:
        return respond_to_page_request(words);
    case cmd::resume:
    case cmd::stall_term:
        return resume(words);
    case cmd::sync:
        return synchronize(words);
    default:
        return Outcome::illegal;
    }
}

// 4.3.
Outcome SocSmmuV3::invalidate_configuration(const CommandWords &words)
{
    const auto sid = uint32_t(cmd::SID::get(words[0]));
    const auto ssid = uint32_t(cmd::SSID::get(words[0]));
    switch (cmd::Op::get(words[0])) {
    case cmd::cfgi_ste:
        configurations_.invalidate_stream(sid);
        break;
    case cmd::cfgi_ste_range: {
        // Range 31 is CMD_CFGI_ALL.
        const uint64_t range = cmd::second::Range::get(words[1]);
        if (range == 31)
            configurations_.invalidate_all();
        else
            configurations_.invalidate_streams(sid & ~((2u << range) - 1), unsigned(range + 1));
        break;
    }
    case cmd::cfgi_cd:
        if (!features_.stage1)
            return Outcome::illegal;
        configurations_.invalidate_context(sid, ssid);
        break;
    default:
        if (!features_.stage1)
            return Outcome::illegal;
        configurations_.invalidate_contexts(sid);
        break;
    }
    return Outcome::done;
}

// 4.4.
Outcome SocSmmuV3::invalidate_translations(const CommandWords &words)
{
    const uint64_t op = cmd::Op::get(words[0]);
    const bool el2 = op >= cmd::tlbi_el2_all && op <= cmd::tlbi_el2_vaa;
    const bool of_stage1 = op <= cmd::tlbi_nh_vaa;
    const bool of_stage2 = op == cmd::tlbi_s12_vmall || op == cmd::tlbi_s2_ipa;
    if ((of_stage1 && !features_.stage1) || (of_stage2 && !features_.stage2) || (el2 && !features_.e2h))
        return Outcome::illegal;
    const bool e2h = registers_.e2h();
    const Regime regime = !el2 ? Regime::nsel1 : e2h ? Regime::el2_e2h : Regime::el2;
    const uint16_t vmid = el2 || !features_.stage2 ? uint16_t(0) : tag_of(cmd::VMID::get(words[0]), features_.vmid16);
    const uint16_t asid = tag_of(cmd::ASID::get(words[0]), features_.asid16);
    const auto range = range_of(words, features_.ril);
    const bool by_address = op == cmd::tlbi_nh_va || op == cmd::tlbi_nh_vaa || op == cmd::tlbi_el2_va ||
                            op == cmd::tlbi_el2_vaa || op == cmd::tlbi_s2_ipa;
    if (by_address && !range)
        return Outcome::illegal;
    counters_.invalidation();
    if (mutation::stale)
        return Outcome::done;
    // Leaf: what lies above the last level of the addresses stays as it was.
    if (!by_address || !cmd::second::Leaf::get(words[1]))
        tables_.drop_everything();

    switch (op) {
    case cmd::tlbi_nh_all:
        tlb_.invalidate_vmid(vmid, false);
        break;
    case cmd::tlbi_s12_vmall:
        tlb_.invalidate_vmid(vmid, true);
        break;
    case cmd::tlbi_nh_asid:
        tlb_.invalidate_asid(regime, vmid, asid);
        break;
    case cmd::tlbi_el2_asid:
        tlb_.invalidate_asid(Regime::el2_e2h, vmid, asid);
        break;
    case cmd::tlbi_el2_all:
        tlb_.invalidate_regime(Regime::el2);
        tlb_.invalidate_regime(Regime::el2_e2h);
        break;
    case cmd::tlbi_nh_va:
        tlb_.invalidate_address(regime, vmid, asid, *range);
        break;
    case cmd::tlbi_el2_va:
        tlb_.invalidate_address(regime, vmid, e2h ? asid : uint16_t(0), *range);
        break;
    case cmd::tlbi_nh_vaa:
    case cmd::tlbi_el2_vaa:
        tlb_.invalidate_address(regime, vmid, std::nullopt, *range);
        break;
    case cmd::tlbi_s2_ipa:
        tlb_.invalidate_ipa(vmid, *range);
        break;
    default:
        tlb_.invalidate_all();
        break;
    }
    // An IPA is no address of a master, and what stage 1 maps to it nobody knows here.
    if (by_address && range->size && op != cmd::tlbi_s2_ipa)
        forget_outside(range->address, range->size);
    else
        forget_outside(0, 0);
    return Outcome::done;
}

// Whoever outside keeps translations must ask again. A command names no stream. Size 0: every address.
void SocSmmuV3::forget_outside(uint64_t address, uint64_t size)
{
    seen_.for_each([&](uint32_t stream) { host_.unmap_notify(stream, address, size); });
}

// 4.5.1.
Outcome SocSmmuV3::invalidate_ats(const CommandWords &words)
{
    if (!features_.ats)
        return Outcome::illegal;
    if (!registers_.smmu_enabled())
        return Outcome::done;  // IGNORED
    // Sizes are 4 KiB << Size; 52 and more is everything.
    const uint64_t log2size = 12 + cmd::second::AtcSize::get(words[1]);
    const uint64_t size = log2size < 64 ? 1ull << log2size : 0;
    const uint64_t address = size ? words[1] & cmd::second::Address::mask & ~(size - 1) : 0;
    const bool sent = ats_.invalidate(uint32_t(cmd::SID::get(words[0])), cmd::SSV::get(words[0]),
                                      uint32_t(cmd::SSID::get(words[0])), cmd::Global::get(words[0]), address, size);
    return sent ? Outcome::done : Outcome::wait;
}

// 4.5.2.
Outcome SocSmmuV3::respond_to_page_request(const CommandWords &words)
{
    constexpr uint32_t failure = 15, invalid = 1, success = 0;  // PCIe's codes
    constexpr uint32_t codes[] = {failure, invalid, success};
    const uint64_t response = cmd::second::Resp::get(words[1]);
    if (!features_.pri || response >= std::size(codes))
        return Outcome::illegal;
    if (!registers_.smmu_enabled())
        return Outcome::done;  // IGNORED
    SocMessage msg{};
    msg.type = SOC_MSG_PAGE_RESPONSE;
    msg.stream = uint32_t(cmd::SID::get(words[0]));
    msg.substream = uint32_t(cmd::SSID::get(words[0]));
    msg.flags = cmd::SSV::get(words[0]) ? uint32_t(SOC_TXN_HAS_SUBSTREAM) : 0;
    msg.tag = uint32_t(cmd::second::PrgIndex::get(words[1]));
    msg.response = codes[response];
    host_.message(0, msg);
    return Outcome::done;
}

// 4.7.1, 4.7.2. A STAG that nothing waits under is no error.
Outcome SocSmmuV3::resume(const CommandWords &words)
{
    if (features_.stall == Features::StallModel::none)
        return Outcome::illegal;
    const auto sid = uint32_t(cmd::SID::get(words[0]));
    if (cmd::Op::get(words[0]) == cmd::stall_term) {
        events_.forget_unrecorded(sid);
        for (const auto &stalled : stalls_.take_stream(sid))
            end(stalled, false);
        return Outcome::done;
    }
    const auto stag = uint16_t(cmd::second::STAG::get(words[1]));
    const auto stalled = stalls_.take(sid, stag);
    if (!stalled)
        return Outcome::done;
    events_.forget_unrecorded(sid, stag);
    // Without Ac the transaction ends; IDR0.TERM_MODEL is 1, so that is an abort, whatever Ab says.
    end(*stalled, cmd::Ac::get(words[0]));
    return Outcome::done;
}

// 4.7.3.
Outcome SocSmmuV3::synchronize(const CommandWords &words)
{
    const uint64_t signal = cmd::CS::get(words[0]);
    if (signal > cmd::cs_sev)
        return Outcome::illegal;
    switch (ats_.state()) {
    case Ats::Wait::waiting:
        return Outcome::wait;
    case Ats::Wait::timed_out:
        return Outcome::atc_timeout;
    case Ats::Wait::none:
        break;
    }
    // A stall that has no record yet is none that software knows of: its transaction is tried again, with what was
    // invalidated since.
    for (const EventWords &record : events_.take_unrecorded())
        if (const auto stalled = stalls_.take(uint32_t(evt::SID::get(record[0])), uint16_t(evt::STAG::get(record[1]))))
            end(*stalled, true);
    if (signal != cmd::cs_irq)
        return Outcome::done;
    const uint64_t address = words[1] & cmd::second::MsiAddress::mask;
    if (features_.msi && address)
        interrupts_.write_msi(address, uint32_t(cmd::MSIData::get(words[0])));
    else
        interrupts_.raise(Interrupts::Source::cmdq_sync);
    return Outcome::done;
}

}  // namespace soc::smmuv3
