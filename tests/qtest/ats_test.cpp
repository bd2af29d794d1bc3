// ATS, PASID and PRI of soc-dma: its capabilities as a PCI function, its translation cache and its page requests
// behind soc-test-iommu; and stalls where more than one thing happens.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "catch.hpp"
#include "devices.hpp"

#include <map>

using namespace qtest;

namespace {

constexpr uint32_t done = SOC_DMA_STATUS_DONE, failed = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_ERROR;
constexpr uint32_t held = SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD;
constexpr uint32_t invalid = SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_INVALID;

constexpr uint32_t express_capability = 0x80, device_capabilities_2 = 0x24, end_to_end_prefix = 1 << 21;
enum Capability : uint32_t { ats = 0x0f, pri = 0x13, pasid = 0x1b };

// Where the extended capabilities of a function are, by their ids.
std::map<uint32_t, uint32_t> capabilities(PciFunction &function)
{
    std::map<uint32_t, uint32_t> found;
    for (uint32_t at = 0x100; at;) {
        const uint32_t header = function.config32(at);
        if (!header)
            break;
        found[header & 0xffff] = at;
        at = header >> 20;
    }
    return found;
}

struct Function : PciFunction {
    Function(Machine &machine, unsigned slot) : PciFunction(machine, slot), at(capabilities(*this)) {}
    std::map<uint32_t, uint32_t> at;

    uint16_t word(uint32_t capability, uint32_t offset)
    {
        return uint16_t(config32(at.at(capability) + (offset & ~3u)) >> (8 * (offset & 3)));
    }
    // The second word of the second row is the control register of ATS and of PASID; PRI's is its first.
    void enable_ats(bool on = true) { config16(at.at(ats) + 6, on ? 0x8000 : 0); }
    void enable_pasid(uint16_t more = 0) { config16(at.at(pasid) + 6, uint16_t(1 | more)); }
    void enable_pri(bool on = true) { config16(at.at(pri) + 4, on); }
};

// One function with everything, behind one IOMMU, where page 3 is mapped.
struct Bench {
    explicit Bench(const std::string &options = "ats=on,pri=on,pasid-bits=20")
        : machine({"-device", "soc-test-iommu,id=iommu", "-device", "soc-dma-pci,id=dma,addr=2," + options}),
          function(machine, 2), iommu(machine, "iommu"), dma(machine, function.bar())
    {
        iommu.enable();
        iommu.map(0x3000, ram + 0x400000);
        iommu.set(TEST_MSG_STREAM, 2);
        machine.fill(ram + 0x400000, pattern(64));
    }
    Machine machine;
    Function function;
    TestIommu iommu;
    Dma dma;

    void enable_all()
    {
        function.enable_ats();
        function.enable_pri();
        function.enable_pasid(6);
        settle();
    }
    void settle()
    {
        for (int i = 0; i < 20; ++i)
            iommu.get(TEST_CTRL);
    }
    void respond(uint32_t index, uint32_t code)
    {
        iommu.set(TEST_MSG_TAG, index);
        iommu.set(TEST_MSG_RESPOND, code);
        settle();
    }
    void invalidate(uint32_t address, uint32_t size)
    {
        iommu.set(TEST_MSG_ADDR, address);
        iommu.set(TEST_MSG_SIZE, size);
        iommu.set(TEST_MSG_SEND, 1);
        settle();
    }
};

// A function-level reset, and the function brought up again.
void reset_function(Machine &machine, Function &function)
{
    function.config16(express_capability + 8, uint16_t(function.config32(express_capability + 8) | 1u << 15));
    PciFunction again(machine, 2);
}

}  // namespace

TEST_CASE("a function has the capabilities of its options, and none by default", "[ats]")
{
    Machine machine({"-device", "soc-dma-pci,addr=1", "-device", "soc-dma-pci,addr=2,ats=on,pri=on,pasid-bits=20",
                     "-device", "soc-dma-pci,addr=3,pasid-bits=8", "-device", "soc-dma-pci,addr=4,ats=on"});
    Function none(machine, 1), all(machine, 2), substreams(machine, 3), only_ats(machine, 4);
    CHECK(none.at.empty());
    CHECK(all.at.size() == 3);
    CHECK(substreams.at == std::map<uint32_t, uint32_t>{{pasid, 0x100}});
    CHECK(only_ats.at == std::map<uint32_t, uint32_t>{{ats, 0x100}});

    CHECK(all.word(ats, 4) == 1 << 5);  // page-aligned requests, 32 invalidations at a time
    CHECK(all.word(ats, 6) == 0);
    CHECK(all.word(pasid, 4) == (20 << 8 | 6));
    CHECK(all.word(pasid, 6) == 0);
    CHECK(substreams.word(pasid, 4) == (8 << 8 | 6));
    CHECK(all.word(pri, 4) == 0);
    CHECK(all.word(pri, 6) == 0x100);  // stopped
    CHECK(all.config32(all.at.at(pri) + 8) == 32);
    // Linux enables PASID only where the path takes prefixes (pci_configure_eetlp_prefix).
    for (Function *function : {&all, &substreams})
        CHECK((function->config32(express_capability + device_capabilities_2) & end_to_end_prefix));
}

