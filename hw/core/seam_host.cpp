// SPDX-License-Identifier: GPL-2.0-or-later
#include "seam_host.hpp"

namespace soc {

SocFault to_seam(const Fault &fault, uint64_t count)
{
    SocFault out{};
    out.address = fault.transaction.address;
    out.kind = uint32_t(fault.kind);
    out.stream = fault.transaction.stream;
    out.substream = fault.transaction.substream;
    out.flags = fault.transaction.flags();
    out.level = uint32_t(fault.level);
    out.stage = fault.stage;
    out.count = count;
    return out;
}

SocTranslation to_seam(const TranslateResult &result)
{
    SocTranslation out{};
    if (const auto *translation = std::get_if<Translation>(&result)) {
        out.status = SOC_OK;
        out.perm = uint32_t(translation->perm);
        out.address = translation->address;
        out.mask = translation->mask;
    } else if (const auto *fault = std::get_if<Fault>(&result)) {
        out.status = SOC_FAULTED;
        out.fault = to_seam(*fault);
    } else {
        out.status = SOC_HELD;
        out.hold = std::get<Held>(result).hold;
    }
    return out;
}

void SeamHost::log(LogLevel level, const std::string &text)
{
    ops_.log(host_, uint32_t(level), text.c_str());
}

void SeamHost::held_end(uint64_t hold, const Fault *terminated)
{
    const SocFault fault = terminated ? to_seam(*terminated) : SocFault{};
    ops_.held_end(host_, hold, terminated ? SOC_FAULTED : SOC_OK, terminated ? &fault : nullptr);
}

bool SeamHost::dma(uint32_t port, uint64_t address, std::span<uint8_t> data, Access access, bool privileged)
{
    Transaction txn;
    txn.access = access;
    txn.privileged = privileged;
    return ops_.dma(host_, port, address, data.data(), uint32_t(data.size()), txn.flags());
}

bool SeamHost::translate(uint32_t port, Transaction &txn, SocTranslation &out)
{
    SocTransaction raw{};
    raw.address = txn.address;
    raw.substream = txn.substream;
    raw.flags = txn.flags();
    raw.tag = txn.tag;
    const bool answered = ops_.translate(host_, port, &raw, &out);
    txn.stream = raw.stream;
    return answered;
}

std::optional<uint64_t> SeamHost::compare_exchange(uint64_t address, uint32_t size, uint64_t expected,
                                                   uint64_t desired)
{
    if (!ops_.mem_cmpxchg(host_, address, size, &expected, desired))
        return std::nullopt;
    return expected;
}

}  // namespace soc
