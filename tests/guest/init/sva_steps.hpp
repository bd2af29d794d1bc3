// SPDX-License-Identifier: GPL-2.0-or-later
// The steps of the API sva. Addresses that the device uses are this process' own.
#pragma once

#include "area.hpp"
#include "supervisor.hpp"
#include "test_module.hpp"

#include <cstdint>
#include <string>

namespace guest
{

class SvaSteps
{
public:
    explicit SvaSteps(const Device &device) : module_(device) {}

    void bind(Notes &notes);
    void attach(Notes &notes);
    void map(Notes &notes);
    void dma(Notes &notes);
    void isolation(Notes &notes);
    void readonly(Notes &notes);
    void unmap(Notes &notes);
    void stale(Notes &notes);
    void detach(Notes &notes);

private:
    void feature(uint32_t feature, bool on);
    Area untouched(const std::string &name, size_t pages);
    Area filled(const std::string &name, size_t pages); // touched, with contents
    void check_memory(const std::string &after) const;

    // At the address that the process has it at.
    void device_reads(const Area &area, size_t offset, size_t length);
    void device_writes(Area &area, size_t offset, size_t length);
    void must_end(const Attempt &attempt);

    TestModule module_;
    uint32_t pasid_ = 0;
    size_t page_ = 0;
    int64_t pins_ = 0;
    unsigned ended_ = 0; // transfers that ended with a fault in the present step
    std::string last_;   // the last of them
    Area touched_, untouched_, dropped_, only_, sealed_, gone_;
    uint8_t *hole_ = nullptr;
    uint8_t *gone_address_ = nullptr;
    uint32_t seed_ = 1;
};

} // namespace guest
