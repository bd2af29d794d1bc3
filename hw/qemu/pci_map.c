/*
 * The `pci-map` option of an IOMMU: auto, none, or RID:STREAM:LEN joined by '+'.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "qemu/cutils.h"

enum { REQUESTERS = 0x10000 };

static bool parse_number(const char **text, char end, uint32_t *value)
{
    unsigned int number;

    if (qemu_strtoui(*text, text, 0, &number) < 0 || (**text != end && (end || **text != '+'))) {
        return false;
    }
    *value = number;
    return true;
}

static bool check(SocHost *iommu, const SocPciSpan *span, Error **errp)
{
    const uint32_t streams = iommu->shape->stream_count;

    if (!span->length || span->rid >= REQUESTERS || span->length > REQUESTERS - span->rid) {
        error_setg(errp, "%s: pci-map: 0x%x:0x%x:%u is not inside the requester ids 0 to 0xffff, or is empty",
                   iommu->id, span->rid, span->stream, span->length);
        return false;
    }
    if (span->stream >= streams || span->length > streams - span->stream) {
        error_setg(errp, "%s: pci-map: 0x%x:0x%x:%u is not inside the streams 0 to %u", iommu->id, span->rid,
                   span->stream, span->length, streams ? streams - 1 : 0);
        return false;
    }
    return true;
}

static bool add(SocHost *iommu, GArray *ranges, const SocPciSpan *span, Error **errp)
{
    const SocPciRange range = { *span, iommu };

    if (!check(iommu, span, errp)) {
        return false;
    }
    g_array_append_val(ranges, range);
    return true;
}

/* Appends the spans of this IOMMU; whether they overlap is not looked at here. */
bool soc_pci_map_parse(SocHost *iommu, GArray *ranges, Error **errp)
{
    const char *text = iommu->pci_map ?: "auto";

    if (!strcmp(text, "none")) {
        return true;
    }
    if (!strcmp(text, "auto")) {
        for (uint32_t i = 0; i < iommu->shape->pci_span_count; i++) {
            if (!add(iommu, ranges, &iommu->shape->pci_map[i], errp)) {
                return false;
            }
        }
        return true;
    }
    if (!(iommu->type->masters & SOC_MASTERS_PCI)) {
        error_setg(errp, "%s: pci-map=%s: %s takes no PCI masters; valid: none", iommu->id, text, iommu->type->name);
        return false;
    }
    for (const char *at = text;; at++) {
        SocPciSpan span;

        if (!parse_number(&at, ':', &span.rid) || !parse_number((at++, &at), ':', &span.stream) ||
            !parse_number((at++, &at), '\0', &span.length)) {
            error_setg(errp, "%s: pci-map=%s; valid: auto, none, or RID:STREAM:LEN[+RID:STREAM:LEN...], numbers "
                             "decimal or with 0x", iommu->id, text);
            return false;
        }
        if (!add(iommu, ranges, &span, errp)) {
            return false;
        }
        if (*at != '+') {
            return true;
        }
    }
}
