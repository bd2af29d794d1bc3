// An SMMUv3 behind the fake machine, probed as Linux probes it, with tables of both stages for one stream.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "support/fake_host.hpp"
#include "support/frames.hpp"
#include "support/lpae_table.hpp"
#include "support/smmu_driver.hpp"
#include "support/smmuv3_structures.hpp"

namespace soc::test {

// Numbers of events (Arm IHI 0070, 7.3), written down a second time on purpose.
namespace smmu_event {
enum : unsigned {
    bad_streamid = 0x02, ste_fetch = 0x03, bad_ste = 0x04, bad_ats_treq = 0x05, stream_disabled = 0x06,
    transl_forbidden = 0x07, bad_substreamid = 0x08, cd_fetch = 0x09, bad_cd = 0x0a, walk_eabt = 0x0b,
    translation = 0x10, addr_size = 0x11, access = 0x12, permission = 0x13,
};
}

// An event record, taken apart.
struct SmmuRecord {
    explicit SmmuRecord(const SmmuDriver::Event &w)
        : id(w[0] & 0xff), stream(uint32_t(w[0] >> 32)), substream(w[0] >> 12 & 0xfffff), has_substream(w[0] >> 11 & 1),
          stag(uint16_t(w[1])), stall(w[1] >> 31 & 1), privileged(w[1] >> 33 & 1), instruction(w[1] >> 34 & 1),
          read(w[1] >> 35 & 1), stage2(w[1] >> 39 & 1), cls(w[1] >> 40 & 3), address(w[2]), ipa(w[3])
    {
    }
    unsigned id;
    uint32_t stream, substream;
    bool has_substream;
    uint16_t stag;
    bool stall, privileged, instruction, read, stage2;
    unsigned cls;  // 0 CD, 1 TT, 2 IN
    uint64_t address, ipa;
};

struct Smmu {
    static constexpr uint64_t ram = 0x8000'0000, ram_size = 32_MiB;
    static constexpr uint64_t data = ram + 16_MiB;  // tables lie below
    static constexpr uint64_t iova = 0x1000'0000, page = 4_KiB;
    static constexpr uint64_t nowhere = 0x4000'0000;  // no memory answers there
    static constexpr uint32_t stream = 1;
    static constexpr uint16_t asid = 1, vmid = 5;

    explicit Smmu(const std::string &options = "", unsigned log2size = 7)
        : frames(ram, 16_MiB), iommu([&] {
              host.ram(ram, ram_size);
              return make_iommu(host, "soc-smmuv3", parse_options(options));
          }()),
          driver(host, *iommu, frames, log2size), first(host.memory(), frames, {.input_bits = 39}),
          second(host.memory(), frames, {.stage = 2, .input_bits = 40}), descriptor(frames.take(64))
    {
        driver.probe();
    }

    // A context descriptor with the table of stage 1.
    CdBuilder context() const { return CdBuilder().table0(first.root(), 12, 39).asid(asid); }
    // Writes it where stage1() says; no command.
    void put_context(const CdBuilder &cd)
    {
        const auto words = cd.words();
        for (unsigned i = 8; i-- > 0;)
            host.memory().store<uint64_t>(descriptor + 8 * i, words[i]);
    }
    SteBuilder stage1() const { return SteBuilder().stage1(descriptor); }
    SteBuilder with_stage2(SteBuilder ste) const
    {
        return ste.stage2({.table = second.root(), .granule_shift = 12, .input_bits = 40,
                           .start_level = second.start_level(), .output_bits = 40, .vmid = vmid});
    }
    SteBuilder stage2() const { return with_stage2(SteBuilder()); }
    SteBuilder nested() const { return with_stage2(stage1()); }
    // Stage 2 lets all tables through, as they are.
    void identity_for_tables() { second.map(ram, ram, 16_MiB, {.level = 2}); }

    // Stage 1 alone, one page at `iova`.
    void attach(const CdBuilder &cd, Perm perm = Perm::rw)
    {
        first.map(iova, data, page, {.perm = perm});
        put_context(cd);
        driver.set_stream(stream, stage1().words());
    }
    void attach() { attach(context()); }
    // Both stages, the tables through stage 2 as they are, one page at `iova` to the same in intermediate addresses.
    void attach_nested(const SteBuilder &ste)
    {
        identity_for_tables();
        first.map(iova, iova, page);
        second.map(iova, data, page);
        put_context(context());
        driver.set_stream(stream, ste.words());
    }
    void attach_nested() { attach_nested(nested()); }

    static Transaction transaction(uint64_t address, Access access = Access::read, uint32_t sid = stream)
    {
        Transaction txn;
        txn.address = address;
        txn.access = access;
        txn.stream = sid;
        return txn;
    }
    static Transaction with_substream(Transaction txn, uint32_t substream)
    {
        txn.has_substream = true;
        txn.substream = substream;
        return txn;
    }
    TranslateResult ask(const Transaction &txn) { return iommu->translate(txn); }
    // The output address; nothing where it faulted or waits.
    std::optional<uint64_t> at(const Transaction &txn)
    {
        const TranslateResult result = ask(txn);
        const auto *translation = std::get_if<Translation>(&result);
        return translation ? std::optional(translation->address) : std::nullopt;
    }
    std::optional<uint64_t> at(uint64_t address, Access access = Access::read)
    {
        return at(transaction(address, access));
    }
    FaultKind kind(const Transaction &txn)
    {
        const TranslateResult result = ask(txn);
        const auto *fault = std::get_if<Fault>(&result);
        return fault ? fault->kind : FaultKind::none;
    }
    // The one event that this transaction makes; nothing: none, or it did not fault.
    std::optional<SmmuRecord> event_of(const Transaction &txn)
    {
        driver.take_all_events();
        ask(txn);
        return event();
    }
    std::optional<SmmuRecord> event()
    {
        const auto words = driver.take_event();
        return words ? std::optional(SmmuRecord(*words)) : std::nullopt;
    }
    unsigned events()
    {
        unsigned count = 0;
        while (driver.take_event())
            ++count;
        return count;
    }

    // Global errors that are active.
    uint32_t errors() { return driver.read(SmmuDriver::gerror) ^ driver.read(SmmuDriver::gerrorn); }
    void acknowledge() { driver.write(SmmuDriver::gerrorn, driver.read(SmmuDriver::gerror)); }
    uint64_t counter(const char *name)
    {
        const auto names = Counters::names();
        for (unsigned i = 0; i < names.size(); ++i)
            if (std::string_view(names[i]) == name)
                return iommu->counters().value(i);
        throw std::runtime_error(name);
    }

    FakeHost host;
    Frames frames;
    std::unique_ptr<Iommu> iommu;
    SmmuDriver driver;
    LpaeTable first, second;
    uint64_t descriptor;
};

}  // namespace soc::test
