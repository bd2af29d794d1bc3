// soc-test-iommu: an IOMMU that nobody built. It exists so that a test can reach every part of the seam that a
// simple block leaves alone. Registered with -Dtest_models=true only.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "test_iommu_regs.h"

#include <mutex>
#include <optional>
#include <vector>

#include "soc-iommu/field.hpp"
#include "soc-iommu/registry.hpp"

namespace soc {

namespace {

using EntryAddress = Field<47, 12>;
constexpr uint64_t page = 4_KiB;

class TestIommu final : public Iommu {
public:
    explicit TestIommu(Host &host);

    const Shape &shape() const override { return shape_; }
    void reset() override;
    void save(StateWriter &) const override;
    void load(StateReader &) override;
    DeviceTree describe(const Placement &) const override;
    void deferred() override;
    void message(const SocMessage &) override;
    RegisterBank *registers(unsigned) override { return &bank_; }

protected:
    TranslateResult lookup(const Transaction &) override;
    void fault_raised(const Fault &) override;

private:
    Register &rw(const char *name, uint32_t offset)
    {
        return bank_.add({.name = name, .offset = offset, .writable = ~0u});
    }
    Register &ro(const char *name, uint32_t offset) { return bank_.add({.name = name, .offset = offset}); }
    Register &command(const char *name, uint32_t offset, Register::WriteHook hook)
    {
        return bank_.add({.name = name, .offset = offset, .write_only = true}).on_write(std::move(hook));
    }
    static uint64_t pair(const Register &low, const Register &high) { return low.get() | uint64_t(high.get()) << 32; }

    TranslateResult refuse(const Transaction &, FaultKind);
    bool mark_accessed(uint64_t address, uint64_t entry);
    void send_msi();
    void compare_exchange(uint32_t size);
    void end_oldest(uint32_t how);
    void send_message(uint32_t type, uint32_t response);
    std::optional<Perm> rights(const Transaction &, uint64_t entry) const;

    Shape shape_;
    RegisterBank bank_;
    Register &ctrl_, &table_lo_, &table_hi_, &status_, &deferred_;
    Register &msi_lo_, &msi_hi_, &msi_data_, &msi_device_, &msi_taken_;
    Register &cx_addr_lo_, &cx_addr_hi_, &cx_expected_lo_, &cx_expected_hi_, &cx_desired_lo_, &cx_desired_hi_;
    Register &cx_found_lo_, &cx_found_hi_, &cx_ok_;
    Register &unmap_stream_, &unmap_addr_;
    Register &msg_stream_, &msg_tag_, &msg_sent_, &msg_received_, &msg_from_, &msg_from_tag_, &msg_count_;
    Register &msg_addr_, &msg_size_, &msg_substream_;
    Register &prq_count_, &prq_stream_, &prq_substream_, &prq_flags_, &prq_lo_, &prq_hi_, &prq_index_, &prq_last_;
    Register &peek_ok_, &peek_data_;