TEST_CASE("capabilities that cannot be are refused", "[ats]")
{
    const Ending alone = Machine::ends({"-device", "soc-dma-pci,pri=on"});
    CHECK(alone.status == 1);
    CHECK(alone.output.find("needs ats=on") != std::string::npos);
    const Ending wide = Machine::ends({"-device", "soc-dma-pci,pasid-bits=21"});
    CHECK(wide.status == 1);
    CHECK(wide.output.find("0..20") != std::string::npos);
    const Ending conventional = Machine::ends({"-device", "pcie-pci-bridge,id=bridge,addr=3", "-device",
                                               "soc-dma-pci,bus=bridge,addr=1,ats=on"});
    CHECK(conventional.status == 1);
    CHECK(conventional.output.find("PCI Express bus") != std::string::npos);
    for (const char *options : {"stall=on", "pasid-bits=4"}) {
        const Ending ports = Machine::ends({"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                                            std::string("soc-dma,iommus=iommu:1+iommu:2,") + options});
        INFO(ports.output);
        CHECK(ports.status == 1);
        CHECK(ports.output.find("one port") != std::string::npos);
    }
}

TEST_CASE("what software has not enabled in the capabilities is invalid", "[ats]")
{
    Bench b;
    CHECK(b.dma.get(SOC_DMA_FEATURES) == 0);
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_ats();
    CHECK(b.dma.get(SOC_DMA_FEATURES) == SOC_DMA_FEATURES_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64));

    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pri();
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);

    b.dma.attributes(SOC_DMA_ATTR_DIRECT);
    b.iommu.map_substream(1, 0x3000, ram + 0x500000);
    b.dma.substream(1);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pasid();
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pasid(4);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_INSTRUCTION);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == invalid);
    b.function.enable_pasid(2);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.function.enable_ats(false);
    b.function.enable_pri(false);
    CHECK(b.dma.get(SOC_DMA_FEATURES) == (SOC_DMA_FEATURES_PASID | SOC_DMA_FEATURES_PASID_EXECUTE));
}

TEST_CASE("a function keeps translations until the IOMMU invalidates them", "[ats]")
{
    Bench b;
    b.enable_all();
    b.machine.fill(ram + 0x500000, pattern(64, 40));
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.iommu.map(0x3000, ram + 0x500000);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64));
    b.invalidate(0x4000, page);
    CHECK(b.iommu.get(TEST_MSG_RECEIVED) == SOC_MSG_ATS_INVALIDATE_DONE);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64));
    CHECK(b.dma.get(SOC_DMA_ATC_HITS) == 2);
    CHECK(b.dma.get(SOC_DMA_ATC_MISSES) == 1);
    b.iommu.set(TEST_MSG_TAG, 21);
    b.invalidate(0x2000, 2 * page);
    CHECK(b.iommu.get(TEST_MSG_FROM_TAG) == 21);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.buffer(64) == pattern(64, 40));
    CHECK(b.dma.get(SOC_DMA_ATC_INVALIDATIONS) == 2);
    CHECK(b.iommu.get(TEST_MSG_COUNT) == 2);

    b.dma.set(SOC_DMA_ATC_CTRL, SOC_DMA_ATC_CTRL_SWALLOW);
    b.iommu.unmap(0x3000);
    b.invalidate(0, 0);
    CHECK(b.iommu.get(TEST_MSG_COUNT) == 2);  // no answer
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    b.dma.set(SOC_DMA_ATC_CTRL, 0);
    b.invalidate(0, 0);
    CHECK(b.iommu.get(TEST_MSG_COUNT) == 3);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TRANSLATION);
    CHECK(b.machine.get("iommu", "faults") == 0);  // an answer without rights is no fault of the IOMMU's
}

