// soc-dma's address translation cache with its registers: asks the IOMMU for what it does not know, and answers
// invalidations.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>

#include "soc-iommu/host.hpp"
#include "soc-iommu/register_bank.hpp"
#include "translation_cache.hpp"

namespace soc {

class Atc {
public:
    Atc(Host &, RegisterBank &);

    // What the cache says, or else the IOMMU. SOC_OK, with the rights there are, none included; or SOC_FAULTED.
    // Absent: no model of ours is behind the port.
    std::optional<SocTranslation> translate(uint32_t port, const Transaction &);
    void invalidate(const SocMessage &);
    void clear() { cache_.clear(); }

    void save(StateWriter &out) const { cache_.save(out); }
    void load(StateReader &in) { cache_.load(in); }

private:
    Host &host_;
    TranslationCache cache_;
    Register &ctrl_, &hits_, &misses_, &invalidations_;
};

}  // namespace soc
