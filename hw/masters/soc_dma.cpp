// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc_dma.hpp"

#include "soc-iommu/registry.hpp"
#include "soc-iommu/soc-dma-regs.h"

namespace soc {

// The guest sees the numbers of the seam.
static_assert(SOC_DMA_FEATURES_ATS == SOC_FEATURE_ATS && SOC_DMA_FEATURES_PRI == SOC_FEATURE_PRI &&
              SOC_DMA_FEATURES_PASID == SOC_FEATURE_PASID &&
              SOC_DMA_FEATURES_PASID_EXECUTE == SOC_FEATURE_PASID_EXECUTE &&
              SOC_DMA_FEATURES_PASID_PRIVILEGED == SOC_FEATURE_PASID_PRIVILEGED);
static_assert(SOC_DMA_BUFFER_SIZE == sizeof(std::array<uint8_t, 0x8000>));

SocDma::SocDma(Host &host, const Options &options)
    : Master(host, "soc-dma"), can_stall_(options.flag("stall")), bank_(SOC_DMA_BUFFER, log_),
      port_(setting("PORT", SOC_DMA_PORT, ~0u)),
      substream_(setting("SUBSTREAM", SOC_DMA_SUBSTREAM, SOC_DMA_SUBSTREAM_VALID | 0xfffff)),
      attr_(setting("ATTR", SOC_DMA_ATTR, 0x3f)), addr_lo_(setting("ADDR_LO", SOC_DMA_ADDR_LO, ~0u)),
      addr_hi_(setting("ADDR_HI", SOC_DMA_ADDR_HI, ~0u)), length_(setting("LENGTH", SOC_DMA_LENGTH, ~0u)),
      buffer_offset_(setting("BUFFER_OFFSET", SOC_DMA_BUFFER_OFFSET, ~0u)),
      sweep_count_(setting("SWEEP_COUNT", SOC_DMA_SWEEP_COUNT, ~0u)),
      sweep_stride_(setting("SWEEP_STRIDE", SOC_DMA_SWEEP_STRIDE, ~0u)),
      sweep_rounds_(setting("SWEEP_ROUNDS", SOC_DMA_SWEEP_ROUNDS, ~0u)),
      direction_(bank_.add({.name = "DOORBELL", .offset = SOC_DMA_DOORBELL, .write_only = true})),
      status_(bank_.add({.name = "STATUS", .offset = SOC_DMA_STATUS})),
      transferred_(bank_.add({.name = "TRANSFERRED", .offset = SOC_DMA_TRANSFERRED})),
      fault_kind_(bank_.add({.name = "FAULT_KIND", .offset = SOC_DMA_FAULT_KIND})),
      fault_lo_(bank_.add({.name = "FAULT_ADDR_LO", .offset = SOC_DMA_FAULT_ADDR_LO})),
      fault_hi_(bank_.add({.name = "FAULT_ADDR_HI", .offset = SOC_DMA_FAULT_ADDR_HI})),
      fault_stream_(bank_.add({.name = "FAULT_STREAM", .offset = SOC_DMA_FAULT_STREAM})),
      fault_substream_(bank_.add({.name = "FAULT_SUBSTREAM", .offset = SOC_DMA_FAULT_SUBSTREAM})),
      fault_flags_(bank_.add({.name = "FAULT_FLAGS", .offset = SOC_DMA_FAULT_FLAGS})),
      holds_(bank_.add({.name = "HOLDS", .offset = SOC_DMA_HOLDS})), atc_(host, bank_),
      page_requests_(host, bank_, [this](uint32_t flags) { return page_request_source(flags); })
{
    if (options.flag("pri") && !options.flag("ats"))
        throw OptionError("pri=on needs ats=on: a page is requested where an ATS answer lacks it");
    shape_.features = SOC_FEATURE_PASID | SOC_FEATURE_PASID_EXECUTE | SOC_FEATURE_PASID_PRIVILEGED |
                      flag_if(options.flag("ats"), SOC_FEATURE_ATS) | flag_if(options.flag("pri"), SOC_FEATURE_PRI);
    shape_.substream_bits = unsigned(options.number("pasid-bits"));
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
    bank_.add({.name = "FEATURES", .offset = SOC_DMA_FEATURES}).on_read([this](unsigned) {
        return host_.master_features();
    });
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
    atc_.clear();
}

bool SocDma::busy() const
{
    return status_.get() & SOC_DMA_STATUS_BUSY;
}

bool SocDma::held() const
{
    return status_.get() & SOC_DMA_STATUS_HELD;
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
    } else if (busy() && (offset < SOC_DMA_ATC_CTRL || offset >= SOC_DMA_FEATURES)) {
        log_.error("write of " + hex(value) + " at " + hex(offset) + " while a transfer is under way");
    } else {
        bank_.write(offset, value, size);
    }
}

// PCIe has privilege and instruction fetches as parts of the PASID prefix (6.20), and only there do they need leave.
bool SocDma::may(uint32_t features, bool privileged, bool instruction) const
{
    if (features & SOC_FEATURE_PASID)
        features |= flag_if(privileged, SOC_FEATURE_PASID_PRIVILEGED) | flag_if(instruction, SOC_FEATURE_PASID_EXECUTE);
    return !(features & ~host_.master_features());
}

