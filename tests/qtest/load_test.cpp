// Loading: the types, the guard, options.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

#include <cstdlib>

using namespace qtest;

namespace {

bool says(const Ending &ending, const std::string &text)
{
    INFO(ending.output);
    return ending.output.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("every type is a device that a user can create", "[load]")
{
    Machine machine({"-device", "apple-dart,id=dart", "-device", "soc-dma,id=dma,iommus=dart:1", "-device",
                     "soc-pl330,id=pl330,iommus=dart:2", "-device", "soc-dma-pci,id=pci,addr=3", "-device",
                     "soc-test-iommu,id=test,pci-map=none"});
    for (const char *type : {"apple-dart", "soc-dma", "soc-dma-pci", "soc-pl330", "soc-test-iommu"}) {
        INFO(type);
        CHECK_FALSE(machine.qmp("device-list-properties", {{"typename", type}}).empty());
    }
    CHECK(machine.read32(machine.address("dma") + SOC_DMA_ID) == SOC_DMA_ID_VALUE);
    CHECK(machine.quit() == 0);
}

TEST_CASE("the options of a type are properties with the default and what is valid in their help", "[load]")
{
    Machine machine({"-device", "apple-dart,id=dart,page-size=16k"});
    CHECK(machine.get("dart", "variant") == "t8103");
    CHECK(machine.get("dart", "page-size") == "16k");
    CHECK(machine.get("dart", "pci-map") == "auto");
    for (const Json &property : machine.qmp("device-list-properties", {{"typename", "apple-dart"}}))
        if (property["name"] == "variant")
            CHECK(property["description"].get<std::string>().find("t8103|t6000") != std::string::npos);
}

TEST_CASE("a plugin built for another QEMU refuses, names both and says what to do", "[load]")
{
    const char *other = std::getenv("SOC_IOMMU_OTHER_PLUGIN");
    REQUIRE(other);
    const Ending ending = Machine::ends({}, other);
    CHECK(ending.status == 1);
    CHECK(says(ending, "built for another QEMU"));
    CHECK(says(ending, "built for  QEMU 1.2.3 (somewhere else), build-id 0123456789abcdef"));
    CHECK(says(ending, "running in QEMU "));
    CHECK(says(ending, "qemu_binary"));
}

TEST_CASE("a value that is not valid ends QEMU with the valid ones", "[load]")
{
    const Ending ending = Machine::ends({"-device", "apple-dart,id=dart,variant=t1000"});
    CHECK(ending.status == 1);
    CHECK(says(ending, "dart: variant=t1000"));
    CHECK(says(ending, "t8103|t6000|t8110|usb4"));
}

TEST_CASE("an argument of the plugin that it does not take ends QEMU with the valid ones", "[load]")
{
    const char *plugin = std::getenv("SOC_IOMMU_PLUGIN");
    REQUIRE(plugin);
    // As it is shipped it takes none: the models' mutations are not built in.
    for (const char *argument : {"mutation=dma", "mutation=", "colour=red"}) {
        const Ending ending = Machine::ends({}, plugin + std::string(",") + argument);
        CHECK(ending.status == 1);
        CHECK(says(ending, std::string("the plugin takes no argument '") + argument));
        CHECK(says(ending, "mutation=dma|isolation|readonly|stale"));
    }
}

TEST_CASE("an option that does not exist ends QEMU with its name", "[load]")
{
    const Ending ending = Machine::ends({"-device", "apple-dart,colour=red"});
    CHECK(ending.status == 1);
    CHECK(says(ending, "colour"));
}

TEST_CASE("a master that names no IOMMU, or a stream it has not, ends QEMU with the reason", "[load]")
{
    const Ending nobody = Machine::ends({"-device", "soc-dma,iommus=dart:1"});
    CHECK(nobody.status == 1);
    CHECK(says(nobody, "no IOMMU with id=dart"));
    const Ending stream = Machine::ends({"-device", "apple-dart,id=dart", "-device", "soc-dma,iommus=dart:16"});
    CHECK(stream.status == 1);
    CHECK(says(stream, "streams 0 to 15"));
    const Ending form = Machine::ends({"-device", "apple-dart,id=dart", "-device", "soc-dma,iommus=dart"});
    CHECK(form.status == 1);
    CHECK(says(form, "ID:STREAM[+ID:STREAM...]"));
}

TEST_CASE("an aperture where something is already ends QEMU with the name of that", "[load]")
{
    const Ending ram = Machine::ends({"-device", "tegra-gart,id=gart", "-m", "512M"});
    CHECK(ram.status == 1);
    CHECK(says(ram, "'aperture' has to be at 0x58000000 to 0x59ffffff, where 'mach-virt.ram' is already"));
    const Ending two = Machine::ends({"-device", "tegra-gart,id=one", "-device", "tegra-gart,id=two"});
    CHECK(two.status == 1);
    CHECK(says(two, "where 'one' is already"));
    Machine machine({"-device", "tegra-gart,id=one", "-device", "tegra-gart,id=two,aperture-base=0x5a000000", "-m",
                     "384M"});
    CHECK(machine.quit() == 0);
}

TEST_CASE("too many devices end QEMU with the reason", "[load]")
{
    Arguments devices;
    for (int i = 0; i < 65; ++i)
        devices.insert(devices.end(), {"-device", "apple-dart,pci-map=none"});
    const Ending ending = Machine::ends(devices);
    CHECK(ending.status == 1);
    CHECK(says(ending, "no interrupt line is left"));
}

TEST_CASE("a device cannot be plugged while the machine runs", "[load]")
{
    Machine machine({});
    std::string refusal;
    try {
        machine.qmp("device_add", {{"driver", "apple-dart"}, {"id", "late"}});
    } catch (const std::runtime_error &refused) {
        refusal = refused.what();
    }
    INFO(refusal);
    CHECK(refusal.find("plug") != std::string::npos);
    CHECK(machine.quit() == 0);
}

TEST_CASE("several instances have registers and interrupts of their own", "[load]")
{
    Machine machine({"-device", "apple-dart,id=a", "-device", "apple-dart,id=b,pci-map=none", "-device",
                     "soc-test-iommu,id=c,pci-map=none"});
    CHECK(machine.address("a") != machine.address("b"));
    CHECK(machine.address("b") != machine.address("c"));
    CHECK(machine.get("a", "spi") != machine.get("b", "spi"));
    machine.write32(machine.address("a") + 0x60, 0x8000);  // CONFIG
    CHECK(machine.read32(machine.address("b") + 0x60) == 0);
}
