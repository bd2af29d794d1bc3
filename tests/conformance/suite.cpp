// SPDX-License-Identifier: GPL-2.0-or-later
#include "conformance/suite.hpp"

namespace soc::test {

namespace {

std::vector<const AdapterEntry *> &list()
{
    static std::vector<const AdapterEntry *> all;
    return all;
}

}  // namespace

AdapterEntry::AdapterEntry(const char *type_, std::vector<std::string> configurations_, Make make_,
                           ByteOrder registers_)
    : type(type_), configurations(std::move(configurations_)), make(make_), registers(registers_)
{
    list().push_back(this);
}

const std::vector<const AdapterEntry *> &adapters()
{
    return list();
}

}  // namespace soc::test
