/** A command line that ends otherwise than in the peer, and why. What is given of the outcome is compared. */
export interface Difference {
  readonly reason: string;
  readonly status?: number;
  readonly stderr?: string;
}

const FEWER = "there are fewer machine types, accelerators and devices here than in the peer";
const READ_ONLY =
  "properties that cannot be set are not listed, and defaults that only the peer's code knows are not shown";
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
  "option-incoming-defer": unavailable("-incoming defer"),
  "machine-help": { reason: FEWER, status: 0, stderr: "" },
  "machine-short-help": { reason: FEWER, status: 0, stderr: "" },
  "machine-empty": {
    reason: "the peer's default machine type, pc, does not exist here",
    status: 1,
    stderr: "{qemu}: No machine specified, and there is no default\nUse -machine help to list supported machines\n",
  },
  "machine-accel-help": { reason: FEWER, status: 0, stderr: "" },
  "monitor-qmp-bad-port": {
    reason: "the peer takes a port modulo 65536",
    status: 1,
    stderr:
      "{qemu}: -qmp tcp:127.0.0.1:99999: address resolution failed for 127.0.0.1:99999: Servname not supported for ai_socktype\n",
  },
  "monitor-qtest-bad": unavailable("-qtest foo"),
  "numa-memdev-wrong-type": { reason: FEWER, status: 1 },
  "dimm-memdev-wrong-type": { reason: FEWER, status: 1 },
  "device-abstract": { reason: FEWER, status: 1 },
  "device-on-none": { reason: FEWER, status: 1 },
  "device-pci-on-none": { reason: FEWER, status: 1 },
  "nvdimm-on-none": { reason: FEWER, status: 1 },
  "iommu-amd-and-intel": { reason: FEWER, status: 1 },
  "iommu-on-pc": { reason: FEWER, status: 1 },
  "port-two-behind": { reason: "the warning about slots behind a port waits", status: 0, stderr: "" },
  "object-memfd-hugetlbsize": { reason: "memory in huge pages is not modelled", status: 1 },
  "device-nvdimm-help": { reason: READ_ONLY, status: 0, stderr: "" },
  "device-pc-dimm-help": { reason: READ_ONLY, status: 0, stderr: "" },
  "device-pcie-root-port-help": { reason: READ_ONLY, status: 0, stderr: "" },
  "cpu-unknown-feature": { reason: "CPU features are not modelled yet", status: 1 },
  "cpu-bad-feature": { reason: "CPU features are not modelled yet", status: 1 },
  "cpu-bad-value": { reason: "CPU features are not modelled yet", status: 1 },
};
