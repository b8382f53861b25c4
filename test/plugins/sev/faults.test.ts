// Every call of the host, at the n-th time, with each errno: the machine does not start, or goes on as the original would;
// nothing stays pinned or open (the kit looks), and whoever else listens still hears.
import { describe, expect, test } from "vitest";
import {
  byteLength,
  definePlugin,
  HOST_RESOURCES,
  MACHINE_CONTROL,
  MEMORY_REGIONS,
  RAM_BLOCK_NOTIFIERS,
  type AnyPlugin,
  type HostResources,
  type Machine,
} from "backplane";
import { withMachine } from "backplane/kit";
import { KVM_CALLS, type KvmCall } from "../../../plugins/sev/late/kvm-calls.ts";
import { OVMF_SECTION } from "../../../plugins/sev/ovmf-table.ts";
import { encrypted, run, type EncryptedOptions } from "./encrypted-machine.ts";
import { ovmfImage, withFile } from "./ovmf-image.ts";

const ERRNOS = ["ENOSPC", "ENOMEM", "EINVAL", "EIO"] as const;

/** What becomes of a machine when a call fails. */
type Outcome = "not built" | "no measurement" | "ends at its first step" | "command refused" | "not called";

const SEV: { readonly [Call in KvmCall]: Outcome } = {
  createVm: "not built",
  registerRegion: "not built",
  unregisterRegion: "not called",
  setPrivate: "not called",
  openDevice: "not built",
  platformStatus: "not built",
  exportCertificates: "command refused",
  chipId: "command refused",
  initialize: "not built",
  initialize2: "not called",
  launchStart: "not built",
  launchUpdateData: "not built",
  launchUpdateVmsa: "not called",
  launchMeasure: "no measurement",
  launchFinish: "ends at its first step",
  launchSecret: "command refused",
  guestStatus: "not called",
  attestationReport: "command refused",
  snpLaunchStart: "not called",
  snpLaunchUpdate: "not called",
  snpLaunchFinish: "not called",
};

/** … from the second time on, where there is one. Three blocks are there at the start, a fourth comes later. */
const LATER: { readonly [Call in KvmCall]?: readonly Outcome[] } = {
  openDevice: ["command refused"],
  registerRegion: ["not built", "not built", "ends at its first step"],
};
const TIMES = [1, 2, 3, 4];

/** Whether the machine's other notifiers hear of memory. */
function othersHear(machine: Machine): boolean {
  let heard = 0;
  const registration = machine.service(RAM_BLOCK_NOTIFIERS).add({ name: "other", ramBlockAdded: () => void heard++ });
  const before = heard;
  try {
    machine.service(MEMORY_REGIONS).ram("more", byteLength(4096), { idstr: null });
  } catch {
    // Refused by the one that is tested: the others have been told before.
  }
  const isTold = heard === before + 1;
  void registration.dispose();
  return isTold;
}

/** Sees the host's account also of machines that are never built. */
function auditor(): { readonly plugin: AnyPlugin; readonly held: () => number } {
  let resources: HostResources | undefined;
  const plugin = definePlugin({
    id: "auditor",
    apiVersion: 1,
    summary: "looks at what is lent out",
    attach(machine) {
      resources = machine.use(HOST_RESOURCES);
    },
  });
  return {
    plugin,
    held: () => (resources?.all() ?? []).reduce((sum, resource) => sum + Math.abs(resource.outstanding()), 0),
  };
}