TEST_CASE("a function that may not master the bus asks nothing of the IOMMU", "[ats]")
{
    Bench b;
    b.enable_all();
    b.function.config16(4, 2);  // memory space only
    for (uint32_t attributes : {0u, SOC_DMA_ATTR_DIRECT, SOC_DMA_ATTR_ATS}) {
        b.dma.attributes(attributes);
        CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == failed);
        CHECK(b.dma.fault() == SOC_FAULT_BUS);
    }
    CHECK(b.machine.get("iommu", "translations") == 0);
}

TEST_CASE("an IOMMU that refuses ATS ends the transfer with its fault", "[ats]")
{
    Bench b;
    b.enable_all();
    b.iommu.enable(TEST_CTRL_NO_ATS);
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == failed);
    CHECK(b.dma.fault() == SOC_FAULT_CONFIGURATION);
    CHECK(b.dma.get(SOC_DMA_FAULT_FLAGS) == SOC_TXN_ATS_REQUEST);
    CHECK(b.machine.get("iommu", "faults") == 1);
}

TEST_CASE("enabling ATS anew finds the cache empty", "[ats]")
{
    Bench b;
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 64) == done);
    CHECK(b.dma.get(SOC_DMA_ATC_ENTRIES) == 1);
    b.function.enable_ats(false);
    b.function.enable_ats();
    b.settle();
    CHECK(b.dma.get(SOC_DMA_ATC_ENTRIES) == 0);
}

TEST_CASE("a page request reaches the IOMMU, and its response the function", "[ats]")
{
    Bench b;
    b.dma.set(SOC_DMA_PRI_DOORBELL, 1);
    CHECK(b.dma.get(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_INVALID);
    b.enable_all();
    b.dma.substream(0xabcde);
    b.dma.set(SOC_DMA_PRI_ADDR_LO, 0x12345678);
    b.dma.set(SOC_DMA_PRI_ADDR_HI, 0x9);
    b.dma.set(SOC_DMA_PRI_ATTR, SOC_DMA_PRI_ATTR_READ | SOC_DMA_PRI_ATTR_WRITE | SOC_DMA_PRI_ATTR_PRIVILEGED |
                                    SOC_DMA_PRI_ATTR_LAST | 0x155u << SOC_DMA_PRI_ATTR_INDEX_SHIFT);
    b.dma.set(SOC_DMA_PRI_DOORBELL, 1);
    b.settle();
    CHECK(b.dma.get(SOC_DMA_PRI_STATUS) == SOC_DMA_PRI_STATUS_SENT);
    CHECK(b.iommu.get(TEST_PRQ_COUNT) == 1);
    CHECK(b.iommu.get(TEST_PRQ_STREAM) == 2);
    CHECK(b.iommu.get(TEST_PRQ_SUBSTREAM) == 0xabcde);
    CHECK(b.iommu.get(TEST_PRQ_FLAGS) == (SOC_TXN_READ | SOC_TXN_WRITE | SOC_TXN_PRIVILEGED | SOC_TXN_HAS_SUBSTREAM));
    CHECK(b.iommu.get(TEST_PRQ_ADDR_LO) == 0x12345000);
    CHECK(b.iommu.get(TEST_PRQ_ADDR_HI) == 9);
    CHECK(b.iommu.get(TEST_PRQ_INDEX) == 0x155);
    CHECK(b.iommu.get(TEST_PRQ_LAST) == 1);
    b.respond(0x155, SOC_DMA_PRI_RESPONSE_INVALID);
    CHECK(b.dma.get(SOC_DMA_PRI_RESPONSES) == 1);
    CHECK(b.dma.get(SOC_DMA_PRI_RESPONSE) == (0x155 | 1 << SOC_DMA_PRI_RESPONSE_CODE_SHIFT));
}

TEST_CASE("a transfer waits for the page that it requested", "[ats]")
{
    Bench b;
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    b.dma.fill_buffer(pattern(64, 9));
    CHECK(b.dma.transfer(Direction::to_memory, 0x6010, 64) == held);
    CHECK(b.iommu.get(TEST_PRQ_ADDR_LO) == 0x6000);
    CHECK(b.iommu.get(TEST_PRQ_FLAGS) == SOC_TXN_WRITE);
    b.iommu.map(0x6000, ram + 0x600000);
    b.respond(b.iommu.get(TEST_PRQ_INDEX), SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(b.dma.settle() == done);
    CHECK(b.machine.bytes(ram + 0x600010, 64) == pattern(64, 9));

    CHECK(b.dma.transfer(Direction::to_memory, 0x7000, 64) == held);
    CHECK(b.iommu.get(TEST_PRQ_INDEX) == 1);
    b.respond(1, SOC_DMA_PRI_RESPONSE_INVALID);
    CHECK(b.dma.settle() == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TERMINATED);
    CHECK(b.dma.get(SOC_DMA_FAULT_ADDR_LO) == 0x7000);
}

TEST_CASE("a response of failure stops the page request interface until it is enabled again", "[ats]")
{
    Bench b;
    b.enable_all();
    CHECK(b.function.word(pri, 6) == 0);  // not stopped
    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == held);
    b.respond(0, SOC_DMA_PRI_RESPONSE_FAILURE);
    CHECK(b.dma.settle() == failed);
    CHECK(b.dma.fault() == SOC_FAULT_TERMINATED);
    CHECK(b.function.word(pri, 6) == 1);
    CHECK_FALSE((b.dma.get(SOC_DMA_FEATURES) & SOC_DMA_FEATURES_PRI));
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == invalid);
    b.function.enable_pri(false);
    CHECK(b.function.word(pri, 6) == 0x101);
    b.function.enable_pri();
    CHECK(b.function.word(pri, 6) == 0);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == held);
}

