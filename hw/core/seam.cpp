// The C side of the seam: model instances as the shim sees them. No exception passes.
//
// SPDX-License-Identifier: GPL-2.0-or-later
#include "soc-iommu/seam.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "core/mutation.hpp"
#include "seam_host.hpp"
#include "soc-iommu/registry.hpp"

struct SocModel {
    std::unique_ptr<soc::SeamHost> host;
    std::unique_ptr<soc::Device> device;
    soc::Iommu *iommu = nullptr;    // where it is one
    soc::Master *master = nullptr;  // where it is one
    SocShape shape{};
};

namespace {

using namespace soc;

SocModelType type_for_seam(const ModelType &type)
{
    SocModelType out{};
    out.name = type.name;
    out.kind = uint32_t(type.kind);
    out.summary = type.summary;
    out.options = type.options.data();
    out.option_count = uint32_t(type.options.size());
    if (type.kind == ModelKind::iommu) {
        out.counters = Counters::names().data();
        out.counter_count = uint32_t(Counters::names().size());
    }
    out.masters = type.masters;
    out.qemu_device = type.qemu_device;
    out.descriptor = &type;
    return out;
}

SocShape shape_for_seam(const Shape &shape)
{
    SocShape out{};
    out.regions = shape.regions.data();
    out.region_count = uint32_t(shape.regions.size());
    out.irq_count = shape.irqs;
    out.pci_map = shape.pci_map.data();
    out.pci_span_count = uint32_t(shape.pci_map.size());
    out.stream_count = shape.streams;
    out.address_bits = shape.address_bits;
    out.features = shape.features;
    out.substream_bits = shape.substream_bits;
    return out;
}

void set_error(char *error, size_t size, const char *text)
{
    if (error && size)
        std::snprintf(error, size, "%s", text);
}

Placement placement_from(const SocModel &model, const SocPlacement &raw)
{
    SeamHost &host = *model.host;
    const Shape &shape = model.device->shape();
    Placement placement;
    placement.id = raw.id;
    placement.regions.assign(raw.region_address, raw.region_address + shape.regions.size());
    for (unsigned line = 0; line < shape.irqs; ++line)
        placement.irqs.emplace_back(raw.irq_cells + raw.irq_cell_count * line,
                                    raw.irq_cells + raw.irq_cell_count * (line + 1));
    placement.interrupt_parent = raw.interrupt_parent;
    placement.msi_parent = raw.msi_parent;
    placement.self = raw.self_phandle;
    placement.pci_host = raw.pci_host ? raw.pci_host : "";
    const auto *iommus = static_cast<const uint8_t *>(raw.iommus);
    placement.iommus.assign(iommus, iommus + raw.iommus_size);
    placement.new_phandle = [&host] { return host.ops().phandle(host.handle()); };
    return placement;
}

}  // namespace

extern "C" {

uint32_t soc_model_types(const SocModelType **types)
{
    static const std::vector<SocModelType> all = [] {
        std::vector<SocModelType> list;
        for (const ModelType *type : model_types())
            list.push_back(type_for_seam(*type));
        return list;
    }();
    *types = all.data();
    return uint32_t(all.size());
}

bool soc_mutate(const char *name)
{
    return mutation::set(name);
}

SocModel *soc_model_create(uint32_t seam_version, const SocModelType *type, SocHost *host, const SocHostOps *ops,
                           const SocOption *options, uint32_t option_count, char *error, size_t error_size)
try {
    if (seam_version != SOC_SEAM_VERSION) {
        set_error(error, error_size, "the shim and the models were built from different versions of the seam");
        return nullptr;
    }
    const auto &descriptor = *static_cast<const ModelType *>(type->descriptor);
    const Options checked(descriptor.options, {options, option_count});
    auto model = std::make_unique<SocModel>();
    model->host = std::make_unique<SeamHost>(host, *ops);
    model->device = descriptor.create(*model->host, checked);
    model->iommu = dynamic_cast<Iommu *>(model->device.get());
    model->master = dynamic_cast<Master *>(model->device.get());
    model->shape = shape_for_seam(model->device->shape());
    return model.release();
} catch (const std::exception &refusal) {
    set_error(error, error_size, refusal.what());
    return nullptr;
}

void soc_model_destroy(SocModel *model)
{
    delete model;
}

const SocShape *soc_model_shape(const SocModel *model)
{
    return &model->shape;
}

void soc_model_reset(SocModel *model)
{
    model->device->reset();
}

uint64_t soc_model_mmio_read(SocModel *model, uint32_t region, uint64_t offset, uint32_t size)
{
    return model->device->mmio_read(region, offset, size);
}

void soc_model_mmio_write(SocModel *model, uint32_t region, uint64_t offset, uint64_t value, uint32_t size)
{
    model->device->mmio_write(region, offset, value, size);
}

void soc_model_translate(SocModel *model, const SocTransaction *raw, SocTranslation *out)
{
    *out = to_seam(model->iommu->translate(Transaction::from(*raw)));
}

void soc_model_deferred(SocModel *model)
{
    model->device->deferred();
}

void soc_model_message(SocModel *model, const SocMessage *msg)
{
    model->device->message(*msg);
}

void soc_model_resumed(SocModel *model, uint32_t tag, uint32_t status, const SocFault *fault)
{
    if (model->master)
        model->master->resumed(tag, status == SOC_OK ? nullptr : fault);
}

uint32_t soc_model_iommu_cells(const SocModel *model, uint32_t stream, uint32_t cells[4])
{
    if (!model->iommu)
        return 0;
    const std::vector<uint32_t> list = model->iommu->iommu_cells(stream);
    std::copy_n(list.begin(), std::min<size_t>(list.size(), 4), cells);
    return uint32_t(list.size());
}

bool soc_model_describe(SocModel *model, const SocPlacement *raw, char *error, size_t error_size)
try {
    SeamHost &host = *model->host;
    const DeviceTree tree = model->device->describe(placement_from(*model, *raw));
    for (const DeviceTreeNode &node : tree.nodes()) {
        bool placed = host.ops().dt_node(host.handle(), node.path().c_str());
        for (const DeviceTreeProperty &property : node.properties())
            placed = placed && host.ops().dt_property(host.handle(), node.path().c_str(), property.name.c_str(),
                                                      property.value.data(), uint32_t(property.value.size()));
        if (!placed) {
            set_error(error, error_size, ("the device tree has no room for " + node.path()).c_str());
            return false;
        }
    }
    return true;
} catch (const std::exception &failure) {
    set_error(error, error_size, failure.what());
    return false;
}

uint64_t soc_model_counter(const SocModel *model, uint32_t index)
{
    return model->iommu ? model->iommu->counters().value(index) : 0;
}

void soc_model_last_fault(const SocModel *model, SocFault *fault)
{
    *fault = {};
    if (!model->iommu)
        return;
    const Counters::LastFault last = model->iommu->counters().last_fault();
    *fault = to_seam(last.fault, last.count);
}

const char *soc_fault_name(uint32_t kind)
{
    return name(FaultKind(kind));
}

size_t soc_model_save(const SocModel *model, void *data, size_t size)
{
    StateWriter out;
    model->device->save(out);
    if (size)
        std::memcpy(data, out.data().data(), std::min(size, out.data().size()));
    return out.data().size();
}

bool soc_model_load(SocModel *model, const void *data, size_t size)
{
    StateReader in({static_cast<const uint8_t *>(data), size});
    model->device->load(in);
    if (in.complete())
        return true;
    model->device->reset();
    return false;
}

}  // extern "C"
