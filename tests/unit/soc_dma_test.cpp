// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <string_view>

#include "unit/soc_dma_fixture.hpp"

using namespace soc;
using namespace soc::test;

namespace {

// Adds an offset; what lies from `end` on faults. With `hold`, the first transaction waits.
class OffsetIommu final : public BareIommu {
public:
    static constexpr uint64_t offset = DmaBench::ram, end = 0x10000;
    bool hold = false;
    Transaction last;

    explicit OffsetIommu(Host &host) : BareIommu(host, "offset") {}
    void invalidated() { counters_.invalidation(); }

private:
    TranslateResult lookup(const Transaction &txn) override
    {
        last = txn;
        counters_.hit();
        if (hold && txn.may_hold) {
            hold = false;
            return Held{7};
        }
        if (txn.address >= end)
            return Fault{.kind = FaultKind::translation, .transaction = txn};
        return Translation{txn.address + offset, 0xfff, Perm::rw};
    }
};

struct OffsetBench : DmaBench {
    OffsetIommu iommu{host};

    OffsetBench() { host.connect(iommu, stream); }
};

}  // namespace

TEST_CASE_METHOD(OffsetBench, "soc-dma writes its buffer to memory and reads it back, through the IOMMU")
{
    const uint32_t attributes = GENERATE(0u, uint32_t(SOC_DMA_ATTR_DIRECT));
    write(SOC_DMA_ATTR, attributes);
    for (uint32_t i = 0; i < 0x3000; i += 4)
        write(SOC_DMA_BUFFER + i, i * 3);
    program(0x1ffc, 0x3000);
    CHECK(transfer(SOC_DMA_DOORBELL_WRITE) == done);
    CHECK(read(SOC_DMA_TRANSFERRED) == 0x3000);
    CHECK(host.memory().load<uint32_t>(ram + 0x1ffc + 0x2ffc) == 0x2ffc * 3);

    program(0x1ffc, 0x3000, 0x4000);
    CHECK(transfer(SOC_DMA_DOORBELL_READ) == done);
    CHECK(read(SOC_DMA_BUFFER + 0x4000 + 0x10) == 0x30);
}

TEST_CASE_METHOD(OffsetBench, "a fault in the middle leaves what was moved and says where it stopped")
{
    const uint32_t attributes = GENERATE(0u, uint32_t(SOC_DMA_ATTR_DIRECT));
    write(SOC_DMA_ATTR, attributes);
    program(0xf000, 0x2000);
    iommu.last = {};
    const uint32_t status = transfer(SOC_DMA_DOORBELL_WRITE);
    CHECK(status == failed);
    CHECK(read(SOC_DMA_TRANSFERRED) == 0x1000);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TRANSLATION);
    CHECK(read(SOC_DMA_FAULT_ADDR_LO) == 0x10000);
    CHECK(read(SOC_DMA_FAULT_STREAM) == stream);
    CHECK((read(SOC_DMA_FAULT_FLAGS) & SOC_TXN_WRITE));
}

TEST_CASE_METHOD(OffsetBench, "a later good transfer clears the fault")
{
    program(0x10000, 4);
    transfer(SOC_DMA_DOORBELL_READ);
    program(0, 4);
    CHECK(transfer(SOC_DMA_DOORBELL_READ) == done);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_NONE);
}

TEST_CASE("a failure below the IOMMU is the bus's")
{
    FakeHost bare;
    const auto alone = make_device(bare, "soc-dma");
    OffsetIommu pass(bare);
    bare.connect(pass, 1);
    alone->mmio_write(0, SOC_DMA_LENGTH, 4, 4);
    alone->mmio_write(0, SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ, 4);
    bare.run_deferred(*alone);
    CHECK(alone->mmio_read(0, SOC_DMA_FAULT_KIND, 4) == SOC_FAULT_BUS);
}

TEST_CASE_METHOD(OffsetBench, "what is out of range moves nothing")
{
    const auto [length, offset, doorbell, port] = GENERATE(table<uint32_t, uint32_t, uint32_t, uint32_t>({
        {0, 0, SOC_DMA_DOORBELL_READ, 0},
        {SOC_DMA_BUFFER_SIZE + 1, 0, SOC_DMA_DOORBELL_READ, 0},
        {0xffffffff, 1, SOC_DMA_DOORBELL_WRITE, 0},
        {4, SOC_DMA_BUFFER_SIZE, SOC_DMA_DOORBELL_READ, 0},
        {4, SOC_DMA_BUFFER_SIZE - 3, SOC_DMA_DOORBELL_READ, 0},
        {4, 0, 3, 0},
        {4, 0, 0, 0},
        {4, 0, SOC_DMA_DOORBELL_READ, 1},
    }));
    write(SOC_DMA_PORT, port);
    program(0, length, offset);
    CHECK(transfer(doorbell) == invalid);
    CHECK(read(SOC_DMA_TRANSFERRED) == 0);
}

