// The flat C interface, as the shim calls it.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/seam.h"

#include <string>
#include <vector>

#include "catch.hpp"

namespace {

const SocModelType *type_named(const std::string &name)
{
    const SocModelType *types = nullptr;
    const uint32_t count = soc_model_types(&types);
    for (uint32_t i = 0; i < count; ++i)
        if (name == types[i].name)
            return &types[i];
    return nullptr;
}

// Enough of a host to hold a device tree.
struct Tree {
    std::vector<std::string> nodes, properties;
    bool full = false;
    uint32_t phandles = 100;
};

Tree &tree(SocHost *host)
{
    return *reinterpret_cast<Tree *>(host);
}

SocHostOps host_ops()
{
    SocHostOps ops{};
    ops.log = [](SocHost *, uint32_t, const char *) {};
    ops.defer = [](SocHost *) {};
    ops.irq = [](SocHost *, uint32_t, bool) {};
    ops.ports = [](SocHost *) { return 0u; };
    ops.phandle = [](SocHost *host) { return tree(host).phandles++; };
    ops.dt_node = [](SocHost *host, const char *path) {
        tree(host).nodes.push_back(path);
        return !tree(host).full;
    };
    ops.dt_property = [](SocHost *host, const char *path, const char *name, const void *, uint32_t) {
        tree(host).properties.push_back(std::string(path) + ":" + name);
        return true;
    };
    return ops;
}

struct Instance {
    Tree world;
    SocHostOps ops = host_ops();
    char error[256] = "";
    SocModel *model = nullptr;

    explicit Instance(const char *type, std::vector<SocOption> options = {}, uint32_t version = SOC_SEAM_VERSION)
    {
        model = soc_model_create(version, type_named(type), reinterpret_cast<SocHost *>(&world), &ops, options.data(),
                                 uint32_t(options.size()), error, sizeof error);
    }
    ~Instance() { soc_model_destroy(model); }
};

}  // namespace

TEST_CASE("every type of the registry is described across the seam")
{
    const SocModelType *dart = type_named("apple-dart");
    REQUIRE(dart);
    CHECK(dart->kind == SOC_KIND_IOMMU);
    CHECK(dart->option_count > 0);
    CHECK(dart->counter_count > 0);
    const SocModelType *pl330 = type_named("soc-pl330");
    REQUIRE(pl330);
    REQUIRE(pl330->qemu_device);
    CHECK(std::string(pl330->qemu_device->dma_link) == "memory");
}

TEST_CASE("a shim of another version of the seam gets no model")
{
    const Instance instance("soc-dma", {}, SOC_SEAM_VERSION + 1);
    CHECK_FALSE(instance.model);
    CHECK(std::string(instance.error).find("version") != std::string::npos);
}

TEST_CASE("a refused option comes back as text, not as an exception")
{
    const Instance instance("apple-dart", {{"variant", "m7"}});
    CHECK_FALSE(instance.model);
    CHECK(std::string(instance.error).find("t8103") != std::string::npos);
}

TEST_CASE("a text too long for the caller's buffer is cut, not overrun")
{
    char small[8];
    Tree world;
    const SocHostOps ops = host_ops();
    const SocOption option{"variant", "m7"};
    CHECK_FALSE(soc_model_create(SOC_SEAM_VERSION, type_named("apple-dart"), reinterpret_cast<SocHost *>(&world), &ops,
                                 &option, 1, small, sizeof small));
    CHECK(std::string(small).size() == 7);
}

TEST_CASE("a model describes itself in device-tree nodes, parents first")
{
    Instance instance("soc-pl330");
    REQUIRE(instance.model);
    const uint64_t base = 0xb010000;
    const uint32_t cells[] = {0, 112, 4, 0, 113, 4};
    SocPlacement placement{};
    placement.id = "p";
    placement.region_address = &base;
    placement.irq_cells = cells;
    placement.irq_cell_count = 3;
    REQUIRE(soc_model_describe(instance.model, &placement, instance.error, sizeof instance.error));
    CHECK(instance.world.nodes.back() == "/dma-controller@b010000");

    instance.world.full = true;
    CHECK_FALSE(soc_model_describe(instance.model, &placement, instance.error, sizeof instance.error));
    CHECK(std::string(instance.error).find("device tree") != std::string::npos);
}

TEST_CASE("saved state asks for its size and refuses what it did not write")
{
    Instance instance("soc-dma");
    const size_t size = soc_model_save(instance.model, nullptr, 0);
    std::vector<uint8_t> bytes(size);
    CHECK(soc_model_save(instance.model, bytes.data(), size) == size);
    CHECK(soc_model_load(instance.model, bytes.data(), size));
    CHECK_FALSE(soc_model_load(instance.model, bytes.data(), size - 1));
    bytes[5] ^= 1;
    CHECK_FALSE(soc_model_load(instance.model, bytes.data(), size));
}

TEST_CASE("every kind of fault has a name, and so does nonsense")
{
    CHECK(std::string(soc_fault_name(SOC_FAULT_TRANSLATION)) == "translation");
    CHECK(std::string(soc_fault_name(SOC_FAULT_TERMINATED)) == "terminated");
    CHECK(std::string(soc_fault_name(12345)) == "unknown");
}
