// Runs the seeds; with a folder named, writes them there instead, as a corpus to start from.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "fuzz/program.hpp"

int main(int argc, char **argv)
{
    unsigned number = 0;
    for (const std::vector<uint8_t> &seed : soc::test::seeds()) {
        if (argc < 2) {
            soc::test::run(seed);
        } else {
            std::filesystem::create_directories(argv[1]);
            std::ofstream out(std::filesystem::path(argv[1]) / ("seed-" + std::to_string(number)), std::ios::binary);
            out.write(reinterpret_cast<const char *>(seed.data()), std::streamsize(seed.size()));
            if (!out.flush()) {
                std::fprintf(stderr, "cannot write to %s\n", argv[1]);
                return 1;
            }
        }
        ++number;
    }
    std::printf("%u seeds\n", number);
    return 0;
}
