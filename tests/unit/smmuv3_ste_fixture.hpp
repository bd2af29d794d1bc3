// What the tests of stream table entries share.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "catch.hpp"
#include "support/smmuv3_structures.hpp"

namespace soc::test {

constexpr uint64_t ste_context_at = 0x8000'1000, ste_table_at = 0x8010'0000;

inline SteBuilder stage1() { return SteBuilder().stage1(ste_context_at); }
inline SteBuilder stage2() { return SteBuilder().stage2({.table = ste_table_at}); }
inline SteBuilder nested() { return stage2().stage1(ste_context_at); }

// Nothing: it is ILLEGAL.
inline std::optional<smmuv3::Stream> decode_ste(const smmuv3::Features &features, const SteBuilder &ste,
                                                bool e2h = false)
{
    FakeMemory memory;
    const auto decoded = smmuv3::StreamTable(features, memory).decode_ste(ste.words(), e2h);
    if (const auto *id = std::get_if<smmuv3::EventId>(&decoded)) {
        CHECK(*id == smmuv3::EventId::c_bad_ste);
        return std::nullopt;
    }
    return std::get<smmuv3::Stream>(decoded);
}

inline std::optional<smmuv3::Stream> decode_ste(const std::string &options, const SteBuilder &ste, bool e2h = false)
{
    return decode_ste(smmuv3_features(options), ste, e2h);
}

// One rule: the SMMU's options and the entry.
struct SteCase {
    const char *rule;
    std::string options;
    SteBuilder ste;
};

inline void check_ste(const std::vector<SteCase> &cases, bool legal)
{
    for (const SteCase &one : cases) {
        INFO(one.rule << ", options: " << one.options);
        CHECK(decode_ste(one.options, one.ste).has_value() == legal);
    }
}

}  // namespace soc::test
