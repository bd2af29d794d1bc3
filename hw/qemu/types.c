/*
 * QOM types, one for each of soc_model_types(). None is named here.
 *
 * They are plain devices: a sysbus device may not be created with -device on this board, a device without a bus
 * may. What a bus would have done for them (reset, a place for the registers) is done by the shim.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

typedef struct SocBlock {
    DeviceState parent;
    SocHost host;
} SocBlock;

typedef struct SocBlockClass {
    DeviceClass parent;
    const SocModelType *type;
} SocBlockClass;

#define SOC_BLOCK(obj) OBJECT_CHECK(SocBlock, (obj), SOC_TYPE_BLOCK)

SocHost *soc_host_of(Object *obj)
{
    return object_dynamic_cast(obj, SOC_TYPE_BLOCK) ? &SOC_BLOCK(obj)->host : soc_pci_master_host(obj);
}

static void block_created(Object *obj)
{
    const SocBlockClass *class = (const SocBlockClass *)object_get_class(obj);

    soc_host_init(&SOC_BLOCK(obj)->host, class->type, DEVICE(obj));
}

static void block_finalize(Object *obj)
{
    soc_host_finalize(&SOC_BLOCK(obj)->host);
}

static void block_realize(DeviceState *dev, Error **errp)
{
    SocHost *host = &SOC_BLOCK(dev)->host;

    if (soc_host_realize(host, errp)) {
        qemu_register_reset(soc_host_reset, host);
    }
}

static void block_class_init(ObjectClass *oc, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(oc);
    const SocModelType *type = data;

    ((SocBlockClass *)oc)->type = type;
    dc->realize = block_realize;
    dc->user_creatable = true;
    dc->hotpluggable = false;
    dc->desc = type->summary;
    set_bit(DEVICE_CATEGORY_MISC, dc->categories);
    soc_class_add_properties(oc, type, false);
    soc_class_add_state(dc, type->name, offsetof(SocBlock, host), false);
}

void soc_register_types(void)
{
    static const TypeInfo base = {
        .name = SOC_TYPE_BLOCK,
        .parent = TYPE_DEVICE,
        .instance_size = sizeof(SocBlock),
        .class_size = sizeof(SocBlockClass),
        .abstract = true,
    };
    const SocModelType *types;
    const uint32_t count = soc_model_types(&types);

    type_register_static(&base);
    for (uint32_t i = 0; i < count; i++) {
        const TypeInfo info = {
            .name = types[i].name,
            .parent = SOC_TYPE_BLOCK,
            .instance_init = block_created,
            .instance_finalize = block_finalize,
            .class_init = block_class_init,
            .class_data = (void *)&types[i],
        };

        if (types[i].kind != SOC_KIND_MASTER || types[i].masters & SOC_MASTERS_PLATFORM) {
            type_register_static(&info);
        }
        if (types[i].kind == SOC_KIND_MASTER && types[i].masters & SOC_MASTERS_PCI) {
            soc_register_pci_master(&types[i]);
        }
    }
}
