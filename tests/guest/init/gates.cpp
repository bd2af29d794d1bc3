// SPDX-License-Identifier: GPL-2.0-or-later
#include "gates.hpp"

#include "failure.hpp"
#include "files.hpp"

#include <array>
#include <string>

namespace guest
{
namespace
{

struct Gate {
    char letter;
    const char *parameter; // below /sys/module
};
constexpr std::array gates = {
    Gate{'c', "iommu_lab/parameters/lift_cache_coherency"},
    Gate{'n', "iommu_lab/parameters/skip_cap"},
    Gate{'u', "vfio_iommu_type1/parameters/allow_unsafe_interrupts"},
    Gate{'u', "iommufd/parameters/allow_unsafe_interrupts"},
};

} // namespace

void set_gates(std::string_view letters)
{
    for (const Gate &gate : gates) {
        const bool open = letters.find(gate.letter) != std::string_view::npos;
        const std::string path = std::string("/sys/module/") + gate.parameter;
        if (!exists(path)) {
            // A kernel without iommufd has one switch less for the interrupts.
            if (open && gate.letter != 'u') {
                fail("this kernel has no " + path);
            }
            continue;
        }
        if (const int error = write_file(path, open ? "1" : "0")) {
            throw Failure{error, "writing " + path};
        }
    }
}

} // namespace guest
