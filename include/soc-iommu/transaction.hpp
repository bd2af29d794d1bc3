// What a master asks of an IOMMU and what comes back. The numbers of the enumerations are those of seam.h.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "soc-iommu/seam.h"

namespace soc {

class StateReader;
class StateWriter;

enum class Access { read, write };

// Permissions of a translation: what the device may do there.
enum class Perm : uint32_t { none = 0, r = SOC_PERM_READ, w = SOC_PERM_WRITE, rw = SOC_PERM_READ | SOC_PERM_WRITE };

constexpr Perm operator&(Perm a, Perm b) { return Perm(uint32_t(a) & uint32_t(b)); }
constexpr Perm operator|(Perm a, Perm b) { return Perm(uint32_t(a) | uint32_t(b)); }
constexpr bool allows(Perm perm, Access access)
{
    return (perm & (access == Access::write ? Perm::w : Perm::r)) != Perm::none;
}

struct Transaction {
    uint64_t address = 0;
    uint32_t stream = 0;
    uint32_t substream = 0;  // meaningful with has_substream
    uint32_t tag = 0;        // the master's; comes back when a held transaction ends
    Access access = Access::read;
    bool privileged = false;
    bool instruction = false;
    bool debug = false;  // leaves no trace: no fault record, no counter, no cache fill
    bool has_substream = false;
    bool may_hold = false;  // the master understands Held
    bool ats_request = false;
    bool ats_translated = false;

    static Transaction from(const SocTransaction &);
    uint32_t flags() const;  // SOC_TXN_*

    // Of one that is kept while the machine is saved: held, or of the last fault.
    void save(StateWriter &) const;
    static Transaction load(StateReader &);
};

enum class FaultKind : uint32_t {
    none = SOC_FAULT_NONE,
    translation = SOC_FAULT_TRANSLATION,
    permission = SOC_FAULT_PERMISSION,
    address_size = SOC_FAULT_ADDRESS_SIZE,
    access_flag = SOC_FAULT_ACCESS_FLAG,
    disabled = SOC_FAULT_DISABLED,
    walk_abort = SOC_FAULT_WALK_ABORT,
    configuration = SOC_FAULT_CONFIGURATION,
    unknown_stream = SOC_FAULT_UNKNOWN_STREAM,
    bus = SOC_FAULT_BUS,
    terminated = SOC_FAULT_TERMINATED,
};
constexpr unsigned fault_kinds = SOC_FAULT_TERMINATED + 1;
const char *name(FaultKind);

struct Fault {
    FaultKind kind = FaultKind::none;
    Transaction transaction;
    int level = -1;  // of the walk, 0 the root; -1 before any
    unsigned stage = 1;
};

struct Translation {
    uint64_t address = 0;  // output address of the transaction's address
    uint64_t mask = 0;     // page size - 1: the translation holds for the aligned block around both
    Perm perm = Perm::none;
};

// The transaction waits for software; the model ends it later under this name (Host::held_end).
struct Held {
    uint64_t hold = 0;
};

using TranslateResult = std::variant<Translation, Fault, Held>;

}  // namespace soc
