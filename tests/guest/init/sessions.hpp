// SPDX-License-Identifier: GPL-2.0-or-later
// Sessions with steps of their own, for the IOMMUs that can do what they ask: not part of the five APIs.
#pragma once

#include "devices.hpp"
#include "scenario.hpp"
#include "supervisor.hpp"

#include <optional>

namespace guest
{

// A process' address space, bound to soc-dma: DMA on memory that nobody pinned or mapped for it.
void sva_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter);

// Every address of a domain, through the test module.
void aperture_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter);

// What a domain cannot have: another domain beside it, other addresses, any physical address. An honest refusal is
// fine; what is taken must hold. `other`: a second master behind the same IOMMU.
void limits_session(const Scenario &scenario, const Device &master, const std::optional<Device> &other,
                    unsigned session, Reporter &reporter);

// iommufd, and which pages the device wrote.
void dirty_session(const Scenario &scenario, const Device &master, unsigned session, Reporter &reporter);

} // namespace guest
