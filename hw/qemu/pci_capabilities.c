/*
 * ATS, PASID and PRI of a master as a PCI function: the capabilities that its model's shape asks for, and what
 * software does to them. PCI Express Base Specification 4.0: 7.8 for PASID, 10.5 for ATS and PRI.
 *
 * QEMU 7.2 has a helper for the first of them only, so the other two are written here for every version.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "shim.h"

#include "hw/pci/pcie.h"

enum {
    PAGE_REQUESTS = 32, /* Outstanding Page Request Capacity. What software allocates of it is stored, not counted. */
    PAGE_RESPONSE_FAILURE = 15,
};

static uint8_t *in_config(SocHost *host, uint16_t capability, unsigned offset)
{
    return host->pci->config + capability + offset;
}

static void add_pasid(SocHost *host, uint16_t at)
{
    PCIDevice *pci = host->pci;

    pcie_add_capability(pci, PCI_EXT_CAP_ID_PASID, 1, at, PCI_EXT_CAP_PASID_SIZEOF);
    pci_set_word(pci->config + at + PCI_PASID_CAP,
                 host->shape->substream_bits << 8 | PCI_PASID_CAP_EXEC | PCI_PASID_CAP_PRIV);
    pci_set_word(pci->wmask + at + PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE | PCI_PASID_CTRL_EXEC | PCI_PASID_CTRL_PRIV);
    host->pasid_cap = at;
}

static void add_pri(SocHost *host, uint16_t at)
{
    PCIDevice *pci = host->pci;

    pcie_add_capability(pci, PCI_EXT_CAP_ID_PRI, 1, at, PCI_EXT_CAP_PRI_SIZEOF);
    pci_set_word(pci->wmask + at + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE | PCI_PRI_CTRL_RESET);
    pci_set_word(pci->w1cmask + at + PCI_PRI_STATUS, PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI);
    /* It changes by itself: saved state may differ in it. */
    pci_set_word(pci->cmask + at + PCI_PRI_STATUS, (uint16_t)~PCI_PRI_STATUS_STOPPED);
    pci_set_long(pci->config + at + PCI_PRI_MAX_REQ, PAGE_REQUESTS);
    pci_set_long(pci->wmask + at + PCI_PRI_ALLOC_REQ, UINT32_MAX);
    host->pri_cap = at;
}

/* QEMU's endpoints say of themselves that they take end-to-end prefixes (Device Capabilities 2), as PASID has to. */
bool soc_pci_capabilities_init(SocHost *host, Error **errp)
{
    const SocShape *shape = host->shape;
    uint16_t at = PCI_CONFIG_SPACE_SIZE;

    if (!(shape->features & (SOC_FEATURE_ATS | SOC_FEATURE_PRI)) && !shape->substream_bits) {
        return true;
    }
    if (!host->pci->exp.exp_cap) {
        error_setg(errp, "%s: ATS, PRI and PASID are for a function on a PCI Express bus", host->id);
        return false;
    }
    if (shape->features & SOC_FEATURE_ATS) {
        pcie_ats_init(host->pci, at, true);
        host->ats_cap = at;
        at += PCI_EXT_CAP_ATS_SIZEOF;
    }
    if (shape->substream_bits) {
        add_pasid(host, at);
        at += PCI_EXT_CAP_PASID_SIZEOF;
    }
    if (shape->features & SOC_FEATURE_PRI) {
        add_pri(host, at);
    }
    soc_pci_capabilities_reset(host);
    return true;
}

void soc_pci_capabilities_reset(SocHost *host)
{
    if (host->ats_cap) {
        pci_set_word(in_config(host, host->ats_cap, PCI_ATS_CTRL), 0);
    }
    if (host->pasid_cap) {
        pci_set_word(in_config(host, host->pasid_cap, PCI_PASID_CTRL), 0);
    }
    if (host->pri_cap) {
        pci_set_word(in_config(host, host->pri_cap, PCI_PRI_CTRL), 0);
        pci_set_word(in_config(host, host->pri_cap, PCI_PRI_STATUS), PCI_PRI_STATUS_STOPPED);
        pci_set_long(in_config(host, host->pri_cap, PCI_PRI_ALLOC_REQ), 0);
    }
}

static uint16_t get_control(SocHost *host, uint16_t capability, unsigned offset)
{
    return capability ? pci_get_word(in_config(host, capability, offset)) : 0;
}

uint32_t soc_pci_features(SocHost *host)
{
    const uint16_t pasid = get_control(host, host->pasid_cap, PCI_PASID_CTRL);
    uint32_t features = 0;

    if (get_control(host, host->ats_cap, PCI_ATS_CTRL) & PCI_ATS_CTRL_ENABLE) {
        features |= SOC_FEATURE_ATS;
    }
    if (get_control(host, host->pri_cap, PCI_PRI_CTRL) & PCI_PRI_CTRL_ENABLE &&
        !(get_control(host, host->pri_cap, PCI_PRI_STATUS) & PCI_PRI_STATUS_RF)) {
        features |= SOC_FEATURE_PRI;
    }
    if (pasid & PCI_PASID_CTRL_ENABLE) {
        features |= SOC_FEATURE_PASID | (pasid & PCI_PASID_CTRL_EXEC ? SOC_FEATURE_PASID_EXECUTE : 0) |
                    (pasid & PCI_PASID_CTRL_PRIV ? SOC_FEATURE_PASID_PRIVILEGED : 0);
    }
    return features;
}

static void pri_written(SocHost *host, uint16_t old)
{
    uint8_t *control = in_config(host, host->pri_cap, PCI_PRI_CTRL);
    uint8_t *status = in_config(host, host->pri_cap, PCI_PRI_STATUS);

    pci_word_test_and_clear_mask(control, PCI_PRI_CTRL_RESET); /* no credits to give back */
    if (!(pci_get_word(control) & PCI_PRI_CTRL_ENABLE)) {
        pci_word_test_and_set_mask(status, PCI_PRI_STATUS_STOPPED);
    } else if (!(old & PCI_PRI_CTRL_ENABLE)) {
        pci_word_test_and_clear_mask(status, PCI_PRI_STATUS_STOPPED | PCI_PRI_STATUS_RF | PCI_PRI_STATUS_UPRGI);
    }
}

void soc_pci_capabilities_write(SocHost *host, uint32_t address, uint32_t value, int size)
{
    const uint32_t before = soc_pci_features(host);
    const uint16_t pri = get_control(host, host->pri_cap, PCI_PRI_CTRL);

    pci_default_write_config(host->pci, address, value, size);
    if (host->pri_cap) {
        pri_written(host, pri);
    }
    if (soc_pci_features(host) != before) {
        const SocMessage msg = { .type = SOC_MSG_FEATURES };

        soc_pending_message(host, &msg);
    }
}

/* "Response Failure" ends the interface until software switches it on again. */
void soc_pci_heard(SocHost *host, const SocMessage *msg)
{
    if (msg->type == SOC_MSG_PAGE_RESPONSE && msg->response == PAGE_RESPONSE_FAILURE && host->pri_cap) {
        pci_word_test_and_set_mask(in_config(host, host->pri_cap, PCI_PRI_STATUS), PCI_PRI_STATUS_RF);
    }
}