TEST_CASE("the reset bit of the page request interface reads as zero", "[ats]")
{
    Bench b;
    b.function.config16(b.function.at.at(pri) + 4, 2);
    CHECK(b.function.word(pri, 4) == 0);
    b.function.config32(b.function.at.at(pri) + 12, 7);
    CHECK(b.function.config32(b.function.at.at(pri) + 12) == 7);
}

TEST_CASE("a function-level reset switches everything off and ends what waits", "[ats]")
{
    Bench b;
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS | SOC_DMA_ATTR_PRI);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == done);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x7000, 4) == held);
    reset_function(b.machine, b.function);
    CHECK(b.function.word(ats, 6) == 0);
    CHECK(b.function.word(pasid, 6) == 0);
    CHECK(b.function.word(pri, 4) == 0);
    CHECK(b.function.word(pri, 6) == 0x100);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    CHECK(b.dma.get(SOC_DMA_ATC_ENTRIES) == 0);
    CHECK(b.dma.get(SOC_DMA_FEATURES) == 0);
    b.respond(0, SOC_DMA_PRI_RESPONSE_SUCCESS);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    // And works again.
    b.enable_all();
    b.dma.attributes(SOC_DMA_ATTR_ATS);
    CHECK(b.dma.transfer(Direction::to_buffer, 0x3000, 4) == done);
}

TEST_CASE("a platform master has ATS and PRI by its options alone", "[ats]")
{
    Machine machine({"-device", "soc-test-iommu,id=iommu,pci-map=none", "-device",
                     "soc-dma,id=with,iommus=iommu:2,ats=on,pri=on", "-device", "soc-dma,id=without,iommus=iommu:3"});
    Dma with(machine, "with"), without(machine, "without");
    TestIommu iommu(machine, "iommu");
    iommu.enable();
    iommu.map(0x3000, ram + 0x400000);
    constexpr uint32_t all = SOC_DMA_FEATURES_ATS | SOC_DMA_FEATURES_PRI;
    CHECK((with.get(SOC_DMA_FEATURES) & all) == all);
    CHECK((without.get(SOC_DMA_FEATURES) & all) == 0);
    with.attributes(SOC_DMA_ATTR_ATS);
    CHECK(with.transfer(Direction::to_buffer, 0x3000, 4) == done);
    CHECK(with.get(SOC_DMA_ATC_MISSES) == 1);
    without.attributes(SOC_DMA_ATTR_ATS);
    CHECK(without.transfer(Direction::to_buffer, 0x3000, 4) == invalid);
}

