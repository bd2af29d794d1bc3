// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/model.hpp"

namespace soc {

uint64_t Device::mmio_read(unsigned region, uint64_t offset, unsigned size)
{
    RegisterBank *bank = registers(region);
    return bank ? bank->read(offset, size) : 0;
}

void Device::mmio_write(unsigned region, uint64_t offset, uint64_t value, unsigned size)
{
    if (RegisterBank *bank = registers(region))
        bank->write(offset, value, size);
}

TranslateResult Iommu::translate(const Transaction &txn)
{
    TranslateResult result = lookup(txn);
    if (const Fault *fault = std::get_if<Fault>(&result)) {
        if (!txn.debug) {
            counters_.fault(*fault);
            fault_raised(*fault);
        }
        if (const auto instead = redirected(*fault))
            return *instead;
    }
    return result;
}

}  // namespace soc
