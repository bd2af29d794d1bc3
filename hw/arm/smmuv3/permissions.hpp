// What a descriptor allows. Arm ARM (DDI 0487) D8.4 for the permissions, D8.5.2 for the dirty state.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "context.hpp"
#include "tlb.hpp"

namespace soc::smmuv3 {

// Fill in one stage's permissions and whether it is writable-clean. `tables`: the table descriptors passed, or'ed.
void allow_stage1(TlbEntry &, const Context &, const TableBase &, uint64_t descriptor, uint64_t tables);
void allow_stage2(TlbEntry &, const Stream &, uint64_t descriptor);

}  // namespace soc::smmuv3