TEST_CASE_METHOD(OffsetBench, "registers keep their value while a transfer is under way")
{
    program(0, 4);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ);
    CHECK(read(SOC_DMA_STATUS) == busy);
    write(SOC_DMA_LENGTH, 0x8000);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_WRITE);
    run();
    CHECK(read(SOC_DMA_LENGTH) == 4);
    CHECK(read(SOC_DMA_STATUS) == done);
}

TEST_CASE_METHOD(OffsetBench, "a sweep keeps its count while it is under way")
{
    program(0, 0);
    write(SOC_DMA_SWEEP_COUNT, 0x1000);
    write(SOC_DMA_SWEEP_STRIDE, 8);
    write(SOC_DMA_SWEEP_ROUNDS, 1);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_SWEEP);
    host.run_deferred(*dma);
    write(SOC_DMA_SWEEP_COUNT, 0);
    run();
    CHECK(read(SOC_DMA_SWEEP_COUNT) == 0x1000);
    CHECK(read(SOC_DMA_STATUS) == done);
}

TEST_CASE_METHOD(OffsetBench, "a sweep reads at every address, as often as it is told, and keeps the last")
{
    for (uint64_t page = 0; page < 3; ++page)
        host.memory().store<uint64_t>(ram + 0x1008 + page * 0x2000, 100 + page);
    program(0x1008, 0, 0x10);
    write(SOC_DMA_SWEEP_COUNT, 3);
    write(SOC_DMA_SWEEP_STRIDE, 0x2000);
    write(SOC_DMA_SWEEP_ROUNDS, 1000);
    CHECK(transfer(SOC_DMA_DOORBELL_SWEEP) == done);
    CHECK(read(SOC_DMA_TRANSFERRED) == 3000);
    CHECK(read(SOC_DMA_TRANSLATIONS_LO) == 3000);
    CHECK(dma->mmio_read(0, SOC_DMA_BUFFER + 0x10, 8) == 102);
    CHECK(iommu.last.address == 0x5008);
    CHECK(iommu.last.access == Access::read);
}

TEST_CASE_METHOD(OffsetBench, "a sweep gives way to the machine, survives save and load, and ends at a fault")
{
    program(0, 0);
    write(SOC_DMA_SWEEP_COUNT, 0x2001);
    write(SOC_DMA_SWEEP_STRIDE, 8);
    write(SOC_DMA_SWEEP_ROUNDS, 2);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_SWEEP);
    host.run_deferred(*dma);
    CHECK(read(SOC_DMA_STATUS) == busy);
    CHECK(read(SOC_DMA_TRANSFERRED) < 0x2000);
    CHECK(read(SOC_DMA_TRANSFERRED) > 0);
    restore(state());
    CHECK(read(SOC_DMA_STATUS) == failed);
    CHECK(read(SOC_DMA_TRANSFERRED) == 0x2000);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TRANSLATION);
    CHECK(read(SOC_DMA_FAULT_ADDR_LO) == 0x10000);
}

TEST_CASE_METHOD(OffsetBench, "a sweep that is out of range reads nothing")
{
    struct Case {
        uint32_t count, rounds, offset, attributes;
    };
    host.features = ~0u;
    for (const Case &c : {Case{0, 1, 0, 0}, Case{1, 0, 0, 0}, Case{0x10000, 0x10000, 0, 0},
                          Case{1, 1, SOC_DMA_BUFFER_SIZE - 7, 0}, Case{1, 1, 0, SOC_DMA_ATTR_DIRECT},
                          Case{1, 1, 0, SOC_DMA_ATTR_ATS}}) {
        program(0, 0, c.offset);
        write(SOC_DMA_ATTR, c.attributes);
        write(SOC_DMA_SWEEP_COUNT, c.count);
        write(SOC_DMA_SWEEP_ROUNDS, c.rounds);
        CHECK(transfer(SOC_DMA_DOORBELL_SWEEP) == invalid);
        CHECK(read(SOC_DMA_TRANSLATIONS_LO) == 0);
    }
}

TEST_CASE_METHOD(OffsetBench, "a direct transfer carries substream, privilege and instruction")
{
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED | SOC_DMA_ATTR_INSTRUCTION);
    write(SOC_DMA_SUBSTREAM, SOC_DMA_SUBSTREAM_VALID | 0x12345);
    program(0, 4);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK(iommu.last.has_substream);
    CHECK(iommu.last.substream == 0x12345);
    CHECK(iommu.last.privileged);
    CHECK(iommu.last.instruction);
}