bool SocDma::may_transfer() const
{
    const bool ats = attribute(SOC_DMA_ATTR_ATS), pri = attribute(SOC_DMA_ATTR_PRI);
    const bool modelled = ats || attribute(SOC_DMA_ATTR_DIRECT);  // else SUBSTREAM does not count
    const bool substream = modelled && substream_.get() & SOC_DMA_SUBSTREAM_VALID;
    const uint32_t features = flag_if(ats, SOC_FEATURE_ATS) | flag_if(pri, SOC_FEATURE_PRI) |
                              flag_if(substream, SOC_FEATURE_PASID);
    return (ats || !pri) &&
           may(features, attribute(SOC_DMA_ATTR_PRIVILEGED), attribute(SOC_DMA_ATTR_INSTRUCTION));
}

std::optional<PageRequests::Source> SocDma::page_request_source(uint32_t flags) const
{
    const bool substream = substream_.get() & SOC_DMA_SUBSTREAM_VALID;
    const uint32_t features = SOC_FEATURE_PRI | flag_if(substream, SOC_FEATURE_PASID);
    if (port_.get() >= host_.ports() || !may(features, flags & SOC_TXN_PRIVILEGED, flags & SOC_TXN_INSTRUCTION))
        return std::nullopt;
    return PageRequests::Source{port_.get(), substream, substream_.get() & 0xfffff};
}

bool SocDma::start_is_valid(uint32_t doorbell) const
{
    const uint64_t length = doorbell == SOC_DMA_DOORBELL_SWEEP ? sizeof(uint64_t) : length_.get();
    const uint64_t offset = buffer_offset_.get(), end = total(doorbell);
    return end > 0 && end <= ~0u && length > 0 && offset < buffer_.size() && length <= buffer_.size() - offset &&
           port_.get() < host_.ports();
}

uint64_t SocDma::total(uint32_t doorbell) const
{
    switch (doorbell) {
    case SOC_DMA_DOORBELL_READ:
    case SOC_DMA_DOORBELL_WRITE:
        return length_.get();
    case SOC_DMA_DOORBELL_SWEEP:
        return attribute(SOC_DMA_ATTR_DIRECT | SOC_DMA_ATTR_ATS)
                   ? 0
                   : uint64_t(sweep_count_.get()) * sweep_rounds_.get();
    default:
        return 0;
    }
}

void SocDma::ring(uint32_t doorbell)
{
    transferred_.set(0);
    for (Register *reg : {&fault_kind_, &fault_lo_, &fault_hi_, &fault_stream_, &fault_substream_, &fault_flags_})
        reg->set(0);
    if (!start_is_valid(doorbell) || !may_transfer()) {
        finish_invalid();
        return;
    }
    direction_.set(doorbell);
    status_.set(SOC_DMA_STATUS_BUSY);
    host_.defer();
}

void SocDma::message(const SocMessage &msg)
{
    switch (msg.type) {
    case SOC_MSG_ATS_INVALIDATE:
        atc_.invalidate(msg);
        break;
    case SOC_MSG_PAGE_RESPONSE:
        if (const auto answer = page_requests_.respond(msg); answer && held()) {
            if (*answer == PageRequests::Answer::granted)
                go_on();
            else
                refused(transaction(), SOC_FAULT_TERMINATED);
        }
        break;
    case SOC_MSG_FEATURES:
        // PCIe 10.5.1.3: software that enables ATS may take the cache for empty.
        atc_.clear();
        break;
    default:
        break;
    }
}

void SocDma::save(StateWriter &out) const
{
    out.section("soc-dma", 2);
    bank_.save(out);
    out.bytes(buffer_);
    atc_.save(out);
}

void SocDma::load(StateReader &in)
{
    in.section("soc-dma", 2);
    bank_.load(in);
    in.bytes(buffer_);
    atc_.load(in);
    if (!in.ok())
        return;
    // Everything a transfer under way relies on was checked at its doorbell; a file is checked here.
    if (busy() && (!start_is_valid(direction_.get()) || transferred_.get() >= total(direction_.get()))) {
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
    // Linux 6.12 reads them as the device's own, and SVA wants one stream a device (iommu_sva_bind_device).
    if ((can_stall_ || shape_.substream_bits) && host_.ports() > 1)
        throw OptionError("stall=on and pasid-bits are for a soc-dma with one port; iommus names " +
                          std::to_string(host_.ports()));
    if (can_stall_)
        node.flag("dma-can-stall");
    if (shape_.substream_bits)
        node.cells("pasid-num-bits", {shape_.substream_bits});
    return tree;
}

extern const ModelType soc_dma_type;
const ModelType soc_dma_type{
    .name = "soc-dma",
    .kind = ModelKind::master,
    .summary = "DMA master with a doorbell, driven by the tests",
    .options = {
        {.name = "ats", .value = "off", .valid = "on|off", .help = "address translation service"},
        {.name = "pri", .value = "off", .valid = "on|off", .help = "page request interface"},
        {.name = "pasid-bits", .value = "0", .valid = "0..20",
         .help = "width of substreams, as the PASID capability or the device tree says; 0: neither says"},
        {.name = "stall", .value = "off", .valid = "on|off",
         .help = "whether the device tree says that a transfer can be held"},
    },
    .masters = SOC_MASTERS_PCI | SOC_MASTERS_PLATFORM,
    .guest = {},
    .qemu_device = nullptr,
    .create = [](Host &host, const Options &options) -> std::unique_ptr<Device> {
        return std::make_unique<SocDma>(host, options);
    },
};

}  // namespace soc
