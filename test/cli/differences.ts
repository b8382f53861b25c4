/** A command line that ends otherwise than in the peer, and why. What is given of the outcome is compared. */
export interface Difference {
  readonly reason: string;
  readonly status?: number;
  readonly stderr?: string;
}

const FEWER = "there are fewer machine types, accelerators and devices here than in the peer";
const NO_BUILD = "the option waits; the peer's words for what a build does not have say so";
const unavailable = (text: string): Difference => ({
  reason: NO_BUILD,
  status: 1,
  stderr: `{qemu}: ${text}: Option not supported in this build\n`,
});

/** By the name of the golden. */
export const DIFFERENCES: { readonly [name: string]: Difference } = {
  "option-disk-two": {
    reason: "disk images wait",
    status: 1,
    stderr: "{qemu}: {dir}/short: a disk image is not supported in this build\n",
  },
  "option-bios-missing": unavailable("-bios {dir}/nothing"),
  "option-bios-odd-size": unavailable("-bios {dir}/data"),
  "option-kernel-missing": unavailable("-kernel {dir}/nothing"),
  "option-kernel-empty": unavailable("-kernel {dir}/empty"),
  "option-usb": {
    reason: "there are no USB controllers yet",
    status: 1,
    stderr: "{qemu}: Property 'pc-q35-10.0-machine.usb' doesn't take value 'on'\n",
  },
  "machine-help": { reason: FEWER, status: 0, stderr: "" },
  "machine-short-help": { reason: FEWER, status: 0, stderr: "" },
  "machine-accel-help": { reason: FEWER, status: 0, stderr: "" },
  "monitor-qmp-bad-port": {
    reason: "the peer takes a port modulo 65536",
    status: 1,
    stderr:
      "{qemu}: -qmp tcp:127.0.0.1:99999: address resolution failed for 127.0.0.1:99999: Servname not supported for ai_socktype\n",
  },
  "dimm-memdev-wrong-type": { reason: FEWER, status: 1 },
  "device-abstract": { reason: FEWER, status: 1 },
  "device-on-none": { reason: FEWER, status: 1 },
  "device-pci-on-none": { reason: FEWER, status: 1 },
  "nvdimm-on-none": { reason: FEWER, status: 1 },
  "iommu-amd-and-intel": { reason: FEWER, status: 1 },
  "iommu-on-pc": { reason: FEWER, status: 1 },
  "port-two-behind": { reason: "the warning about slots behind a port waits", status: 0, stderr: "" },
};
