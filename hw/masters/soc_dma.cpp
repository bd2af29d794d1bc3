// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc_dma.hpp"

#include <algorithm>

#include "soc-iommu/registry.hpp"
#include "soc-iommu/soc-dma-regs.h"

namespace soc {

namespace {

// A transfer moves this much between two looks at the rest of the machine.
constexpr size_t chunk_size = 4096;

}  // namespace

static_assert(SOC_DMA_BUFFER_SIZE == sizeof(std::array<uint8_t, 0x8000>));

SocDma::SocDma(Host &host, const Options &)
    : Master(host, "soc-dma"), bank_(SOC_DMA_BUFFER, log_),
      port_(setting("PORT", SOC_DMA_PORT, ~0u)),
      substream_(setting("SUBSTREAM", SOC_DMA_SUBSTREAM, SOC_DMA_SUBSTREAM_VALID | 0xfffff)),
      attr_(setting("ATTR", SOC_DMA_ATTR, 0xf)), addr_lo_(setting("ADDR_LO", SOC_DMA_ADDR_LO, ~0u)),
      addr_hi_(setting("ADDR_HI", SOC_DMA_ADDR_HI, ~0u)), length_(setting("LENGTH", SOC_DMA_LENGTH, ~0u)),
      buffer_offset_(setting("BUFFER_OFFSET", SOC_DMA_BUFFER_OFFSET, ~0u)),
      direction_(bank_.add({.name = "DOORBELL", .offset = SOC_DMA_DOORBELL, .write_only = true})),
      status_(bank_.add({.name = "STATUS", .offset = SOC_DMA_STATUS})),
      transferred_(bank_.add({.name = "TRANSFERRED", .offset = SOC_DMA_TRANSFERRED})),
      fault_kind_(bank_.add({.name = "FAULT_KIND", .offset = SOC_DMA_FAULT_KIND})),
      fault_lo_(bank_.add({.name = "FAULT_ADDR_LO", .offset = SOC_DMA_FAULT_ADDR_LO})),
      fault_hi_(bank_.add({.name = "FAULT_ADDR_HI", .offset = SOC_DMA_FAULT_ADDR_HI})),
      fault_stream_(bank_.add({.name = "FAULT_STREAM", .offset = SOC_DMA_FAULT_STREAM})),
      fault_substream_(bank_.add({.name = "FAULT_SUBSTREAM", .offset = SOC_DMA_FAULT_SUBSTREAM})),
      fault_flags_(bank_.add({.name = "FAULT_FLAGS", .offset = SOC_DMA_FAULT_FLAGS}))
{
    shape_.regions = {{.name = "window",
                       .size = SOC_DMA_WINDOW,
                       .address = 0,
                       .alignment = SOC_DMA_WINDOW,
                       .flags = SOC_REGION_MMIO}};
    bank_.add({.name = "ID", .offset = SOC_DMA_ID, .reset = SOC_DMA_ID_VALUE});
    bank_.add({.name = "VERSION", .offset = SOC_DMA_VERSION, .reset = 1});
    bank_.add({.name = "PORTS", .offset = SOC_DMA_PORTS}).on_read([this](unsigned) { return host_.ports(); });
    bank_.add({.name = "STREAM", .offset = SOC_DMA_STREAM}).on_read([this](unsigned) {
        return host_.port_stream(port_.get());
    });
    bank_.add({.name = "OBSERVED", .offset = SOC_DMA_OBSERVED}).on_read([this](unsigned) {
        uint64_t value;
        return uint32_t(host_.counter(port_.get(), "translations", value));
    });
    observe("TRANSLATIONS_LO", "TRANSLATIONS_HI", SOC_DMA_TRANSLATIONS_LO, "translations");
    observe("FAULTS_LO", "FAULTS_HI", SOC_DMA_FAULTS_LO, "faults");
    observe("INVALIDATIONS_LO", "INVALIDATIONS_HI", SOC_DMA_INVALIDATIONS_LO, "invalidations");
    direction_.on_write([this](unsigned, uint32_t written) { ring(written); });
}

Register &SocDma::setting(const char *name, uint32_t offset, uint32_t writable)
{
    return bank_.add({.name = name, .offset = offset, .writable = writable});
}

void SocDma::observe(const char *low_name, const char *high_name, uint32_t offset, const char *counter)
{
    Register &high = bank_.add({.name = high_name, .offset = offset + 4, .volatile_value = true});
    bank_.add({.name = low_name, .offset = offset, .volatile_value = true}).on_read([this, &high, counter](unsigned) {
        uint64_t value = 0;
        host_.counter(port_.get(), counter, value);
        high.set(uint32_t(value >> 32));
        return uint32_t(value);
    });
}

void SocDma::reset()
{
    bank_.reset();
    buffer_.fill(0);
}

bool SocDma::busy() const
{
    return status_.get() & SOC_DMA_STATUS_BUSY;
}

uint64_t SocDma::mmio_read(unsigned, uint64_t offset, unsigned size)
{
    if (offset < SOC_DMA_BUFFER)
        return bank_.read(offset, size);
    uint64_t value = 0;
    for (unsigned i = 0; i < size && offset - SOC_DMA_BUFFER + i < buffer_.size(); ++i)
        value |= uint64_t(buffer_[offset - SOC_DMA_BUFFER + i]) << (8 * i);
    return value;
}

void SocDma::mmio_write(unsigned, uint64_t offset, uint64_t value, unsigned size)
{
    if (offset >= SOC_DMA_BUFFER) {
        for (unsigned i = 0; i < size && offset - SOC_DMA_BUFFER + i < buffer_.size(); ++i)
            buffer_[offset - SOC_DMA_BUFFER + i] = uint8_t(value >> (8 * i));
    } else if (busy()) {
        log_.error("write of " + hex(value) + " at " + hex(offset) + " while a transfer is under way");
    } else {
        bank_.write(offset, value, size);
    }
}

bool SocDma::start_is_valid(uint32_t doorbell) const
{
    const uint64_t length = length_.get(), offset = buffer_offset_.get();
    return (doorbell == SOC_DMA_DOORBELL_READ || doorbell == SOC_DMA_DOORBELL_WRITE) && length > 0 &&
           offset < buffer_.size() && length <= buffer_.size() - offset && port_.get() < host_.ports();
}

void SocDma::ring(uint32_t doorbell)
{
    transferred_.set(0);
    for (Register *reg : {&fault_kind_, &fault_lo_, &fault_hi_, &fault_stream_, &fault_substream_, &fault_flags_})
        reg->set(0);
    if (!start_is_valid(doorbell)) {
        status_.set(SOC_DMA_STATUS_DONE | SOC_DMA_STATUS_INVALID);
        return;
    }
    direction_.set(doorbell);
    status_.set(SOC_DMA_STATUS_BUSY);
    host_.defer();
}

// What the next step of the transfer moves: never across a 4 KiB boundary of the bus address.
std::span<uint8_t> SocDma::chunk()
{
    const size_t done = transferred_.get();
    const size_t to_boundary = chunk_size - (address() + done) % chunk_size;
    return {buffer_.data() + buffer_offset_.get() + done, std::min<size_t>(length_.get() - done, to_boundary)};
}

void SocDma::deferred()
{
    if (!busy() || (status_.get() & SOC_DMA_STATUS_HELD))
        return;
    const std::span<uint8_t> data = chunk();
    if (attribute(SOC_DMA_ATTR_DIRECT))
        move_direct(data);
    else
        move_ordinary(data);
}

void SocDma::advance(size_t bytes)
{
    transferred_.set(uint32_t(transferred_.get() + bytes));
    if (transferred_.get() == length_.get())
        finish();
    else
        host_.defer();
}

void SocDma::finish()
{
    status_.set(SOC_DMA_STATUS_DONE | (fault_kind_.get() ? SOC_DMA_STATUS_ERROR : 0));
}

void SocDma::finish_with(const SocFault &fault)
{
    fault_kind_.set(fault.kind);
    fault_lo_.set(uint32_t(fault.address));
    fault_hi_.set(uint32_t(fault.address >> 32));
    fault_stream_.set(fault.stream);
    fault_substream_.set(fault.substream);
    fault_flags_.set(fault.flags);
    finish();
}

void SocDma::refused_by_bus(const Transaction &txn, uint32_t stream)
{
    SocFault fault{};
    fault.kind = SOC_FAULT_BUS;
    fault.address = txn.address;
    fault.stream = stream;
    fault.flags = txn.flags();
    finish_with(fault);
}

void SocDma::move_ordinary(std::span<uint8_t> data)
{
    const Access access = direction_.get() == SOC_DMA_DOORBELL_WRITE ? Access::write : Access::read;
    const uint32_t port = port_.get();
    SocFault before{}, after{};
    const bool modelled = host_.last_fault(port, before);
    if (host_.dma(port, address() + transferred_.get(), data, access, attribute(SOC_DMA_ATTR_PRIVILEGED))) {
        advance(data.size());
        return;
    }
    // The path only says that it failed. Why is in the model's record, if one of ours made a new one.
    if (modelled && host_.last_fault(port, after) && after.count != before.count) {
        finish_with(after);
        return;
    }
    Transaction txn;
    txn.address = address() + transferred_.get();
    txn.access = access;
    refused_by_bus(txn, host_.port_stream(port));
}

void SocDma::move_direct(std::span<uint8_t> data)
{
    Transaction txn;
    txn.address = address() + transferred_.get();
    txn.access = direction_.get() == SOC_DMA_DOORBELL_WRITE ? Access::write : Access::read;
    txn.substream = substream_.get() & 0xfffff;
    txn.has_substream = substream_.get() & SOC_DMA_SUBSTREAM_VALID;
    txn.privileged = attribute(SOC_DMA_ATTR_PRIVILEGED);
    txn.instruction = attribute(SOC_DMA_ATTR_INSTRUCTION);
    txn.may_hold = attribute(SOC_DMA_ATTR_MAY_STALL);

    SocTranslation out{};
    if (!host_.translate(port_.get(), txn, out)) {
        refused_by_bus(txn, host_.port_stream(port_.get()));
        return;
    }
    if (out.status == SOC_HELD) {
        status_.set(SOC_DMA_STATUS_BUSY | SOC_DMA_STATUS_HELD);
        return;
    }
    if (out.status == SOC_FAULTED) {
        finish_with(out.fault);
        return;
    }
    // A translation holds for the block around it and no further.
    const uint64_t in_block = out.mask - (txn.address & out.mask) + 1;
    if (in_block && in_block < data.size())
        data = data.first(in_block);
    GuestMemory &memory = host_.memory();
    const bool moved = txn.access == Access::write
                           ? memory.write(out.address, data.data(), uint32_t(data.size()))
                           : memory.read(out.address, data.data(), uint32_t(data.size()));
    if (moved)
        advance(data.size());
    else
        refused_by_bus(txn, txn.stream);
}

void SocDma::resumed(uint32_t, const SocFault *terminated)
{
    if (!(status_.get() & SOC_DMA_STATUS_HELD))
        return;
    status_.set(SOC_DMA_STATUS_BUSY);
    if (terminated)
        finish_with(*terminated);
    else
        host_.defer();
}

void SocDma::message(const SocMessage &msg)
{
    // No translation is ever kept here, so an invalidation has nothing to wait for.
    if (msg.type != SOC_MSG_ATS_INVALIDATE)
        return;
    SocMessage done = msg;
    done.type = SOC_MSG_ATS_INVALIDATE_DONE;
    host_.message(msg.port, done);
}

void SocDma::save(StateWriter &out) const
{
    out.section("soc-dma", 1);
    bank_.save(out);
    out.bytes(buffer_);
}

void SocDma::load(StateReader &in)
{
    in.section("soc-dma", 1);
    bank_.load(in);
    in.bytes(buffer_);
    if (!in.ok())
        return;
    // Everything a transfer under way relies on was checked at its doorbell; a file is checked here.
    if (busy() && (!start_is_valid(direction_.get()) || transferred_.get() >= length_.get())) {
        in.fail();
        return;
    }
    if (busy())
        host_.defer();
}

DeviceTree SocDma::describe(const Placement &placement) const
{
    DeviceTree tree;
    const uint64_t base = placement.regions[0];
    DeviceTreeNode &node = tree.node("/" + unit_name("soc-dma", base));
    node.strings("compatible", {SOC_DMA_COMPATIBLE}).reg({{base, SOC_DMA_WINDOW}}).flag("dma-coherent");
    if (!placement.iommus.empty())
        node.bytes("iommus", placement.iommus);
    return tree;
}

extern const ModelType soc_dma_type;
const ModelType soc_dma_type{
    .name = "soc-dma",
    .kind = ModelKind::master,
    .summary = "DMA master with a doorbell, driven by the tests",
    .options = {},
    .masters = SOC_MASTERS_PCI | SOC_MASTERS_PLATFORM,
    .guest = {},
    .qemu_device = nullptr,
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<SocDma>(host, options);
    },
};

}  // namespace soc
