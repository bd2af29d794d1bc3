/*
 * What waits for the bottom half of an instance: its own deferred work, the ends of held transactions, messages.
 * A model is never entered while it is calling out, so that it may hold its locks when it does.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "qemu/atomic.h"
#include "qemu/main-loop.h"

enum { INBOX_MAX = 1024 };

/* Once the state of the machine is being saved, or until it is loaded, nothing may change it any more. */
static bool state_is_frozen(void)
{
    return runstate_check(RUN_STATE_FINISH_MIGRATE) || runstate_check(RUN_STATE_POSTMIGRATE) ||
           runstate_check(RUN_STATE_SAVE_VM) || runstate_check(RUN_STATE_INMIGRATE) ||
           runstate_check(RUN_STATE_RESTORE_VM);
}

static bool anything_waits(SocHost *host)
{
    return qatomic_read(&host->wants_deferred) || host->resumes->len || host->inbox->len;
}

void soc_pending_kick(SocHost *host)
{
    if (unlikely(anything_waits(host))) {
        qemu_bh_schedule(host->bh);
    }
}

static void run(void *opaque)
{
    SocHost *host = opaque;
    g_autoptr(GArray) resumes = NULL;
    g_autoptr(GArray) inbox = NULL;

    if (state_is_frozen() || host->in_model) {
        return; /* vm_changed, or the end of the call under way, kicks again */
    }
    host->in_model = true;
    resumes = g_steal_pointer(&host->resumes);
    host->resumes = g_array_new(false, false, sizeof(SocResume));
    inbox = g_steal_pointer(&host->inbox);
    host->inbox = g_array_new(false, false, sizeof(SocMessage));

    for (unsigned i = 0; i < inbox->len; i++) {
        const SocMessage *msg = &g_array_index(inbox, SocMessage, i);

        if (host->pci) {
            soc_pci_heard(host, msg);
        }
        soc_model_message(host->model, msg);
    }
    for (unsigned i = 0; i < resumes->len; i++) {
        const SocResume *resume = &g_array_index(resumes, SocResume, i);

        soc_model_resumed(host->model, resume->tag, resume->status, &resume->fault);
    }
    if (qatomic_xchg(&host->wants_deferred, 0)) {
        soc_model_deferred(host->model);
    }
    host->in_model = false;
    soc_pending_kick(host);
}

/* Runs for every instance whenever the machine starts or stops. */
static void vm_changed(void *opaque, bool running, RunState state)
{
    soc_pending_kick(opaque);
}

void soc_pending_init(SocHost *host)
{
    host->held = g_array_new(false, false, sizeof(SocHeld));
    host->resumes = g_array_new(false, false, sizeof(SocResume));
    host->inbox = g_array_new(false, false, sizeof(SocMessage));
    host->bh = qemu_bh_new(run, host);
    host->vm_changed = qemu_add_vm_change_state_handler(vm_changed, host);
}

void soc_pending_clear(SocHost *host)
{
    qemu_bh_cancel(host->bh);
    qatomic_set(&host->wants_deferred, 0);
    g_array_set_size(host->held, 0);
    g_array_set_size(host->resumes, 0);
    g_array_set_size(host->inbox, 0);
}

void soc_pending_free(SocHost *host)
{
    if (host->bh) {
        qemu_del_vm_change_state_handler(host->vm_changed);
        qemu_bh_delete(host->bh);
        g_array_unref(host->held);
        g_array_unref(host->resumes);
        g_array_unref(host->inbox);
    }
}

void soc_pending_hold(SocHost *iommu, uint64_t hold, SocHost *master, uint32_t tag)
{
    const SocHeld held = { hold, master, tag };

    g_array_append_val(iommu->held, held);
}

void soc_pending_held_end(SocHost *iommu, uint64_t hold, uint32_t status, const SocFault *fault)
{
    for (unsigned i = 0; i < iommu->held->len; i++) {
        const SocHeld held = g_array_index(iommu->held, SocHeld, i);

        if (held.hold == hold) {
            SocResume resume = { .tag = held.tag, .status = status };

            if (fault) {
                resume.fault = *fault;
            }
            g_array_remove_index(iommu->held, i);
            g_array_append_val(held.master->resumes, resume);
            soc_pending_kick(held.master);
            return;
        }
    }
}

/* A master that was reset waits for nothing any more, whatever its IOMMUs still say about it. */
void soc_pending_forget_master(SocHost *master)
{
    SocHost *host;

    QTAILQ_FOREACH(host, &soc_hosts, next) {
        for (unsigned i = host->held->len; i-- > 0;) {
            if (g_array_index(host->held, SocHeld, i).master == master) {
                g_array_remove_index(host->held, i);
            }
        }
    }
}

/*
 * false: its inbox is full. A guest may send page requests and responses faster than the bottom half runs. Of the
 * other messages there are never many, and none may be lost.
 */
bool soc_pending_message(SocHost *to, const SocMessage *msg)
{
    const GArray *inbox = to->inbox;

    if (msg->type == SOC_MSG_FEATURES) { /* one says as much as two */
        if (inbox->len && g_array_index(inbox, SocMessage, inbox->len - 1).type == msg->type) {
            return true;
        }
    } else if ((msg->type == SOC_MSG_PAGE_REQUEST || msg->type == SOC_MSG_PAGE_RESPONSE) && inbox->len >= INBOX_MAX) {
        return false;
    }
    g_array_append_val(to->inbox, *msg);
    soc_pending_kick(to);
    return true;
}