TEST_CASE_METHOD(OffsetBench, "a transfer carries what its attributes say and no more")
{
    write(SOC_DMA_SUBSTREAM, 0x12345);  // not VALID
    iommu.hold = true;
    program(0, 4);
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT);
    CHECK(transfer(SOC_DMA_DOORBELL_READ) == SOC_DMA_STATUS_DONE);  // without MAY_STALL it is not held
    CHECK_FALSE(iommu.last.may_hold);
    CHECK_FALSE(iommu.last.has_substream);
    CHECK_FALSE(iommu.last.privileged);
    CHECK_FALSE(iommu.last.instruction);
    transfer(SOC_DMA_DOORBELL_WRITE);
    CHECK(iommu.last.access == Access::write);

    write(SOC_DMA_ATTR, SOC_DMA_ATTR_PRIVILEGED);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK(iommu.last.privileged);
    write(SOC_DMA_ATTR, 0);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK_FALSE(iommu.last.privileged);
}

TEST_CASE_METHOD(OffsetBench, "the fault of a direct transfer is told whole")
{
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_PRIVILEGED);
    write(SOC_DMA_SUBSTREAM, SOC_DMA_SUBSTREAM_VALID | 0xabcde);
    program(0x1234'5678'9abc, 4);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TRANSLATION);
    CHECK(read(SOC_DMA_FAULT_ADDR_LO) == 0x5678'9abc);
    CHECK(read(SOC_DMA_FAULT_ADDR_HI) == 0x1234);
    CHECK(read(SOC_DMA_FAULT_STREAM) == 5);
    CHECK(read(SOC_DMA_FAULT_SUBSTREAM) == 0xabcde);
    CHECK(read(SOC_DMA_FAULT_FLAGS) == (SOC_TXN_PRIVILEGED | SOC_TXN_HAS_SUBSTREAM));
}

TEST_CASE_METHOD(OffsetBench, "soc-dma tells what it is and what is behind its port")
{
    CHECK(read(SOC_DMA_ID) == SOC_DMA_ID_VALUE);
    CHECK(read(SOC_DMA_VERSION) == 1);
    CHECK(read(SOC_DMA_PORTS) == 1);
    CHECK(read(SOC_DMA_STREAM) == 5);
    CHECK(read(SOC_DMA_FEATURES) == host.features);
}

