// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include "devices.hpp"
#include "scenario.hpp"
#include "supervisor.hpp"

namespace guest
{

// The step `probe`: the IOMMU's driver has a device, and the master is in a group. `driver` is the one that
// the API binds to the master.
void probe(const Scenario &scenario, const Device &master, const std::string &driver, Notes &notes);

} // namespace guest
