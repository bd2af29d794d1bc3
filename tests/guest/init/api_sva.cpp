// SPDX-License-Identifier: GPL-2.0-or-later
// Shared virtual addressing, through the test module.
#include "probe.hpp"
#include "sessions.hpp"
#include "soc_iommu_test.h"
#include "sva_steps.hpp"

namespace guest
{

void sva_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter)
{
    TestModule::check_present();
    if (!TestModule::knows(SOC_IOMMU_TEST_SVA_BIND)) {
        throw Unsupported{"the kernel has no shared virtual addressing (CONFIG_IOMMU_SVA)"};
    }
    if (session == 1) {
        reporter.step("probe", [&](Notes &notes) { probe(scenario, master, TestModule::driver(), notes); });
    }
    const int64_t pinned = pinned_pages();
    SvaSteps steps(master);
    reporter.step("bind", [&](Notes &notes) { steps.bind(notes); });
    reporter.step("attach", [&](Notes &notes) { steps.attach(notes); });
    reporter.step("map", [&](Notes &notes) { steps.map(notes); });
    reporter.step("dma", [&](Notes &notes) { steps.dma(notes); });
    reporter.step("isolation", [&](Notes &notes) { steps.isolation(notes); });
    reporter.step("readonly", [&](Notes &notes) { steps.readonly(notes); });
    reporter.step("unmap", [&](Notes &notes) { steps.unmap(notes); });
    reporter.step("stale", [&](Notes &notes) { steps.stale(notes); });
    reporter.step("detach", [&](Notes &notes) {
        steps.detach(notes);
        check_pinned(pinned, notes);
    });
}

} // namespace guest