    mutable std::mutex lock_;  // what translating threads write
    std::vector<Fault> held_;  // oldest first; the hold's name is next_hold_ - size + index
    uint64_t next_hold_ = 1;
};

TestIommu::TestIommu(Host &host)
    : Iommu(host, "soc-test-iommu"), bank_(TEST_IOMMU_WINDOW, log_), ctrl_(rw("CTRL", TEST_CTRL)),
      table_lo_(rw("TABLE_LO", TEST_TABLE_LO)), table_hi_(rw("TABLE_HI", TEST_TABLE_HI)),
      status_(bank_.add({.name = "STATUS", .offset = TEST_STATUS, .write_one_to_clear = 1})),
      deferred_(ro("DEFERRED", TEST_DEFERRED)), msi_lo_(rw("MSI_ADDR_LO", TEST_MSI_ADDR_LO)),
      msi_hi_(rw("MSI_ADDR_HI", TEST_MSI_ADDR_HI)), msi_data_(rw("MSI_DATA", TEST_MSI_DATA)),
      msi_device_(rw("MSI_DEVICE", TEST_MSI_DEVICE)), msi_taken_(ro("MSI_TAKEN", TEST_MSI_TAKEN)),
      cx_addr_lo_(rw("CX_ADDR_LO", TEST_CX_ADDR_LO)), cx_addr_hi_(rw("CX_ADDR_HI", TEST_CX_ADDR_HI)),
      cx_expected_lo_(rw("CX_EXPECTED_LO", TEST_CX_EXPECTED_LO)),
      cx_expected_hi_(rw("CX_EXPECTED_HI", TEST_CX_EXPECTED_HI)),
      cx_desired_lo_(rw("CX_DESIRED_LO", TEST_CX_DESIRED_LO)),
      cx_desired_hi_(rw("CX_DESIRED_HI", TEST_CX_DESIRED_HI)), cx_found_lo_(ro("CX_FOUND_LO", TEST_CX_FOUND_LO)),
      cx_found_hi_(ro("CX_FOUND_HI", TEST_CX_FOUND_HI)), cx_ok_(ro("CX_OK", TEST_CX_OK)),
      unmap_stream_(rw("UNMAP_STREAM", TEST_UNMAP_STREAM)), unmap_addr_(rw("UNMAP_ADDR", TEST_UNMAP_ADDR)),
      msg_stream_(rw("MSG_STREAM", TEST_MSG_STREAM)), msg_tag_(rw("MSG_TAG", TEST_MSG_TAG)),
      msg_sent_(ro("MSG_SENT", TEST_MSG_SENT)), msg_received_(ro("MSG_RECEIVED", TEST_MSG_RECEIVED)),
      msg_from_(ro("MSG_FROM", TEST_MSG_FROM)), msg_from_tag_(ro("MSG_FROM_TAG", TEST_MSG_FROM_TAG)),
      msg_count_(ro("MSG_COUNT", TEST_MSG_COUNT)), msg_addr_(rw("MSG_ADDR", TEST_MSG_ADDR)),
      msg_size_(bank_.add({.name = "MSG_SIZE", .offset = TEST_MSG_SIZE, .reset = page, .writable = ~0u})),
      msg_substream_(rw("MSG_SUBSTREAM", TEST_MSG_SUBSTREAM)), prq_count_(ro("PRQ_COUNT", TEST_PRQ_COUNT)),
      prq_stream_(ro("PRQ_STREAM", TEST_PRQ_STREAM)), prq_substream_(ro("PRQ_SUBSTREAM", TEST_PRQ_SUBSTREAM)),
      prq_flags_(ro("PRQ_FLAGS", TEST_PRQ_FLAGS)), prq_lo_(ro("PRQ_ADDR_LO", TEST_PRQ_ADDR_LO)),
      prq_hi_(ro("PRQ_ADDR_HI", TEST_PRQ_ADDR_HI)), prq_index_(ro("PRQ_INDEX", TEST_PRQ_INDEX)),
      prq_last_(ro("PRQ_LAST", TEST_PRQ_LAST)),
      peek_ok_(ro("PEEK_OK", TEST_PEEK_OK)), peek_data_(ro("PEEK_DATA", TEST_PEEK_DATA))
{
    shape_.regions = {{.name = "registers", .size = TEST_IOMMU_WINDOW, .address = 0, .alignment = TEST_IOMMU_WINDOW,
                       .flags = SOC_REGION_MMIO}};
    shape_.irqs = 1;
    shape_.streams = TEST_IOMMU_STREAMS;
    shape_.address_bits = 21;
    shape_.features = SOC_FEATURE_ATS | SOC_FEATURE_PRI;
    for (uint32_t stream = 0; stream < TEST_IOMMU_STREAMS; ++stream)
        shape_.pci_map.push_back({.rid = 8 * stream, .stream = stream, .length = 1});

    status_.on_write([this](unsigned, uint32_t) { host_.irq(0, status_.get()); });
    command("DEFER", TEST_DEFER, [this](unsigned, uint32_t times) {
        for (uint32_t i = 0; i < times && i < 16; ++i)
            host_.defer();
    });
    command("MSI_SEND", TEST_MSI_SEND, [this](unsigned, uint32_t) { send_msi(); });
    command("HELD_END", TEST_HELD_END, [this](unsigned, uint32_t how) { end_oldest(how); });
    command("CX_GO", TEST_CX_GO, [this](unsigned, uint32_t size) { compare_exchange(size); });
    command("MSG_SEND", TEST_MSG_SEND, [this](unsigned, uint32_t) { send_message(SOC_MSG_ATS_INVALIDATE, 0); });
    command("MSG_RESPOND", TEST_MSG_RESPOND, [this](unsigned, uint32_t code) {
        send_message(SOC_MSG_PAGE_RESPONSE, code);
    });
    command("UNMAP_SIZE", TEST_UNMAP_SIZE, [this](unsigned, uint32_t size) {
        host_.unmap_notify(unmap_stream_.get(), unmap_addr_.get(), size);
    });
    command("PEEK_ADDR", TEST_PEEK_ADDR, [this](unsigned, uint32_t address) {
        const std::optional<uint32_t> word = host_.memory().load<uint32_t>(address);
        peek_ok_.set(word.has_value());
        peek_data_.set(word.value_or(0));
    });
    ro("HELD_COUNT", TEST_HELD_COUNT).on_read([this](unsigned) {
        const std::lock_guard guard(lock_);
        return uint32_t(held_.size());
    });
}

TranslateResult TestIommu::refuse(const Transaction &txn, FaultKind kind)
{
    const Fault fault{.kind = kind, .transaction = txn, .level = 0};
    if (!txn.may_hold || !(ctrl_.get() & TEST_CTRL_HOLD))
        return fault;
    const std::lock_guard guard(lock_);
    held_.push_back(fault);
    return Held{next_hold_++};
}

// Another agent may change the entry meanwhile: then this translation starts over.
bool TestIommu::mark_accessed(uint64_t address, uint64_t entry)
{
    return host_.memory().compare_exchange(address, 8, entry, entry | TEST_ENTRY_ACCESSED) == entry;
}

// What a valid entry allows of the transaction; nothing where it is not for it at all.
std::optional<Perm> TestIommu::rights(const Transaction &txn, uint64_t entry) const
{
    if ((entry & TEST_ENTRY_PRIVILEGED && !txn.privileged) || (entry & TEST_ENTRY_NO_EXECUTE && txn.instruction))
        return std::nullopt;
    return entry & TEST_ENTRY_WRITE ? Perm::rw : Perm::r;
}

TranslateResult TestIommu::lookup(const Transaction &txn)
{
    if ((txn.ats_request || txn.ats_translated) && ctrl_.get() & TEST_CTRL_NO_ATS)
        return Fault{.kind = FaultKind::configuration, .transaction = txn};
    if (txn.ats_translated) {
        counters_.bypass();
        return Translation{.address = txn.address, .mask = page - 1, .perm = Perm::rw};
    }
    if (!(ctrl_.get() & TEST_CTRL_ENABLE)) {
        counters_.bypass();
        return Translation{.address = txn.address, .mask = page - 1, .perm = Perm::rw};
    }
    counters_.miss();
    if (txn.address >= TEST_IOMMU_ENTRIES * page)
        return refuse(txn, FaultKind::address_size);
    const uint64_t table = pair(table_lo_, table_hi_) + (txn.has_substream ? page * (txn.substream + 1) : 0);
    const uint64_t at = table + 8 * (txn.address / page);
    for (int attempts = 0; attempts < 4; ++attempts) {
        const std::optional<uint64_t> entry = host_.memory().load<uint64_t>(at);
        if (!entry)
            return refuse(txn, FaultKind::walk_abort);
        const bool valid = *entry & TEST_ENTRY_VALID;
        const Perm perm = valid ? rights(txn, *entry).value_or(Perm::none) : Perm::none;
        if (!txn.ats_request && !valid)
            return refuse(txn, FaultKind::translation);
        if (!txn.ats_request && !allows(perm, txn.access))
            return refuse(txn, FaultKind::permission);
        const bool wants_mark = valid && ctrl_.get() & TEST_CTRL_ACCESSED && !(*entry & TEST_ENTRY_ACCESSED) &&
                                !txn.debug;
        if (wants_mark && !mark_accessed(at, *entry))
            continue;
        return Translation{.address = (*entry & EntryAddress::mask) | (txn.address & (page - 1)), .mask = page - 1,
                           .perm = perm};
    }
    return refuse(txn, FaultKind::walk_abort);
}

void TestIommu::fault_raised(const Fault &)
{
    status_.set(1);
    host_.defer();
}

void TestIommu::deferred()
{
    deferred_.set(deferred_.get() + 1);
    if (!status_.get())
        return;
    if (ctrl_.get() & TEST_CTRL_IRQ)
        host_.irq(0, true);
    if (ctrl_.get() & TEST_CTRL_MSI)
        send_msi();
}

void TestIommu::send_msi()
{
    msi_taken_.set(host_.msi(msi_device_.get(), pair(msi_lo_, msi_hi_), msi_data_.get()));
}

void TestIommu::compare_exchange(uint32_t size)
{
    const std::optional<uint64_t> found = host_.memory().compare_exchange(
        pair(cx_addr_lo_, cx_addr_hi_), size, pair(cx_expected_lo_, cx_expected_hi_),
        pair(cx_desired_lo_, cx_desired_hi_));
    cx_ok_.set(found.has_value());
    cx_found_lo_.set(uint32_t(found.value_or(0)));
    cx_found_hi_.set(uint32_t(found.value_or(0) >> 32));
}

void TestIommu::end_oldest(uint32_t how)
{
    std::optional<Fault> fault;
    uint64_t hold = 0;
    {
        const std::lock_guard guard(lock_);
        if (held_.empty())
            return;
        hold = next_hold_ - held_.size();
        fault = held_.front();
        held_.erase(held_.begin());
    }
    fault->kind = FaultKind::terminated;
    host_.held_end(hold, how == 1 ? nullptr : &*fault);
}

void TestIommu::send_message(uint32_t type, uint32_t response)
{
    SocMessage msg{};
    msg.type = type;
    msg.stream = msg_stream_.get();
    msg.tag = msg_tag_.get();
    msg.address = msg_addr_.get();
    msg.size = msg_size_.get();
    msg.substream = msg_substream_.get() & 0xfffff;
    msg.flags = msg_substream_.get() >> 31 ? uint32_t(SOC_TXN_HAS_SUBSTREAM) : 0;
    msg.response = response;
    msg_sent_.set(host_.message(0, msg));
}

void TestIommu::message(const SocMessage &msg)
{
    msg_received_.set(msg.type);
    msg_from_.set(msg.stream);
    msg_from_tag_.set(msg.tag);
    msg_count_.set(msg_count_.get() + 1);
    if (msg.type != SOC_MSG_PAGE_REQUEST)
        return;
    prq_count_.set(prq_count_.get() + 1);
    prq_stream_.set(msg.stream);
    prq_substream_.set(msg.substream);
    prq_flags_.set(msg.flags);
    prq_lo_.set(uint32_t(msg.address));
    prq_hi_.set(uint32_t(msg.address >> 32));
    prq_index_.set(msg.tag);
    prq_last_.set(msg.response & 1);
}

void TestIommu::reset()
{
    bank_.reset();
    counters_.reset();
    const std::lock_guard guard(lock_);
    held_.clear();
    next_hold_ = 1;
}

void TestIommu::save(StateWriter &out) const
{
    out.section("soc-test-iommu", 1);
    bank_.save(out);
    counters_.save(out);
    const std::lock_guard guard(lock_);
    out.u64(next_hold_);
    out.u32(uint32_t(held_.size()));
    for (const Fault &fault : held_) {
        out.u64(fault.transaction.address);
        out.u32(fault.transaction.stream);
    }
}

void TestIommu::load(StateReader &in)
{
    in.section("soc-test-iommu", 1);
    bank_.load(in);
    counters_.load(in);
    const std::lock_guard guard(lock_);
    next_hold_ = in.u64();
    held_.clear();
    for (uint32_t left = in.u32(); left && in.ok(); --left) {
        Fault fault;
        fault.transaction.address = in.u64();
        fault.transaction.stream = in.u32();
        held_.push_back(fault);
    }
}

DeviceTree TestIommu::describe(const Placement &placement) const
{
    DeviceTree tree;
    tree.node("/" + unit_name("iommu", placement.regions[0]))
        .strings("compatible", {"qemu-soc-iommu,test-iommu"})
        .reg({{placement.regions[0], TEST_IOMMU_WINDOW}})
        .cells("interrupts", placement.irqs[0])
        .cells("interrupt-parent", {placement.interrupt_parent})
        .cells("#iommu-cells", {1})
        .cells("phandle", {placement.self});
    return tree;
}

}  // namespace

extern const ModelType soc_test_iommu_type;
const ModelType soc_test_iommu_type{
    .name = "soc-test-iommu",
    .kind = ModelKind::iommu,
    .summary = "an IOMMU for the tests of the seam",
    .options = {},
    .masters = SOC_MASTERS_PCI | SOC_MASTERS_PLATFORM,
    .guest = {},
    .qemu_device = nullptr,
    .create = [](Host &host, const Options &) -> std::unique_ptr<Device> { return std::make_unique<TestIommu>(host); },
};

}  // namespace soc
