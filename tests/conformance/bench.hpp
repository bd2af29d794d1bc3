// One instance under the suite, brought up; and the list of all that the suite runs over.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <stdexcept>
#include <string_view>

#include "conformance/suite.hpp"

namespace soc::test {

struct Subject {
    const AdapterEntry *adapter;
    std::string options;
};

inline std::vector<Subject> subjects()
{
    std::vector<Subject> all;
    for (const AdapterEntry *adapter : adapters())
        for (const std::string &options : adapter->configurations)
            all.push_back({adapter, options});
    return all;
}

inline std::string name(const Subject &subject)
{
    return std::string(subject.adapter->type) + "/" + subject.options;
}

struct Bench {
    static constexpr uint32_t stream = 1, other = 2;

    explicit Bench(const Subject &subject)
        : iommu([&] {
              host.ram(suite_ram, suite_ram_size);
              return make_iommu(host, subject.adapter->type, parse_options(subject.options));
          }()),
          adapter(subject.adapter->make(host, *iommu, parse_options(subject.options)))
    {
        adapter->probe();
        iova = adapter->input_begin() + 0x10'0000;
    }

    TranslateResult ask(uint64_t address, Access access = Access::read, uint32_t of = stream, bool debug = false)
    {
        Transaction txn;
        txn.address = address;
        txn.stream = of;
        txn.access = access;
        txn.debug = debug;
        return iommu->translate(txn);
    }
    std::optional<uint64_t> at(uint64_t address, Access access = Access::read, uint32_t of = stream)
    {
        const TranslateResult result = ask(address, access, of);
        const auto *translation = std::get_if<Translation>(&result);
        const bool refused = !translation || (translation->address & ~(page() - 1)) == adapter->fault_page();
        return refused ? std::nullopt : std::optional(translation->address);
    }
    uint64_t counter(std::string_view wanted) const
    {
        const auto names = Counters::names();
        for (unsigned i = 0; i < names.size(); ++i)
            if (names[i] == wanted)
                return iommu->counters().value(i);
        throw std::runtime_error("no such counter");
    }
    uint64_t page() const { return adapter->page_size(); }
    bool raised() const
    {
        for (unsigned line = 0; line < iommu->shape().irqs; ++line)
            if (host.line(line))
                return true;
        return false;
    }
    std::vector<uint8_t> state() const
    {
        StateWriter out;
        iommu->save(out);
        return out.data();
    }

    FakeHost host;
    std::unique_ptr<Iommu> iommu;
    std::unique_ptr<Adapter> adapter;
    uint64_t iova;
};

}  // namespace soc::test