/** Builds a machine, asks everything, runs it; tells how it went. */
async function outcome(options: EncryptedOptions): Promise<Outcome> {
  let result: Outcome = "not called";
  const { plugin, held } = auditor();
  try {
    await withMachine({ ...encrypted(options), with: [plugin] }, async (machine) => {
      const isSnp = options.type === "sev-snp-guest";
      if (!isSnp && !(await succeeds(run(machine, "query-sev-launch-measure")))) {
        result = "no measurement";
        return;
      }
      const nonce = Buffer.alloc(16).toString("base64");
      const replies = [
        await succeeds(run(machine, "query-sev-capabilities")),
        isSnp || (await succeeds(run(machine, "query-sev-attestation-report", { mnonce: nonce }))),
      ];
      const secret = { "packet-header": "AAAA".repeat(18), secret: "AAAA".repeat(4), gpa: 0x100000 };
      const refusal = isSnp ? "" : await text(run(machine, "sev-inject-launch-secret", secret));
      // The packet is not a good one; with a fault the firmware is not even asked.
      if (!isSnp && refusal.includes("fw_error=0")) replies.push(false);
      if (replies.includes(false)) result = "command refused";
      expect(othersHear(machine)).toBe(true);
      machine.service(MACHINE_CONTROL).cont();
      if (machine.leaving !== undefined) result = "ends at its first step";
    });
  } catch (failure) {
    if (failure instanceof Error && failure.message.includes("still")) throw failure;
    expect(held()).toBe(0);
    return "not built";
  }
  return result;
}

const succeeds = (reply: Promise<unknown>): Promise<boolean> =>
  reply.then(
    () => true,
    () => false,
  );
const text = (reply: Promise<unknown>): Promise<string> =>
  reply.then(
    () => "",
    (failure: unknown) => (failure instanceof Error ? failure.message : ""),
  );

describe("a SEV guest", () => {
  test.each(KVM_CALLS)("when %s fails, for the n-th time", async (call) => {
    const expected = [SEV[call], ...(LATER[call] ?? [])];
    const isCalled = SEV[call] !== "not called";
    for (const nth of isCalled ? TIMES : [1]) {
      for (const errno of ERRNOS) {
        const found = await outcome({ sev: { faults: [{ call, nth, errno }] } });
        expect(found, `${nth} ${errno}`).toBe(expected[nth - 1] ?? "not called");
      }
    }
  });

  test("of the newer kind of virtual machine", async () => {
    const guest = { "legacy-vm-type": "off" };
    for (const errno of ERRNOS) {
      const faults = [{ call: "initialize2", nth: 1, errno }];
      expect(await outcome({ guest, sev: { faults } })).toBe("not built");
    }
    expect(await outcome({ guest, sev: {} })).toBe("not called");
    expect(await outcome({ guest, sev: { host: { vmTypes: false } } })).toBe("not built");
  });

  test("a call that there is not", async () => {
    await expect(
      withMachine(encrypted({ sev: { faults: [{ call: "nosuch", errno: "EIO" }] } }), () => undefined),
    ).rejects.toThrow("sev has no call 'nosuch'");
  });
});

describe("a guest with encrypted registers", () => {
  test.each(ERRNOS)("when its processors cannot be encrypted: %s", (errno) =>
    withFile(ovmfImage({ reset: 0x80b004 }), async (firmware) => {
      const faults = [{ call: "launchUpdateVmsa", nth: 1, errno }];
      expect(await outcome({ guest: { policy: 5 }, sev: { firmware, faults } })).toBe("not built");
    }),
  );
});

describe("an SNP guest", () => {
  const image = ovmfImage({
    reset: 0x80b004,
    sections: [
      { base: 0x800000, length: 0x1000, type: OVMF_SECTION.memory },
      { base: 0x801000, length: 0x1000, type: OVMF_SECTION.cpuid },
    ],
  });

  test.each([
    ["createVm", 1, "not built"],
    ["snpLaunchStart", 1, "not built"],
    ["initialize2", 1, "not built"],
    ["setPrivate", 1, "ends at its first step"],
    ["setPrivate", 3, "ends at its first step"],
    ["snpLaunchUpdate", 1, "ends at its first step"],
    ["snpLaunchUpdate", 3, "ends at its first step"],
    ["snpLaunchUpdate", 4, "not called"],
    ["snpLaunchFinish", 1, "ends at its first step"],
    ["registerRegion", 1, "not called"],
  ] as const)("when %s fails for the %i. time: %s", (call, nth, expected) =>
    withFile(image, async (firmware) => {
      for (const errno of ERRNOS) {
        const options = { type: "sev-snp-guest", sev: { firmware, faults: [{ call, nth, errno }] } } as const;
        expect(await outcome(options), errno).toBe(expected);
      }
    }),
  );
});
