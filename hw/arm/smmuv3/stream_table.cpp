// SPDX-License-Identifier: GPL-2.0-or-later
#include "stream_table.hpp"

#include <algorithm>

namespace soc::smmuv3 {

namespace {

constexpr uint64_t descriptor_size = 8;  // L1STD and L1CD
constexpr uint64_t entry_size = 64;      // STE and CD
constexpr unsigned entry_shift = 6;
constexpr uint64_t highest_span = 11;

// The address with so many bits at its end zero; tables are aligned by the SMMU.
constexpr uint64_t aligned(uint64_t address, unsigned bits)
{
    return bits < 64 ? address >> bits << bits : 0;
}

// An STE or a CD, each of its words single-copy atomic (3.21.3). Software that makes a structure valid writes the
// word with V last; it is read first, so that what it says holds for the rest.
std::optional<std::array<uint64_t, 8>> load_entry(GuestMemory &memory, uint64_t address)
{
    std::array<uint64_t, 8> words{};
    for (unsigned i = 0; i < words.size(); ++i) {
        const auto word = memory.load<uint64_t>(address + i * sizeof(uint64_t));
        if (!word)
            return std::nullopt;
        words[i] = *word;
    }
    return words;
}

// STRTAB_BASE_CFG.SPLIT: other values behave as 6.
constexpr unsigned split_of(const StreamTableBase &base)
{
    return base.split == 8 || base.split == 10 ? base.split : 6;
}

ConfigFault ste_fetch(const Features &features, uint64_t address)
{
    return {.id = EventId::f_ste_fetch, .fetch_address = address & features.address_mask(), .nested = {}};
}

constexpr ConfigFault only(EventId id) { return {.id = id, .fetch_address = 0, .nested = {}}; }

}  // namespace

StreamTable::StreamTable(const Features &features, GuestMemory &memory) : features_(features), memory_(memory) {}

std::variant<Stream, ConfigFault> StreamTable::stream(const StreamTableBase &base, uint32_t sid) const
{
    // 6.3.25: the table's size counts up to SIDSIZE, but all of it for the alignment of its base (6.3.24).
    if (sid >> std::min<unsigned>(base.log2size, features_.sid_bits))
        return only(EventId::c_bad_streamid);
    uint64_t address;
    if (base.two_level) {
        const auto leaf = leaf_table(base, sid);
        if (const auto *fault = std::get_if<ConfigFault>(&leaf))
            return *fault;
        address = std::get<uint64_t>(leaf) + (sid & ((1u << split_of(base)) - 1)) * entry_size;
    } else {
        address = aligned(base.address, base.log2size + entry_shift) + sid * entry_size;
    }
    // 3.4.3: beyond the OAS the fetch may be truncated or abort; it aborts.
    const auto words = address >> features_.oas ? std::nullopt : load_entry(memory_, address);
    if (!words)
        return ste_fetch(features_, address);
    const auto decoded = decode_ste(*words, base.e2h);
    if (const auto *id = std::get_if<EventId>(&decoded))
        return only(*id);
    return std::get<Stream>(decoded);
}

// 5.1: the level 2 array that a StreamID lies in.
std::variant<uint64_t, ConfigFault> StreamTable::leaf_table(const StreamTableBase &base, uint32_t sid) const
{
    const unsigned split = split_of(base);
    // max(64 bytes, the level 1 table), by the literal LOG2SIZE.
    const unsigned table_bits = std::max<unsigned>(6, base.log2size > split ? base.log2size - split + 3 : 0);
    const uint64_t where = aligned(base.address, table_bits) + (sid >> split) * descriptor_size;
    const auto descriptor = where >> features_.oas ? std::nullopt : memory_.load<uint64_t>(where);
    if (!descriptor)
        return ste_fetch(features_, where);
    // Span: 0 and what is reserved are invalid; so is what the split has no room for.
    const uint64_t span = l1std::Span::get(*descriptor);
    if (span == 0 || span > std::min<uint64_t>(highest_span, split + 1))
        return only(EventId::c_bad_streamid);
    if ((sid & ((1u << split) - 1)) >> (span - 1))
        return only(EventId::c_bad_streamid);
    return aligned(l1std::L2Ptr::get(*descriptor) << l1std::L2Ptr::low, unsigned(entry_shift + span - 1));
}

std::variant<uint64_t, ConfigFault> StreamTable::physical(uint64_t address, const Stage2 &nested) const
{
    if (!nested)
        return address;
    const auto found = nested(address);
    if (const auto *event = std::get_if<Event>(&found))
        return ConfigFault{.id = event->id, .fetch_address = event->fetch_address, .nested = *event};
    return std::get<uint64_t>(found);
}

// S1Fmt: where the descriptor of a substream lies; an IPA with stage 2.
std::variant<uint64_t, ConfigFault> StreamTable::descriptor_address(const Stream &stream, uint32_t ssid,
                                                                    const Stage2 &nested) const
{
    if (!stream.s1cd_max || stream.s1fmt == ste::s1fmt_linear)
        return stream.s1_context_ptr + ssid * entry_size;
    const unsigned split = stream.s1fmt == ste::s1fmt_4k_l2 ? 6 : 10;
    const auto where = physical(stream.s1_context_ptr + (ssid >> split) * descriptor_size, nested);
    if (const auto *fault = std::get_if<ConfigFault>(&where))
        return *fault;
    const auto descriptor = memory_.load<uint64_t>(std::get<uint64_t>(where));
    if (!descriptor)
        return ConfigFault{.id = EventId::f_cd_fetch, .fetch_address = std::get<uint64_t>(where), .nested = {}};
    const uint64_t leaf = aligned(l1cd::L2Ptr::get(*descriptor) << l1cd::L2Ptr::low, split + entry_shift);
    // 5.3.1 and 3.4.3: with stage 2, an address out of range may as well be a fault of stage 2.
    if (!l1cd::V::get(*descriptor) || leaf >> features_.oas)
        return only(EventId::c_bad_substreamid);
    return leaf + (ssid & ((1u << split) - 1)) * entry_size;
}

std::variant<Context, ConfigFault> StreamTable::context(const Stream &stream, uint32_t ssid,
                                                        const Stage2 &nested) const
{
    if (ssid >> stream.s1cd_max)
        return only(EventId::c_bad_substreamid);
    auto where = descriptor_address(stream, ssid, nested);
    if (const auto *address = std::get_if<uint64_t>(&where))
        where = physical(*address, nested);
    if (const auto *fault = std::get_if<ConfigFault>(&where))
        return *fault;
    const auto words = load_entry(memory_, std::get<uint64_t>(where));
    if (!words)
        return ConfigFault{.id = EventId::f_cd_fetch, .fetch_address = std::get<uint64_t>(where), .nested = {}};
    const auto decoded = decode_cd(stream, *words);
    if (const auto *id = std::get_if<EventId>(&decoded))
        return only(*id);
    return std::get<Context>(decoded);
}

}  // namespace soc::smmuv3
