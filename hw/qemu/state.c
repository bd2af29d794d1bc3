/*
 * Saved state: what the model writes, and what of it is under way in the shim. One blob an instance, named after
 * its id, so that the order of the devices does not matter.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "migration/vmstate.h"
#include "hw/vmstate-if.h"
#include "qemu/atomic.h"
#include "qemu/error-report.h"

/* --- Little-endian words and strings in a blob ----------------------------- */

static void put_u32(GByteArray *out, uint32_t value)
{
    const uint32_t word = cpu_to_le32(value);

    g_byte_array_append(out, (const uint8_t *)&word, sizeof(word));
}

static void put_u64(GByteArray *out, uint64_t value)
{
    put_u32(out, value);
    put_u32(out, value >> 32);
}

static void put_bytes(GByteArray *out, const void *data, uint32_t size)
{
    put_u32(out, size);
    g_byte_array_append(out, data, size);
}

typedef struct Input {
    const uint8_t *at;
    uint32_t left;
    bool failed;
} Input;

static const uint8_t *get_raw(Input *in, uint32_t size)
{
    const uint8_t *at = in->at;

    if (in->failed || size > in->left) {
        in->failed = true;
        return NULL;
    }
    in->at += size;
    in->left -= size;
    return at;
}

static uint32_t get_u32(Input *in)
{
    const uint8_t *at = get_raw(in, 4);

    return at ? ldl_le_p(at) : 0;
}

static uint64_t get_u64(Input *in)
{
    const uint64_t low = get_u32(in);

    return low | (uint64_t)get_u32(in) << 32;
}

/* --- Faults and messages ---------------------------------------------------- */

static void put_fault(GByteArray *out, const SocFault *fault)
{
    put_u64(out, fault->address);
    put_u32(out, fault->kind);
    put_u32(out, fault->stream);
    put_u32(out, fault->substream);
    put_u32(out, fault->flags);
    put_u32(out, fault->level);
    put_u32(out, fault->stage);
    put_u64(out, fault->count);
}

static SocFault get_fault(Input *in)
{
    SocFault fault;

    fault.address = get_u64(in);
    fault.kind = get_u32(in);
    fault.stream = get_u32(in);
    fault.substream = get_u32(in);
    fault.flags = get_u32(in);
    fault.level = get_u32(in);
    fault.stage = get_u32(in);
    fault.count = get_u64(in);
    return fault;
}

static void put_message(GByteArray *out, const SocMessage *msg)
{
    put_u32(out, msg->type);
    put_u32(out, msg->stream);
    put_u32(out, msg->substream);
    put_u32(out, msg->flags);
    put_u64(out, msg->address);
    put_u64(out, msg->size);
    put_u32(out, msg->tag);
    put_u32(out, msg->response);
    put_u32(out, msg->port);
}

static SocMessage get_message(Input *in)
{
    SocMessage msg;

    msg.type = get_u32(in);
    msg.stream = get_u32(in);
    msg.substream = get_u32(in);
    msg.flags = get_u32(in);
    msg.address = get_u64(in);
    msg.size = get_u64(in);
    msg.tag = get_u32(in);
    msg.response = get_u32(in);
    msg.port = get_u32(in);
    return msg;
}

/* --- What waits (pending.c) ------------------------------------------------- */

static void put_pending(GByteArray *out, SocHost *host)
{
    put_u32(out, qatomic_read(&host->wants_deferred));
    put_u32(out, host->held->len);
    for (unsigned i = 0; i < host->held->len; i++) {
        const SocHeld *held = &g_array_index(host->held, SocHeld, i);

        put_u64(out, held->hold);
        put_u32(out, held->tag);
        put_bytes(out, held->master->id, strlen(held->master->id));
    }
    put_u32(out, host->resumes->len);
    for (unsigned i = 0; i < host->resumes->len; i++) {
        const SocResume *resume = &g_array_index(host->resumes, SocResume, i);

        put_u32(out, resume->tag);
        put_u32(out, resume->status);
        put_fault(out, &resume->fault);
    }
    put_u32(out, host->inbox->len);
    for (unsigned i = 0; i < host->inbox->len; i++) {
        put_message(out, &g_array_index(host->inbox, SocMessage, i));
    }
}