TEST_CASE_METHOD(OffsetBench, "the buffer takes any width")
{
    dma->mmio_write(0, SOC_DMA_BUFFER, 0x8877'6655'4433'2211, 8);
    dma->mmio_write(0, SOC_DMA_BUFFER + 1, 0xaa, 1);
    dma->mmio_write(0, SOC_DMA_BUFFER + 6, 0xccbb, 2);
    CHECK(dma->mmio_read(0, SOC_DMA_BUFFER, 8) == 0xccbb'6655'4433'aa11);
    CHECK(dma->mmio_read(0, SOC_DMA_BUFFER + 1, 1) == 0xaa);
    CHECK(dma->mmio_read(0, SOC_DMA_BUFFER + 6, 2) == 0xccbb);
    dma->mmio_write(0, SOC_DMA_WINDOW - 4, 0x8877'6655'4433'2211, 8);  // beyond the end: what fits
    CHECK(dma->mmio_read(0, SOC_DMA_WINDOW - 4, 8) == 0x4433'2211);
}

TEST_CASE_METHOD(OffsetBench, "a held transfer waits, and goes on or ends when software says so")
{
    iommu.hold = true;
    write(SOC_DMA_ATTR, SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_MAY_STALL);
    program(0, 4);
    CHECK(transfer(SOC_DMA_DOORBELL_READ) == held);

    SECTION("retried")
    {
        master().resumed(0, nullptr);
        run();
        CHECK(read(SOC_DMA_STATUS) == done);
    }
    SECTION("terminated")
    {
        SocFault fault{};
        fault.kind = SOC_FAULT_TERMINATED;
        master().resumed(0, &fault);
        run();
        CHECK(read(SOC_DMA_STATUS) == failed);
        CHECK(read(SOC_DMA_FAULT_KIND) == SOC_FAULT_TERMINATED);
    }
}

TEST_CASE_METHOD(OffsetBench, "the counters of the IOMMU behind the port can be watched")
{
    CHECK(read(SOC_DMA_OBSERVED) == 1);
    const uint32_t before = read(SOC_DMA_TRANSLATIONS_LO);
    program(0, 4);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK(read(SOC_DMA_TRANSLATIONS_LO) == before + 1);
    FakeHost bare;
    const auto alone = make_device(bare, "soc-dma");
    CHECK(alone->mmio_read(0, SOC_DMA_OBSERVED, 4) == 0);
    CHECK(alone->mmio_read(0, SOC_DMA_TRANSLATIONS_LO, 4) == 0);
}

TEST_CASE_METHOD(OffsetBench, "each counter has its own registers, and LO latches HI")
{
    program(0x10000, 4);
    transfer(SOC_DMA_DOORBELL_READ);
    transfer(SOC_DMA_DOORBELL_READ);
    for (int i = 0; i < 3; ++i)
        iommu.invalidated();
    program(0, 4);
    transfer(SOC_DMA_DOORBELL_READ);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK(read(SOC_DMA_TRANSLATIONS_LO) == 4);
    CHECK(read(SOC_DMA_FAULTS_LO) == 2);
    CHECK(read(SOC_DMA_INVALIDATIONS_LO) == 3);

    // The first counter of the saved ones is that of hits.
    StateWriter out;
    iommu.save(out);
    std::vector<uint8_t> data = out.data();
    const size_t hits = 4 + std::string_view("counters").size() + 4;
    std::fill_n(data.begin() + hits, 5, uint8_t(0xff));
    StateReader in(data);
    iommu.load(in);
    REQUIRE(in.complete());
    CHECK(read(SOC_DMA_TRANSLATIONS_HI) == 0);
    CHECK(read(SOC_DMA_TRANSLATIONS_LO) == 0xffff'ffff);
    transfer(SOC_DMA_DOORBELL_READ);
    CHECK(read(SOC_DMA_TRANSLATIONS_HI) == 0xff);
    CHECK(read(SOC_DMA_TRANSLATIONS_LO) == 0);
    CHECK(read(SOC_DMA_TRANSLATIONS_HI) == 0x100);
}

TEST_CASE_METHOD(OffsetBench, "an invalidation of an ATC is answered on the port that it came in on")
{
    SocMessage invalidate{};
    invalidate.type = SOC_MSG_ATS_INVALIDATE;
    invalidate.tag = 9;
    invalidate.port = 3;
    dma->message(invalidate);
    REQUIRE(host.messages.size() == 1);
    CHECK(host.messages[0].type == SOC_MSG_ATS_INVALIDATE_DONE);
    CHECK(host.messages[0].tag == 9);
    CHECK(host.message_ports[0] == 3);
}

TEST_CASE_METHOD(OffsetBench, "a transfer under way survives save and load")
{
    write(SOC_DMA_BUFFER, 0xabcd);
    program(0x100, 0x2000);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_WRITE);
    host.run_deferred(*dma);
    const std::vector<uint8_t> saved = state();

    FakeHost other;
    OffsetIommu behind(other);
    other.ram(ram, ram_size);
    other.connect(behind, stream);
    const auto restored = make_device(other, "soc-dma");
    StateReader in(saved);
    restored->load(in);
    REQUIRE(in.complete());
    while (other.run_deferred(*restored)) {
    }
    CHECK(restored->mmio_read(0, SOC_DMA_STATUS, 4) == done);
    CHECK(restored->mmio_read(0, SOC_DMA_TRANSFERRED, 4) == 0x2000);
    // What was moved before the save is in the old machine's memory.
    CHECK(host.memory().load<uint32_t>(ram + 0x100) == 0xabcd);
}

TEST_CASE_METHOD(OffsetBench, "a saved transfer that no doorbell would have started is refused")
{
    program(0, 4);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ);
    std::vector<uint8_t> data = state();
    // LENGTH is the sixth register of the bank.
    const size_t headings = 2 * 8 + std::string_view("soc-dma").size() + std::string_view("registers").size();
    const size_t length = headings + 5 * 4;
    REQUIRE(data[length] == 4);
    data[length + 2] = 1;
    StateReader in(data);
    dma->load(in);
    CHECK_FALSE(in.ok());
}

TEST_CASE_METHOD(OffsetBench, "saved state with an impossible transfer is refused")
{
    program(0, 4);
    write(SOC_DMA_DOORBELL, SOC_DMA_DOORBELL_READ);
    const std::vector<uint8_t> saved = state();
    // A flipped byte anywhere is either refused or harmless: nothing may move out of range.
    for (size_t i = 0; i < saved.size() - SOC_DMA_BUFFER_SIZE; ++i) {
        std::vector<uint8_t> bytes = saved;
        bytes[i] ^= 0xff;
        FakeHost other;
        OffsetIommu behind(other);
        other.connect(behind, 0);
        const auto restored = make_device(other, "soc-dma");
        StateReader in(bytes);
        restored->load(in);
        if (in.complete())
            other.run_deferred(*restored);
    }
}
