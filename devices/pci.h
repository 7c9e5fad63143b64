/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pci.h - what other codecs need to know of a PCI device's configuration.
 */
#ifndef VMSDB_PCI_H
#define VMSDB_PCI_H

#include "wire.h"

/*
 * Whether the configuration space that begins @ahead of the next byte is a
 * conventional one (256) or an express one (4096).  The destination's
 * reference decides; else the bytes do: PCIDevice ends with four words that
 * are 0 or 1.
 */
unsigned pci_config_size(struct wire *w, uint64_t ahead);

/*
 * Entries of the MSI-X table according to the configuration space of @size
 * bytes that begins @ahead of the next byte, or 0 when there is none.
 */
unsigned pci_msix_entries(struct wire *w, uint64_t ahead, unsigned size);

/* msix_load() for @n entries: 0 or -EIO. */
int pci_msix_read(struct wire *w, unsigned n);

/* vmstate_pci_device with a configuration space of @size bytes. */
const struct desc *pci_device_desc(unsigned size);

#endif
