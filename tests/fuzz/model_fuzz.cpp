// libFuzzer's entry: registers and tables of every registered model.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "fuzz/program.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    soc::test::run({data, size});
    return 0;
}
