// Runs the seeds of every target; with a folder named, writes them there instead, a folder for each target, as
// corpora to start from.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz/target.hpp"

namespace {

using namespace soc::test;

bool write(const std::filesystem::path &folder, unsigned number, const Bytes &seed)
{
    std::filesystem::create_directories(folder);
    std::ofstream out(folder / ("seed-" + std::to_string(number)), std::ios::binary);
    out.write(reinterpret_cast<const char *>(seed.data()), std::streamsize(seed.size()));
    return bool(out.flush());
}

}  // namespace

int main(int argc, char **argv)
{
    for (const Target *target : {&models, &smmuv3_commands, &smmuv3_structures, &smmuv3_descriptors}) {
        unsigned number = 0;
        for (const Bytes &seed : target->seeds()) {
            if (argc < 2) {
                target->run(seed);
            } else if (!write(std::filesystem::path(argv[1]) / target->name, number, seed)) {
                std::fprintf(stderr, "cannot write to %s\n", argv[1]);
                return 1;
            }
            ++number;
        }
        std::printf("%s: %u seeds\n", target->name, number);
    }
    return 0;
}
