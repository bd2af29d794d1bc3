// SPDX-License-Identifier: GPL-2.0-or-later
// /dev/soc-iommu-test, opened for one device: what the APIs direct and sva share.
#pragma once

#include "devices.hpp"
#include "fd.hpp"
#include "soc_dma.hpp"

#include <memory>
#include <string>

namespace guest
{

class TestModule
{
public:
    explicit TestModule(Device device) : device_(std::move(device)) {}
    ~TestModule(); // closes, and gives the device back

    // Throws Unsupported where there is no module for this kernel.
    static void check_present();
    // Whether the module has such a call; a few depend on the kernel's configuration.
    static bool knows(unsigned long number);
    static std::string driver();

    void bind();
    void open(); // and takes the device

    // Throws Failure that names `what`.
    void call(unsigned long number, void *argument, const std::string &what);

    const Device &device() const { return device_; }
    const Fd &fd() const { return fd_; }
    SocDma &dma() { return *dma_; }

    // The module gives back what is left, and the driver lets the device go.
    void close_all();

private:
    void close_files();

    Device device_;
    Fd fd_;
    std::unique_ptr<SocDma> dma_;
};

} // namespace guest
