// Guest physical memory as a model sees it. Little-endian; every function may be called on any thread.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>

namespace soc {

class GuestMemory {
public:
    virtual ~GuestMemory() = default;

    // false: nothing answers there; `data` is then undefined.
    virtual bool read(uint64_t address, void *data, uint32_t size) = 0;
    virtual bool write(uint64_t address, const void *data, uint32_t size) = 0;

    // Atomic, on `size` (4 or 8) aligned bytes of RAM. Returns what was found: the exchange took place where
    // that equals `expected`. Nothing: the address is unaligned or not RAM.
    virtual std::optional<uint64_t> compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                                     uint64_t desired) = 0;

    template <typename Word>
    std::optional<Word> load(uint64_t address)
    {
        unsigned char bytes[sizeof(Word)];
        if (!read(address, bytes, sizeof bytes))
            return std::nullopt;
        Word word = 0;
        for (unsigned i = 0; i < sizeof bytes; ++i)
            word |= Word(bytes[i]) << (8 * i);
        return word;
    }

    template <typename Word>
    bool store(uint64_t address, Word word)
    {
        unsigned char bytes[sizeof(Word)];
        for (unsigned i = 0; i < sizeof bytes; ++i)
            bytes[i] = static_cast<unsigned char>(word >> (8 * i));
        return write(address, bytes, sizeof bytes);
    }
};

}  // namespace soc
