// An IOMMU behind the fake machine, and the questions that every unit test asks one.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "support/fake_host.hpp"

namespace soc::test {

// Why there can be no such instance; "" where there can.
inline std::string refusal(const char *type, const std::string &options)
{
    FakeHost host;
    try {
        make_iommu(host, type, parse_options(options));
    } catch (const OptionError &error) {
        return error.what();
    }
    return "";
}

struct IommuFixture {
    // `usual`: the stream that is meant where a question names none.
    IommuFixture(const char *type, const std::string &options, uint64_t ram, uint64_t ram_size, uint32_t usual)
        : iommu([&] {
              host.ram(ram, ram_size);
              return make_iommu(host, type, parse_options(options));
          }()),
          usual_(usual)
    {
    }

    TranslateResult ask(uint64_t address, Access access = Access::read, std::optional<uint32_t> stream = std::nullopt,
                        bool debug = false)
    {
        Transaction txn;
        txn.address = address;
        txn.stream = stream.value_or(usual_);
        txn.access = access;
        txn.debug = debug;
        return iommu->translate(txn);
    }
    // The output address; nothing where it faulted.
    std::optional<uint64_t> at(uint64_t address, Access access = Access::read,
                               std::optional<uint32_t> stream = std::nullopt)
    {
        const TranslateResult result = ask(address, access, stream);
        const auto *translation = std::get_if<Translation>(&result);
        return translation ? std::optional(translation->address) : std::nullopt;
    }
    FaultKind kind(uint64_t address, Access access = Access::read, std::optional<uint32_t> stream = std::nullopt)
    {
        const TranslateResult result = ask(address, access, stream);
        const auto *fault = std::get_if<Fault>(&result);
        return fault ? fault->kind : FaultKind::none;
    }
    uint64_t counter(const char *name)
    {
        const auto names = Counters::names();
        for (unsigned i = 0; i < names.size(); ++i)
            if (std::string_view(names[i]) == name)
                return iommu->counters().value(i);
        throw std::runtime_error(name);
    }

    FakeHost host;
    std::unique_ptr<Iommu> iommu;

private:
    const uint32_t usual_;
};

}  // namespace soc::test
