// SPDX-License-Identifier: GPL-2.0-or-later
#include "table_reader.hpp"

namespace soc::smmuv3 {

TableReader::TableReader(GuestMemory &memory, const Walker::Stage2 *nested, unsigned stage, bool may_update)
    : memory_(memory), nested_(nested), stage_(stage), may_update_(may_update)
{
}

bool TableReader::locate(uint64_t address, Access access)
{
    physical_ = address;
    if (!nested_)
        return true;
    const AccessKind kind{.access = access, .privileged = true, .may_update = may_update_, .table_access = true};
    WalkResult result = (*nested_)(address, kind);
    if (const auto *entry = std::get_if<TlbEntry>(&result)) {
        if (const auto denied = Walker::check(*entry, address, kind)) {
            result = *denied;
        } else {
            physical_ = entry->output | (address & ((1ull << entry->block_shift) - 1));
            return true;
        }
    }
    // 7.3.13: a stage 2 fault on the way to a stage 1 descriptor. Its IPA is the descriptor's address already.
    fault_ = std::get<WalkFault>(result);
    fault_.cls = EventClass::tt;
    return false;
}

// 7.3.12: an external abort at stage 1 has CLASS TT although it is stage 1's own; at stage 2 it depends on what the
// walk was for, which is not known here.
WalkFault TableReader::abort() const
{
    return {.id = EventId::f_walk_eabt, .cls = stage_ == 1 ? EventClass::tt : EventClass::in, .stage = stage_,
            .fetch_address = physical_};
}

bool TableReader::read(uint64_t address, void *data, uint32_t size)
{
    if (!locate(address, Access::read))
        return false;
    if (memory_.read(physical_, data, size))
        return true;
    fault_ = abort();
    return false;
}

std::optional<uint64_t> TableReader::compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                                      uint64_t desired)
{
    if (!locate(address, Access::write))
        return std::nullopt;
    const auto found = memory_.compare_exchange(physical_, size, expected, desired);
    if (!found)
        fault_ = abort();
    return found;
}

}  // namespace soc::smmuv3
