// What an encrypted machine cannot start with, in the peer's words.
import { describe, expect, test } from "vitest";
import { withMachine } from "backplane/kit";
import { encrypted, run, type EncryptedOptions } from "./encrypted-machine.ts";

const CASES: readonly (readonly [string, EncryptedOptions, string])[] = [
  ["another C-bit", { guest: { cbitpos: 47 } }, "sev_common_kvm_init: cbitpos check failed, host '51' requested '47'"],
  [
    "no bit less of addresses",
    { guest: { "reduced-phys-bits": 0 } },
    "sev_common_kvm_init: reduced_phys_bits check failed, it should be in the range of 1 to 63, requested '0'",
  ],
  [
    "too many bits less",
    { guest: { "reduced-phys-bits": 64 } },
    "sev_common_kvm_init: reduced_phys_bits check failed, it should be in the range of 1 to 63, requested '64'",
  ],
  [
    "a device that is not there",
    { guest: { "sev-device": "/dev/nosuch" } },
    "sev_common_kvm_init: Failed to open /dev/nosuch 'No such file or directory'",
  ],
  [
    "a KVM that makes no virtual machine",
    { sev: { faults: [{ call: "createVm", errno: "ENOMEM" }] } },
    "ioctl(KVM_CREATE_VM) failed: Cannot allocate memory",
  ],
  [
    "a platform that does not answer",
    { sev: { faults: [{ call: "platformStatus", errno: "EIO" }] } },
    "sev_common_kvm_init: failed to get platform status ret=-1 fw_error='0: '",
  ],
  [
    "no identifier for its address space",
    { sev: { host: { asids: 0 } } },
    "sev_common_kvm_init: failed to initialize ret=-16 fw_error=0 ''",
  ],
  [
    "a kernel without the type of virtual machine",
    { guest: { "legacy-vm-type": "off" }, sev: { host: { vmTypes: false } } },
    "sev_common_kvm_init: host kernel does not support the requested SEV configuration.",
  ],
  [
    "a firmware that is too old for the policy",
    { guest: { policy: 0xff_02_00_01 } },
    "sev_common_kvm_init: failed to create encryption context",
  ],
  [
    "a firmware that does not take the BIOS",
    { sev: { faults: [{ call: "launchUpdateData", errno: "EIO" }] } },
    "SEV: Failed to encrypt pflash rom",
  ],
  ["an object that is not there", { machine: { "confidential-guest-support": "nosuch" } }, "Device 'nosuch' not found"],
  [
    "an object of another kind",
    {
      objects: [{ type: "memory-backend-ram", id: "m0", properties: { size: 4096 } }],
      machine: { "confidential-guest-support": "m0" },
    },
    "Device 'm0' not found",
  ],
  [
    "no object for its encryption",
    { machine: { "memory-encryption": "nosuch" } },
    "No such memory encryption object 'nosuch'",
  ],
];

describe("a machine does not start with", () => {
  test.each(CASES)("%s", async (_what, options, text) => {
    await expect(withMachine(encrypted(options), () => undefined)).rejects.toThrow(text);
  });
});

test("a host without SEV has no capabilities", () =>
  withMachine(
    encrypted({ machine: { "confidential-guest-support": "" }, sev: { host: { sev: false } } }),
    async (machine) => {
      await expect(run(machine, "query-sev-capabilities")).rejects.toThrow("SEV is not enabled in KVM");
    },
  ));

test("a device that is elsewhere", () =>
  withMachine(
    encrypted({ machine: { "confidential-guest-support": "" }, sev: { host: { device: "/dev/other" } } }),
    async (machine) => {
      await expect(run(machine, "query-sev-capabilities")).rejects.toThrow(
        "SEV: Failed to open /dev/sev: No such file or directory",
      );
    },
  ));

test.each([
  ["exportCertificates", "SEV: Failed to export PDH cert ret=-1 fw_err=0 ()"],
  ["chipId", "SEV: Failed to get ID ret=-1 fw_err=0 ()"],
])("a platform whose %s fails", (call, text) =>
  withMachine(encrypted({ sev: { faults: [{ call, errno: "EIO" }] } }), async (machine) => {
    await expect(run(machine, "query-sev-capabilities")).rejects.toThrow(text);
  }),
);
