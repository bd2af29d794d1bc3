// The guest program against IOMMUs that nobody here wrote: QEMU's own.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "attach.hpp"
#include "catch.hpp"

TEST_CASE("reference: every step passes behind QEMU's own IOMMUs", "[everywhere]")
{
    const std::string name = GENERATE("qemu-smmuv3", "virtio-iommu");
    const Run run = attach(name + " --sessions 2");
    INFO(run.text);
    for (const char *api : {"dma", "direct", "vfio", "compat", "iommufd"}) {
        INFO(api);
        CHECK(run.outcome(api) == "works");
        // Not one step fewer than behind a model of ours.
        CHECK(run.api(api).at("steps").size() == (std::string(api) == "dma"      ? 4u + 3
                                                  : std::string(api) == "direct" ? 9u + 8
                                                                                 : 10u + 9));
    }
    CHECK(run.status == 0);
}

TEST_CASE("reference: a platform master is wrong usage where the IOMMU has none")
{
    const Run run = attach("qemu-smmuv3 --master platform");
    CHECK(run.status == 2);
    CHECK(run.text.find("pci") != std::string::npos);
}
