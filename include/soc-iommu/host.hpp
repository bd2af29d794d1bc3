// What a model may ask of the world around it. QEMU stands behind it in the plugin (hw/core/seam.cpp), plain
// memory in the tests (tests/support/fake_host.hpp).
//
// Threads: memory(), log() and defer() on any thread; everything else only from calls that hold the big lock,
// which is every call into a model but translate().
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "soc-iommu/guest_memory.hpp"
#include "soc-iommu/seam.h"
#include "soc-iommu/transaction.hpp"

namespace soc {

enum class LogLevel { guest_error = SOC_LOG_GUEST_ERROR, unimplemented = SOC_LOG_UNIMPLEMENTED, info = SOC_LOG_INFO };

class Host {
public:
    virtual ~Host() = default;

    virtual GuestMemory &memory() = 0;
    virtual void log(LogLevel, const std::string &) = 0;
    // Asks for one call of Device::deferred, soon. Calls before it runs are one call.
    virtual void defer() = 0;

    virtual void irq(unsigned line, bool level) = 0;
    // 32 bits written at `address` by requester `device_id`. false: nothing took them.
    virtual bool msi(uint32_t device_id, uint64_t address, uint32_t data) = 0;
    virtual void unmap_notify(uint32_t stream, uint64_t address, uint64_t size) = 0;

    // Ends a held transaction: no fault lets the master ask again.
    virtual void held_end(uint64_t hold, const Fault *terminated) = 0;
    virtual bool message(uint32_t port, const SocMessage &) = 0;

    // For masters. See seam.h for each.
    virtual uint32_t ports() = 0;
    virtual uint32_t port_stream(uint32_t port) = 0;
    virtual bool dma(uint32_t port, uint64_t address, std::span<uint8_t> data, Access, bool privileged) = 0;
    // Asks the port's model itself; fills in the stream. false: no model of ours is there.
    virtual bool translate(uint32_t port, Transaction &, SocTranslation &) = 0;
    virtual bool last_fault(uint32_t port, SocFault &) = 0;
    virtual bool counter(uint32_t port, const char *name, uint64_t &value) = 0;
    virtual uint32_t master_features() { return 0; }  // SOC_FEATURE_*
};

}  // namespace soc