TEST_CASE("transfers of two ports share a cache and not its entries", "[ats]")
{
    Machine machine({"-device", "soc-test-iommu,id=a,pci-map=none", "-device", "soc-test-iommu,id=b,pci-map=none",
                     "-device", "soc-dma,id=dma,iommus=a:3+b:4,ats=on"});
    Dma dma(machine, "dma");
    TestIommu a(machine, "a", ram + 0x100000), b(machine, "b", ram + 0x200000);
    a.enable();
    b.enable();
    a.map(0x1000, ram + 0x400000);
    b.map(0x1000, ram + 0x500000);
    machine.fill(ram + 0x400000, pattern(32, 10));
    machine.fill(ram + 0x500000, pattern(32, 20));
    dma.attributes(SOC_DMA_ATTR_ATS);
    for (uint32_t port : {0u, 1u, 0u}) {
        dma.port(port);
        CHECK(dma.transfer(Direction::to_buffer, 0x1000, 32) == done);
        CHECK(dma.buffer(32) == pattern(32, port ? 20 : 10));
    }
    CHECK(dma.get(SOC_DMA_ATC_MISSES) == 2);
    b.set(TEST_MSG_STREAM, 4);
    b.set(TEST_MSG_SIZE, 0);
    b.set(TEST_MSG_SEND, 1);
    for (int i = 0; i < 20; ++i)
        b.get(TEST_CTRL);
    CHECK(b.get(TEST_MSG_FROM) == 4);
    CHECK(dma.get(SOC_DMA_ATC_ENTRIES) == 1);
    CHECK(dma.transfer(Direction::to_buffer, 0x1000, 32) == done);
    CHECK(dma.get(SOC_DMA_ATC_MISSES) == 2);
}

TEST_CASE("a transfer is held by the IOMMU of its port, and again by that of another", "[ats]")
{
    Machine machine({"-device", "soc-test-iommu,id=a,pci-map=none", "-device", "soc-test-iommu,id=b,pci-map=none",
                     "-device", "soc-dma,id=dma,iommus=a:3+b:4"});
    Dma dma(machine, "dma");
    TestIommu a(machine, "a", ram + 0x100000), b(machine, "b", ram + 0x200000);
    const auto settle = [&] {
        for (int i = 0; i < 20; ++i)
            a.get(TEST_CTRL);
    };
    a.enable(TEST_CTRL_HOLD);
    b.enable(TEST_CTRL_HOLD);
    dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    for (uint32_t port : {1u, 0u, 1u}) {
        TestIommu &behind = port ? b : a, &other = port ? a : b;
        dma.port(port);
        CHECK(dma.transfer(Direction::to_buffer, 0x1000, 32) == held);
        CHECK(behind.get(TEST_HELD_COUNT) == 1);
        CHECK(other.get(TEST_HELD_COUNT) == 0);
        behind.set(TEST_HELD_END, 1);  // nothing is mapped yet: held again
        settle();
        CHECK(dma.get(SOC_DMA_STATUS) == held);
        CHECK(behind.get(TEST_HELD_COUNT) == 1);
        behind.map(0x1000, ram + 0x400000);
        behind.set(TEST_HELD_END, 1);
        settle();
        CHECK(dma.settle() == done);
        behind.unmap(0x1000);
    }
    CHECK(dma.get(SOC_DMA_HOLDS) == 6);
}

TEST_CASE("a function that was reset while it was held does not take the old end for a new one", "[ats]")
{
    Bench b("ats=off");
    b.iommu.enable(TEST_CTRL_HOLD);
    const auto stall = [&](uint64_t address) {
        b.dma.attributes(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
        return b.dma.transfer(Direction::to_buffer, address, 4);
    };
    CHECK(stall(0x7000) == held);
    reset_function(b.machine, b.function);
    CHECK(b.dma.get(SOC_DMA_STATUS) == 0);
    CHECK(stall(0x8000) == held);
    CHECK(b.iommu.get(TEST_HELD_COUNT) == 2);
    b.iommu.set(TEST_HELD_END, 2);  // the one from before the reset
    b.settle();
    CHECK(b.dma.get(SOC_DMA_STATUS) == held);
    b.iommu.map(0x8000, ram + 0x400000);
    b.iommu.set(TEST_HELD_END, 1);
    b.settle();
    CHECK(b.dma.settle() == done);
}

TEST_CASE("a message of 32 bits that is aimed at memory is written there", "[ats]")
{
    Bench b;
    b.machine.write64(ram + 0x4000, ~0ull);
    b.iommu.set(TEST_MSI_ADDR_LO, ram + 0x4004);
    b.iommu.set(TEST_MSI_DATA, 0x12345678);
    b.iommu.set(TEST_MSI_DEVICE, 0xffff);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 1);
    CHECK(b.machine.read64(ram + 0x4000) == 0x12345678ffffffff);
    b.iommu.set(TEST_MSI_ADDR_LO, ram + 0x3fffffc);  // the last word of RAM
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 1);
    b.iommu.set(TEST_MSI_ADDR_LO, ram + 0x4000000);
    b.iommu.set(TEST_MSI_SEND, 1);
    CHECK(b.iommu.get(TEST_MSI_TAKEN) == 0);
}
