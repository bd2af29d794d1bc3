/*
 * QOM properties: the options of a type, its counters and last fault, where it was put. Made from the type's
 * description alone.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "qapi/visitor.h"

/* --- Options ------------------------------------------------------------- */

static char **option_slot(Object *obj, void *opaque)
{
    SocHost *host = soc_host_of(obj);
    const SocOptionSpec *spec = opaque;

    return &host->options[spec - host->type->options];
}

static void get_string(Visitor *v, const char *name, char *value, Error **errp)
{
    visit_type_str(v, name, &value, errp);
}

static void set_string(Visitor *v, SocHost *host, const char *name, char **slot, Error **errp)
{
    char *value;

    if (host->model) {
        error_setg(errp, "%s: '%s' cannot change after the device was created", host->id, name);
        return;
    }
    if (visit_type_str(v, name, &value, errp)) {
        g_free(*slot);
        *slot = value;
    }
}

static void get_option(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const SocOptionSpec *spec = opaque;
    char *value = *option_slot(obj, opaque);

    get_string(v, name, value ?: (char *)spec->value, errp);
}

static void set_option(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    set_string(v, soc_host_of(obj), name, option_slot(obj, opaque), errp);
}

static void get_iommus(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);

    get_string(v, name, host->iommus ?: (char *)"", errp);
}

static void set_iommus(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);

    set_string(v, host, name, &host->iommus, errp);
}

static void get_pci_map(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);

    get_string(v, name, host->pci_map ?: (char *)"auto", errp);
}

static void set_pci_map(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);

    set_string(v, host, name, &host->pci_map, errp);
}

/* --- What can be seen from outside ---------------------------------------- */

static void get_counter(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);
    uint64_t value = host->model ? soc_model_counter(host->model, GPOINTER_TO_UINT(opaque)) : 0;

    visit_type_uint64(v, name, &value, errp);
}

static SocFault fault_of(Object *obj)
{
    SocHost *host = soc_host_of(obj);
    SocFault fault = { 0 };

    if (host->model) {
        soc_model_last_fault(host->model, &fault);
    }
    return fault;
}

static void get_fault_kind(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    get_string(v, name, (char *)soc_fault_name(fault_of(obj).kind), errp);
}

static void get_fault_address(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value = fault_of(obj).address;

    visit_type_uint64(v, name, &value, errp);
}

static void get_fault_word(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    const SocFault fault = fault_of(obj);
    uint32_t value = *(const uint32_t *)((const char *)&fault + GPOINTER_TO_UINT(opaque));

    visit_type_uint32(v, name, &value, errp);
}

static void get_faults(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    uint64_t value = fault_of(obj).count;

    visit_type_uint64(v, name, &value, errp);
}

static void get_unmaps_heard(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    visit_type_uint64(v, name, &soc_host_of(obj)->unmaps_heard, errp);
}

/* First region and first line: all that a person looking from outside asks for. */
static void get_address(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);
    uint64_t value = host->region_address && host->shape->region_count ? host->region_address[0] : 0;

    visit_type_uint64(v, name, &value, errp);
}

static void get_spi(Object *obj, Visitor *v, const char *name, void *opaque, Error **errp)
{
    SocHost *host = soc_host_of(obj);
    uint32_t value = host->first_irq;

    visit_type_uint32(v, name, &value, errp);
}

/* A model may count its faults itself under the name that the last fault uses. */
static void add_readable(ObjectClass *oc, const char *name, const char *type, ObjectPropertyAccessor *get,
                         uint32_t argument)
{
    if (!object_class_property_find(oc, name)) {
        object_class_property_add(oc, name, type, get, NULL, NULL, GUINT_TO_POINTER(argument));
    }
}

void soc_class_add_properties(ObjectClass *oc, const SocModelType *type, bool pci)
{
    for (uint32_t i = 0; i < type->option_count; i++) {
        const SocOptionSpec *spec = &type->options[i];
        g_autofree char *help = g_strdup_printf("%s (valid: %s; default: %s)", spec->help, spec->valid, spec->value);

        object_class_property_add(oc, spec->name, "str", get_option, set_option, NULL, (void *)spec);
        object_class_property_set_description(oc, spec->name, help);
    }
    for (uint32_t i = 0; i < type->counter_count; i++) {
        add_readable(oc, type->counters[i], "uint64", get_counter, i);
    }
    if (type->kind == SOC_KIND_IOMMU) {
        object_class_property_add(oc, "pci-map", "str", get_pci_map, set_pci_map, NULL, NULL);
        object_class_property_set_description(oc, "pci-map",
                                              "PCI functions served: auto, none or RID:STREAM:LEN[+...]");
        add_readable(oc, "last-fault-kind", "str", get_fault_kind, 0);
        add_readable(oc, "last-fault-address", "uint64", get_fault_address, 0);
        add_readable(oc, "last-fault-stream", "uint32", get_fault_word, offsetof(SocFault, stream));
        add_readable(oc, "last-fault-substream", "uint32", get_fault_word, offsetof(SocFault, substream));
        add_readable(oc, "last-fault-flags", "uint32", get_fault_word, offsetof(SocFault, flags));
        add_readable(oc, "faults", "uint64", get_faults, 0);
    } else {
        add_readable(oc, "unmaps-heard", "uint64", get_unmaps_heard, 0);
        if (!pci) {
            object_class_property_add(oc, "iommus", "str", get_iommus, set_iommus, NULL, NULL);
            object_class_property_set_description(oc, "iommus", "ports: ID:STREAM[+ID:STREAM...]");
        }
    }
    if (!pci) {
        add_readable(oc, "address", "uint64", get_address, 0);
        add_readable(oc, "spi", "uint32", get_spi, 0);
    }
}
