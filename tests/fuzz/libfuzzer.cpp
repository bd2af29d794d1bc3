// libFuzzer's entry. TARGET: which of target.hpp.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    soc::test::TARGET.run({data, size});
    return 0;
}
