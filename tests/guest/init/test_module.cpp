// SPDX-License-Identifier: GPL-2.0-or-later
#include "test_module.hpp"

#include "failure.hpp"
#include "files.hpp"
#include "modules.hpp"
#include "soc_iommu_test.h"
#include "supervisor.hpp"

#include <cstring>

#include <fcntl.h>
#include <sys/ioctl.h>

namespace guest
{
namespace
{

Fd open_node()
{
    return Fd::open(device_node("/sys/class/misc/" SOC_IOMMU_TEST_NODE), O_RDWR);
}

} // namespace

TestModule::~TestModule()
{
    close_files();
    device_.unbind();
}

void TestModule::check_present()
{
    if (!module_present("soc_iommu_test") && !module_loaded("soc_iommu_test")) {
        throw Unsupported{"no soc_iommu_test.ko for this kernel"};
    }
}

bool TestModule::knows(unsigned long number)
{
    const Fd fd = open_node();
    // A size that no call takes: of a number that it knows, the module complains about that.
    uint32_t size = 0;
    return ioctl(fd.get(), number, &size) < 0 && errno != ENOTTY;
}

std::string TestModule::driver()
{
    return SOC_IOMMU_TEST_DRIVER;
}

void TestModule::bind()
{
    if (const int error = device_.bind(driver())) {
        throw Failure{error, "bind " + device_.name() + " to " + driver()};
    }
}

void TestModule::open()
{
    fd_ = open_node();
    soc_iommu_test_open open = {};
    open.size = sizeof(open);
    open.bus = device_.bus() == "pci" ? SOC_IOMMU_TEST_BUS_PCI : SOC_IOMMU_TEST_BUS_PLATFORM;
    strncpy(open.name, device_.name().c_str(), sizeof(open.name) - 1);
    call(SOC_IOMMU_TEST_OPEN, &open, "open " + device_.name());
    dma_ = std::make_unique<SocDma>(mapped_window(Mapping::of_file(
        fd_, open.window_offset, static_cast<size_t>(open.window_size), "the device's registers")));
}

void TestModule::call(unsigned long number, void *argument, const std::string &what)
{
    if (ioctl(fd_.get(), number, argument) < 0) {
        fail_errno(what);
    }
}

void TestModule::close_all()
{
    close_files();
    device_.unbind();
    if (!device_.driver().empty()) {
        fail(driver() + " did not let the device go");
    }
}

void TestModule::close_files()
{
    dma_.reset();
    fd_.close();
}

} // namespace guest