static void get_held(Input *in, SocHost *host)
{
    const uint64_t hold = get_u64(in);
    const uint32_t tag = get_u32(in);
    const uint32_t size = get_u32(in);
    const uint8_t *id = get_raw(in, size);
    g_autofree char *name = id ? g_strndup((const char *)id, size) : NULL;
    SocHost *master = name ? soc_host_by_id(name) : NULL;

    if (master) {
        soc_pending_hold(host, hold, master, tag);
    } else {
        in->failed = true;
    }
}

static void get_pending(Input *in, SocHost *host)
{
    if (get_u32(in)) { /* else leave alone what the model asked for while it was loaded */
        qatomic_set(&host->wants_deferred, 1);
    }
    for (uint32_t left = get_u32(in); left && !in->failed; left--) {
        get_held(in, host);
    }
    for (uint32_t left = get_u32(in); left && !in->failed; left--) {
        SocResume resume = { .tag = get_u32(in) };

        resume.status = get_u32(in);
        resume.fault = get_fault(in);
        g_array_append_val(host->resumes, resume);
    }
    for (uint32_t left = get_u32(in); left && !in->failed; left--) {
        const SocMessage msg = get_message(in);

        g_array_append_val(host->inbox, msg);
    }
}

/* --- QEMU's side ------------------------------------------------------------ */

static int pre_save(void *opaque)
{
    SocHost *host = opaque;
    GByteArray *out = g_byte_array_new();
    uint8_t nothing;
    const size_t size = soc_model_save(host->model, &nothing, 0);
    g_autofree uint8_t *model = g_malloc(MAX(size, 1));

    soc_model_save(host->model, model, size);
    put_bytes(out, model, size);
    put_pending(out, host);
    g_free(host->saved);
    host->saved_size = out->len;
    host->saved = g_byte_array_free(out, false);
    return 0;
}

static int pre_load(void *opaque)
{
    SocHost *host = opaque;

    g_clear_pointer(&host->saved, g_free); /* QEMU allocates it anew */
    return 0;
}

static int post_load(void *opaque, int version)
{
    SocHost *host = opaque;
    Input in = { host->saved, host->saved_size, false };
    const uint32_t size = get_u32(&in);
    const uint8_t *model = get_raw(&in, size);

    soc_pending_clear(host);
    if (!model || !soc_model_load(host->model, model, size)) {
        error_report("%s: its saved state is not one of a '%s' with these options", host->id, host->type->name);
        return -EINVAL;
    }
    get_pending(&in, host);
    if (in.failed || in.left) {
        error_report("%s: its saved state is damaged, or a device that it names is missing", host->id);
        soc_pending_clear(host);
        return -EINVAL;
    }
    soc_pending_kick(host);
    return 0;
}

static const VMStateDescription vmstate_host = {
    .name = "soc-iommu-instance",
    .version_id = 1,
    .minimum_version_id = 1,
    .pre_save = pre_save,
    .pre_load = pre_load,
    .post_load = post_load,
    .fields = (VMStateField[]){
        VMSTATE_UINT32(saved_size, SocHost),
        VMSTATE_VBUFFER_ALLOC_UINT32(saved, SocHost, 0, NULL, saved_size),
        VMSTATE_END_OF_LIST()
    },
};

/* A device without a bus has no path of its own that QEMU could tell instances apart by. */
static char *instance_id(VMStateIf *obj)
{
    return g_strdup(soc_host_of(OBJECT(obj))->id);
}

/* `host_offset`: where the instance is inside QEMU's device. `name` lives for ever. */
void soc_class_add_state(DeviceClass *dc, const char *name, size_t host_offset, bool pci)
{
    VMStateDescription *vmsd = g_new0(VMStateDescription, 1);
    VMStateField *fields = g_new0(VMStateField, 3);
    uint32_t count = 0;

    if (pci) {
        fields[count++] = (VMStateField){
            .name = "parent",
            .size = sizeof(PCIDevice),
            .vmsd = &vmstate_pci_device,
            .flags = VMS_STRUCT,
        };
    } else { /* a PCI function has a path on its bus by which QEMU tells it from the others */
        VMSTATE_IF_CLASS(dc)->get_id = instance_id;
    }
    fields[count++] = (VMStateField){
        .name = "instance",
        .size = sizeof(SocHost),
        .vmsd = &vmstate_host,
        .flags = VMS_STRUCT,
        .offset = host_offset,
    };
    fields[count] = (VMStateField)VMSTATE_END_OF_LIST();
    vmsd->name = name;
    vmsd->version_id = 1;
    vmsd->minimum_version_id = 1;
    vmsd->fields = fields;
    dc->vmsd = vmsd;
}
