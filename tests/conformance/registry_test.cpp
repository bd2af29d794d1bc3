// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "conformance/suite.hpp"
#include "soc-iommu/registry.hpp"

TEST_CASE("conformance: every IOMMU of the registry is under the suite")
{
    for (const soc::ModelType *type : soc::model_types()) {
        if (type->kind != soc::ModelKind::iommu || std::string(type->name).starts_with("soc-test-"))
            continue;
        bool found = false;
        for (const soc::test::AdapterEntry *adapter : soc::test::adapters())
            found |= std::string(adapter->type) == type->name;
        CAPTURE(type->name);
        CHECK(found);
    }
}
