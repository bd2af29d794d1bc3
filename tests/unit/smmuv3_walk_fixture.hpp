// A Walker over RAM and tables, without the SMMU around it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <functional>
#include <string>

#include "arm/smmuv3/walk.hpp"
#include "catch.hpp"
#include "support/fake_host.hpp"
#include "support/lpae_table.hpp"

namespace soc::test {

namespace v3 = soc::smmuv3;

// Memory whose answers a test can bend; counts what is asked of it.
class BentMemory final : public GuestMemory {
public:
    FakeMemory ram;
    unsigned reads = 0, exchanges = 0;
    bool read_only = false;                             // compare_exchange finds no RAM
    std::function<void(uint64_t address)> before_exchange;  // another agent

    bool read(uint64_t address, void *data, uint32_t size) override
    {
        ++reads;
        return ram.read(address, data, size);
    }
    bool write(uint64_t address, const void *data, uint32_t size) override { return ram.write(address, data, size); }
    std::optional<uint64_t> compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                             uint64_t desired) override
    {
        ++exchanges;
        if (before_exchange)
            before_exchange(address);
        if (read_only)
            return std::nullopt;
        return ram.compare_exchange(address, size, expected, desired);
    }
};

inline v3::Features walk_features(unsigned oas)
{
    const std::string text = std::to_string(oas);
    const SocOption given[] = {{"oas", text.c_str()}};
    return v3::Features(Options(std::span(v3::option_specs, v3::option_spec_count), given));
}

struct WalkFixture {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 64_MiB;

    explicit WalkFixture(unsigned oas = 48)
        : features(walk_features(oas)), walker(features, memory, [this] { ++walks; })
    {
        memory.ram.add(ram, ram_size);
        context.output_bits = stream.s2_output_bits = uint8_t(oas);
        context.table[1].disabled = true;
        stream.mode = v3::StreamMode::nested;
    }

    LpaeTable table(const LpaeTable::Shape &shape = {}) { return LpaeTable(memory.ram, frames, shape); }

    static v3::TableBase base(const LpaeTable &table)
    {
        return {.address = table.root(), .input_bits = uint8_t(table.shape().input_bits),
                .granule_shift = uint8_t(table.granule_shift()), .start_level = uint8_t(table.start_level())};
    }
    void use(const LpaeTable &table, unsigned half = 0)
    {
        if (table.shape().stage == 1)
            context.table[half] = base(table);
        else
            stream.stage2 = base(table);
    }

    v3::WalkResult stage1(uint64_t input, const v3::AccessKind &kind = {}) const
    {
        return walker.stage1(context, context.table[0], input, kind, {}, nullptr);
    }
    v3::WalkResult stage2(uint64_t ipa, const v3::AccessKind &kind = {}) const
    {
        return walker.stage2(stream, ipa, kind, nullptr);
    }
    v3::WalkResult alone(unsigned stage, uint64_t input, const v3::AccessKind &kind = {}) const
    {
        return stage == 1 ? stage1(input, kind) : stage2(input, kind);
    }
    v3::WalkResult nested(uint64_t input, const v3::AccessKind &kind = {}) const
    {
        return walker.stage1(context, context.table[0], input, kind,
                             [&](uint64_t ipa, const v3::AccessKind &inner) { return stage2(ipa, inner); },
                             nullptr);
    }

    BentMemory memory;
    Frames frames{ram, ram_size};
    v3::Features features;
    unsigned walks = 0;
    v3::Walker walker;
    v3::Context context;
    v3::Stream stream;
};

// Both stages' tables, nothing mapped. Stage 1's lie in memory at `ram`, and in intermediate addresses `apart` below.
struct NestedWalkFixture : WalkFixture {
    static constexpr uint64_t input = 0x40'0000, ipa = 0x1'2340'0000, pa = 0x3'4560'0000;

    explicit NestedWalkFixture(uint64_t apart = 0) : one(table({.memory_offset = apart}))
    {
        use(one);
        use(two);
    }

    LpaeTable one;
    Frames upper{ram + 16_MiB, 16_MiB};
    LpaeTable two{memory.ram, upper, {.stage = 2}};
};

// Pages that a write makes dirty: clean, and not even accessed.
constexpr LpaeTable::Attributes clean{.perm = Perm::r, .dirty_managed = true};
constexpr LpaeTable::Attributes fresh{.perm = Perm::r, .accessed = false, .dirty_managed = true};

inline v3::TlbEntry entry(const v3::WalkResult &result)
{
    const auto *found = std::get_if<v3::TlbEntry>(&result);
    if (!found)
        FAIL("no entry but fault " << std::hex << unsigned(std::get<v3::WalkFault>(result).id));
    return found ? *found : v3::TlbEntry{};
}

inline v3::WalkFault fault(const v3::WalkResult &result)
{
    const auto *found = std::get_if<v3::WalkFault>(&result);
    if (!found)
        FAIL("an entry where a fault was due");
    return found ? *found : v3::WalkFault{};
}

inline v3::WalkFault expect(const v3::WalkResult &result, v3::EventId id, unsigned stage, int level)
{
    const v3::WalkFault found = fault(result);
    CHECK(found.id == id);
    CHECK(found.stage == stage);
    CHECK(found.level == level);
    return found;
}

inline v3::WalkFault expect(const v3::WalkResult &result, v3::EventId id, unsigned stage, v3::EventClass cls, int level)
{
    const v3::WalkFault found = expect(result, id, stage, level);
    CHECK(found.cls == cls);
    return found;
}

// Where an input address ends.
inline uint64_t address(const v3::WalkResult &result, uint64_t input)
{
    const v3::TlbEntry found = entry(result);
    return found.output | (input & ((1ull << found.block_shift) - 1));
}

constexpr v3::AccessKind user_read{.access = Access::read};
constexpr v3::AccessKind user_write{.access = Access::write};
constexpr v3::AccessKind user_fetch{.access = Access::read, .instruction = true};
constexpr v3::AccessKind priv_read{.access = Access::read, .privileged = true};
constexpr v3::AccessKind priv_write{.access = Access::write, .privileged = true};
constexpr v3::AccessKind priv_fetch{.access = Access::read, .privileged = true, .instruction = true};

// What an entry allows, as "rwx" of the privileged and of the unprivileged: "rw-/r--".
inline std::string rights(const v3::TlbEntry &found)
{
    const auto one = [&](const v3::AccessKind &kind, char letter) {
        return v3::Walker::check(found, 0, kind) ? '-' : letter;
    };
    return {one(priv_read, 'r'), one(priv_write, 'w'), one(priv_fetch, 'x'), '/',
            one(user_read, 'r'), one(user_write, 'w'), one(user_fetch, 'x')};
}

}  // namespace soc::test
