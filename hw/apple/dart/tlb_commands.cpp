// SPDX-License-Identifier: GPL-2.0-or-later
#include "tlb_commands.hpp"

#include <algorithm>

namespace soc::dart {

TlbCommands::TlbCommands(const Variant &variant, RegisterBank &bank, GuestLog &log,
                         std::function<void(unsigned stream)> invalidate)
    : variant_(variant), log_(log), invalidate_(std::move(invalidate))
{
    if (variant.stream_command)
        add_stream_command(*variant.stream_command, bank);
    if (variant.tlb_command)
        add_tlb_command(*variant.tlb_command, bank);
}

void TlbCommands::add_stream_command(const StreamCommandRegisters &spec, RegisterBank &bank)
{
    const unsigned per_word = std::min(variant_.max_streams, 32u);
    Register &select = bank.add({.name = "STREAM_SELECT",
                                 .offset = spec.select,
                                 .count = (variant_.max_streams + 31) / 32,
                                 .writable = per_word == 32 ? ~0u : (1u << per_word) - 1});
    bank.add({.name = "STREAM_COMMAND", .offset = spec.command, .write_only = true})
        .on_write([this, &spec, &select](unsigned, uint32_t written) {
            if (!(written & spec.invalidate)) {
                log_.unimplemented("STREAM_COMMAND " + hex(written));
                return;
            }
            for (unsigned stream = 0; stream < variant_.max_streams; ++stream)
                if (select.get(stream / 32) >> (stream % 32) & 1)
                    invalidate_(stream);
        });
}

void TlbCommands::add_tlb_command(const TlbCommandRegisters &spec, RegisterBank &bank)
{
    bank.add({.name = "TLB_CMD", .offset = spec.offset, .write_only = true})
        .on_write([this](unsigned, uint32_t written) {
            switch (reg::TlbOp::get(written)) {
            case reg::flush_all:
                for (unsigned stream = 0; stream < variant_.max_streams; ++stream)
                    invalidate_(stream);
                break;
            case reg::flush_sid:
                invalidate_(unsigned(reg::TlbStream::get(written)));
                break;
            default:
                log_.unimplemented("TLB_CMD " + hex(written));
            }
        });
}

}  // namespace soc::dart
