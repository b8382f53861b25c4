/** Class codes that the firmware treats specially: PCI Code and ID Assignment Specification 1.11, §1. */
export const BRIDGE_CLASS = 0x0604;
export const VGA_CLASS = 0x0300;
export const SATA_CLASS = 0x0106;
export const IDE_CLASS = 0x0101;
export const SCSI_CLASS = 0x0100;
export const NVME_CLASS = 0x0108;
export const USB_CLASS = 0x0c03;
export const VIRTIO_VENDOR = 0x1af4;
export const XHCI_INTERFACE = 0x30;

/** A bus without a function there reads all ones; some hosts give zeros. */
export function isPresentVendor(vendor: number): boolean {
  return vendor !== 0xffff && vendor !== 0;
}
