// SPDX-License-Identifier: GPL-2.0-or-later
// The guest's /init: runs the scenario of the kernel command line, and powers off.
#include "data_steps.hpp"
#include "devices.hpp"
#include "failure.hpp"
#include "files.hpp"
#include "gates.hpp"
#include "kernel_log.hpp"
#include "kernel_master.hpp"
#include "machine.hpp"
#include "modules.hpp"
#include "path.hpp"
#include "probe.hpp"
#include "scenario.hpp"
#include "sessions.hpp"
#include "soc-iommu/soc-dma-regs.h"
#include "text.hpp"

#include <optional>

#include <sys/utsname.h>

namespace guest
{
namespace
{

constexpr uint16_t virtio_vendor = 0x1af4;
constexpr uint16_t virtio_blk_device = 0x1042;
constexpr uint16_t virtio_iommu_device = 0x1057;

void log_error(const Failure &failure)
{
    log_line("# soc-iommu error " + (failure.error ? errno_name(failure.error) + " " : std::string()) + failure.what);
}

std::optional<Device> find_master(const Scenario &scenario, unsigned skip = 0)
{
    if (scenario.api == "dma") {
        return scenario.master == "pci" ? find_pci(virtio_vendor, virtio_blk_device)
                                        : find_compatible("amba", "arm,pl330");
    }
    return scenario.master == "pci" ? find_pci(SOC_DMA_PCI_VENDOR, SOC_DMA_PCI_DEVICE, skip)
                                    : find_compatible("platform", SOC_DMA_COMPATIBLE, skip);
}

// virtio-iommu is itself behind virtio-pci, which is a module because virtio-blk is a DMA master.
void start_virtio_iommu()
{
    const auto device = find_pci(virtio_vendor, virtio_iommu_device);
    if (!device) {
        return;
    }
    load_virtio_pci();
    if (const int error = device->bind("virtio-pci")) {
        throw Failure{error, "bind the virtio-iommu to virtio-pci"};
    }
}

// Also VFIO's reset handler for the platform soc-dma, and the driver that `probe` tries first.
void load_test_module(const Scenario &scenario)
{
    try {
        load_module_if_present("soc_iommu_test");
    } catch (const Failure &failure) {
        if (one_of(scenario.api, {"direct", "current", "aperture", "limits", "sva"})) {
            throw;
        }
        log_line("# soc-iommu note " + errno_name(failure.error) + " " + failure.what);
    }
}

std::unique_ptr<Path> make_path(const Scenario &scenario, const Device &master)
{
    if (scenario.api == "direct") {
        return direct_path(master);
    }
    if (scenario.api == "current") {
        return current_path(master);
    }
    if (scenario.api == "iommufd") {
        return iommufd_path(master);
    }
    return scenario.api == "compat" ? compat_path(master) : vfio_path(master);
}

void path_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter)
{
    const auto path = make_path(scenario, master);
    path->check_supported();
    if (session == 1) {
        reporter.step("probe", [&](Notes &notes) { probe(scenario, master, path->driver(), notes); });
    }
    const int64_t pinned = pinned_pages();
    if (path->has_bind_step()) {
        reporter.step("bind", [&](Notes &notes) { path->bind(notes); });
    }
    reporter.step("attach", [&](Notes &notes) { path->attach(notes); });

    std::optional<DataSteps> steps(std::in_place, *path, scenario.driver);
    reporter.step("map", [&](Notes &notes) { steps->map(notes); });
    reporter.step("dma", [&](Notes &notes) { steps->dma(notes); });
    reporter.observe("isolation", [&](Notes &notes) { steps->isolation(notes); });
    reporter.observe("readonly", [&](Notes &notes) { steps->readonly(notes); });
    reporter.step("unmap", [&](Notes &notes) { steps->unmap(notes); });
    reporter.observe("stale", [&](Notes &notes) { steps->stale(notes); });
    reporter.step("detach", [&](Notes &notes) {
        steps.reset(); // the module's memory, too, keeps the device open
        path->detach(notes);
        check_pinned(pinned, notes);
    });
}

void dma_session(const Scenario &scenario, const Device &device, unsigned session, Reporter &reporter)
{
    const auto master = scenario.master == "pci" ? virtio_blk_master(device, scenario.reads)
                                                 : pl330_master(device);
    master->prepare();
    if (session == 1) {
        reporter.step("probe", [&](Notes &notes) { probe(scenario, device, master->driver(), notes); });
    }
    kernel_master_session(*master, reporter);
}

// One API. Whether a process was left hanging.
bool run_api(const Scenario &scenario)
{
    utsname system = {};
    uname(&system);
    log_line("KTAP version 1");
    log_line(format("# soc-iommu guest api=%s master=%s sessions=%u kernel=%s page_size=%llu",
                    scenario.api.c_str(), scenario.master.c_str(), scenario.sessions, system.release,
                    static_cast<unsigned long long>(kernel_page_size())));
    load_test_module(scenario);
    const auto master = find_master(scenario);
    if (!master) {
        fail("no " + scenario.master + " master for the API " + scenario.api + " is in this machine");
    }

    Supervisor supervisor(scenario.api, scenario.step_timeout);
    for (unsigned session = 1; session <= scenario.sessions; session++) {
        const bool good = supervisor.run_session(session, [&](Reporter &reporter) {
            if (scenario.api == "dma") {
                dma_session(scenario, *master, session, reporter);
            } else if (scenario.api == "sva") {
                sva_session(scenario, *master, session, reporter);
            } else if (scenario.api == "aperture") {
                aperture_session(scenario, *master, session, reporter);
            } else if (scenario.api == "limits") {
                limits_session(scenario, *master, find_master(scenario, 1), session, reporter);
            } else if (scenario.api == "dirty") {
                dirty_session(scenario, *master, session, reporter);
            } else {
                path_session(scenario, *master, session, reporter);
            }
        });
        if (!good) {
            break;
        }
    }
    supervisor.finish();
    return supervisor.child_left();
}

// Several, one after the other. What one leaves behind the host judges; a process that hangs ends them all.
bool run_turns(Scenario scenario)
{
    for (const Turn &turn : scenario.turns) {
        log_line("# soc-iommu turn " + turn.api + ":" + turn.gates);
        scenario.api = turn.api;
        bool stuck = false;
        try {
            set_gates(turn.gates);
            stuck = run_api(scenario);
        } catch (const Failure &failure) {
            log_error(failure);
        }
        log_line("# soc-iommu turn-end");
        if (stuck) {
            return true;
        }
    }
    return false;
}

bool run_scenario()
{
    const std::string command_line = read_file("/proc/cmdline").value_or("");
    const Scenario scenario = Scenario::parse(command_line);
    if (!scenario.error.empty()) {
        fail(scenario.error);
    }
    stop_automatic_binding();
    if (scenario.rescan) {
        rescan_pci();
    }
    start_virtio_iommu();
    if (scenario.shell) {
        mount_filesystems(true);
        load_test_module(scenario);
        run_shell();
        return false;
    }
    return scenario.turns.empty() ? run_api(scenario) : run_turns(scenario);
}

} // namespace
} // namespace guest

int main()
{
    bool stuck = false;
    try {
        guest::mount_filesystems(false);
        stuck = guest::run_scenario();
    } catch (const guest::Failure &failure) {
        guest::log_error(failure);
    }
    guest::log_line("# soc-iommu end");
    guest::power_off(stuck);
}
