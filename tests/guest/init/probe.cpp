// SPDX-License-Identifier: GPL-2.0-or-later
#include "probe.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "interrupts.hpp"
#include "modules.hpp"
#include "soc_iommu_test.h"

namespace guest
{

void probe(const Scenario &scenario, const Device &master, const std::string &driver, Notes &notes)
{
    if (scenario.driver == "none") {
        notes.add("no IOMMU is expected, master=%s", master.name().c_str());
        return;
    }
    std::string iommus;
    if (!scenario.driver.empty()) {
        iommus = devices_of_driver(scenario.driver);
        notes.add("iommu-driver=%s devices=%s", scenario.driver.c_str(),
                  iommus.empty() ? "none" : iommus.c_str());
        const std::string interrupts =
            interrupts_of(read_file("/proc/interrupts").value_or(""), scenario.driver);
        if (!interrupts.empty()) {
            notes.add("interrupts=%s", interrupts.c_str());
        }
    }
    notes.add("master=%s", master.name().c_str());

    // On device-tree machines the core looks for a device's IOMMU when its first driver binds
    // (really_probe() calls dma_configure() before the driver's probe). The test module's driver does no
    // DMA, so it goes first.
    if (!master.group() && module_loaded("soc_iommu_test")) {
        master.bind(SOC_IOMMU_TEST_DRIVER);
        master.unbind();
    }
    if (!master.group()) {
        const int error = master.bind(driver);
        master.unbind();
        if (!master.group()) {
            throw Failure{error, "the master is in no IOMMU group; bind to " + driver +
                                     (error ? " failed" : " worked nevertheless")};
        }
    }
    const std::string group = *master.group();
    notes.add("group=%s type=%s", group.c_str(), group_type(group).c_str());
    if (!scenario.driver.empty() && iommus.empty()) {
        throw Failure{ENODEV, "no device is bound to " + scenario.driver};
    }
}

} // namespace guest
