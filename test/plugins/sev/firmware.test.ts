// What a firmware image says of itself: where secrets go, where processors start, which pages an SNP guest wants.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import {
  definePlugin,
  guestAddress,
  HOST_ADDRESS_SPACE,
  HOST_RESOURCES,
  MACHINE,
  MACHINE_CONTROL,
  RAM_LIST,
  SYSTEM_MEMORY,
  type AnyPlugin,
  type Machine,
} from "backplane";
import { withMachine } from "backplane/kit";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { KVM_HOSTS } from "backplane/plugins/sev/contract";
import { launchMeasurement } from "../../../plugins/sev/late/measurement.ts";
import { ModelKvmHost } from "../../../plugins/sev/late/model-kvm-host.ts";
import { saveArea, SNP_ACTIVE, type SaveAreaForm } from "../../../plugins/sev/late/save-area.ts";
import { seededKeys } from "../../../plugins/sev/late/key-source.ts";
import { SnpDigest, VMSA_ADDRESS } from "../../../plugins/sev/late/snp-digest.ts";
import type { HostOptions } from "../../../plugins/sev/options.ts";
import { OVMF_SECTION } from "../../../plugins/sev/ovmf-table.ts";
import { encrypted, run } from "./encrypted-machine.ts";
import { ovmfImage, withFile, withOddFile } from "./ovmf-image.ts";

const KEYS = seededKeys("backplane");
const RESET = 0x80b004;
const SECTIONS = [
  { base: 0x800000, length: 0x2000, type: OVMF_SECTION.memory },
  { base: 0x80d000, length: 0x1000, type: OVMF_SECTION.secrets },
  { base: 0x80e000, length: 0x1000, type: OVMF_SECTION.cpuid },
  { base: 0x80f000, length: 0x1000, type: OVMF_SECTION.kernelHashes },
];

const signatureOf = (machine: Machine): number => machine.service(CPUS).identity.signature;

function processors(machine: Machine, count: number, form: SaveAreaForm): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const start = index === 0 ? 0xffff_fff0 : RESET;
    const state = {
      signature: signatureOf(machine),
      codeBase: (start & 0xffff_0000) >>> 0,
      instruction: start & 0xffff,
    };
    return saveArea(state, form);
  });
}

describe("a SEV guest's image", () => {
  test("is in the place of the BIOS, is RAM, and is what was measured", () =>
    withFile(ovmfImage({ secret: 0x80f000 }), (firmware) =>
      withMachine(encrypted({ sev: { firmware } }), async (machine) => {
        const image = ovmfImage({ secret: 0x80f000 });
        const found = Buffer.alloc(image.length);
        const bios = machine.service(RAM_LIST).byIdstr("pc.bios");
        bios?.host.read(0, found);
        expect(found).toEqual(image);
        expect(bios?.region.readonly).toBe(false);
        const { data } = await run(machine, "query-sev-launch-measure");
        const nonce = KEYS.bytes("measurement nonce", 16);
        const digest = createHash("sha256").update(image).digest();
        const measured = { apiMajor: 1, apiMinor: 55, buildId: 21, policy: 1, digest, nonce };
        const key = KEYS.bytes("transport integrity key", 16);
        expect(data).toBe(Buffer.concat([launchMeasurement(key, measured), nonce]).toString("base64"));
      }),
    ));

  test("says where secrets go", () =>
    withFile(ovmfImage({ secret: 0x80f000 }), (firmware) =>
      withMachine(encrypted({ sev: { firmware } }), async (machine) => {
        const args = { "packet-header": "AAAA", secret: "AAAA" };
        await expect(run(machine, "sev-inject-launch-secret", args)).rejects.toThrow("Buffer too small");
      }),
    ));

  test("is not put back by a reset", () =>
    withFile(ovmfImage({}), (firmware) =>
      withMachine(encrypted({ sev: { firmware } }), (machine) => {
        const bios = machine.service(RAM_LIST).byIdstr("pc.bios");
        bios?.host.writeUint(0x1000, 1, 0x77);
        machine.reset("host-qmp-system-reset");
        expect(bios?.host.readUint(0x1000, 1)).toBe(0x77);
      }),
    ));

  test.each([
    ["missing", undefined],
    ["of an odd size", Buffer.alloc(1000)],
    ["empty", Buffer.alloc(0)],
  ])("that is %s is refused", (_what, contents) =>
    withFile(contents ?? "", async (file) => {
      const firmware = contents === undefined ? `${file}.gone` : file;
      await expect(withMachine(encrypted({ sev: { firmware } }), () => undefined)).rejects.toThrow(
        `qemu: could not load PC BIOS '${firmware}'`,
      );
    }),
  );

  test.each(["a pipe", "a device without end", "a folder", "a file that is too long"])(
    "that is %s is refused",
    (what) =>
      withOddFile(what, async (firmware) => {
        await expect(withMachine(encrypted({ sev: { firmware } }), () => undefined)).rejects.toThrow(
          `qemu: could not load PC BIOS '${firmware}'`,
        );
      }),
  );

  test("is of no use to a guest that is not encrypted", () =>
    withFile(ovmfImage({}), async (firmware) => {
      const options = encrypted({ sev: { firmware }, machine: { "confidential-guest-support": "" } });
      await expect(withMachine(options, () => undefined)).rejects.toThrow("this machine's guest is not one");
    }));
});

describe("a guest with encrypted registers", () => {
  const cpu = { topology: { cpus: 2 } };

  test.each([
    ["the older kind of virtual machine", "auto", "6.11", false],
    ["the newer kind, with what their FPUs hold", "off", "6.11", true],
    ["the newer kind on a kernel that does not copy that", "off", "before-6.10", false],
  ] as const)("has its processors measured, the second where the image says: %s", (_what, legacy, kernel, isCopied) =>
    withFile(ovmfImage({ reset: RESET }), (firmware) => {
      const guest = { policy: 5, "legacy-vm-type": legacy };
      return withMachine(encrypted({ sev: { firmware, host: { kernel } }, guest, cpu }), async (machine) => {
        const hash = createHash("sha256").update(ovmfImage({ reset: RESET }));
        const form = { features: 0, hasFloatingPoint: isCopied };
        for (const page of processors(machine, 2, form)) hash.update(page);
        const nonce = KEYS.bytes("measurement nonce", 16);
        const measured = { apiMajor: 1, apiMinor: 55, buildId: 21, policy: 5, digest: hash.digest(), nonce };
        const key = KEYS.bytes("transport integrity key", 16);
        const { data } = await run(machine, "query-sev-launch-measure");
        expect(data).toBe(Buffer.concat([launchMeasurement(key, measured), nonce]).toString("base64"));
      });
    }),
  );

  test("needs an image that says where they start", async () => {
    await expect(withMachine(encrypted({ guest: { policy: 5 } }), () => undefined)).rejects.toThrow(
      "SEV information block/Firmware GUID Table block not found in pflash rom",
    );
    await withFile(ovmfImage({ reset: 0 }), async (firmware) => {
      const options = encrypted({ guest: { policy: 5 }, sev: { firmware } });
      await expect(withMachine(options, () => undefined)).rejects.toThrow("SEV-ES reset address is zero");
    });
  });

  test("needs a host that is configured for it", async () => {
    const options = encrypted({ guest: { policy: 5 }, sev: { host: { es: false } } });
    await expect(withMachine(options, () => undefined)).rejects.toThrow(
      "guest policy requires SEV-ES, but host SEV-ES support unavailable",
    );
  });
});

describe("an SNP guest", () => {
  const snp = (firmware: string, guest = {}) => encrypted({ type: "sev-snp-guest", sev: { firmware }, guest });

  test("is launched with its image, the pages that this wants, and its processor", () =>
    withFile(ovmfImage({ reset: RESET, sections: SECTIONS }), (firmware) =>
      withMachine(snp(firmware), async (machine) => {
        expect(await run(machine, "query-sev")).toMatchObject({ state: "launch-update", "snp-policy": 0x30000 });
        await expect(run(machine, "query-sev-launch-measure")).rejects.toThrow(
          "SEV launch measurement is not available",
        );
        machine.service(MACHINE_CONTROL).cont();
        expect(machine.leaving).toBeUndefined();
        expect(await run(machine, "query-sev")).toMatchObject({ state: "running", "sev-type": "sev-snp" });
        await expect(
          machine.service(MIGRATION).start({ transport: "file", filename: "/dev/null", offset: 0 }),
        ).rejects.toThrow("SEV-SNP: Migration is not implemented");
      }),
    ));

  test("is launched with the digest of an ID block, or not at all", () =>
    withFile(ovmfImage({ reset: RESET, sections: SECTIONS }), (firmware) =>
      withMachine(snp(firmware, { "id-block": Buffer.alloc(96).toString("base64") }), (machine, log) => {
        machine.service(MACHINE_CONTROL).cont();
        expect(machine.leaving).toBe("host-error");
        expect(log.at(-1)?.message ?? "").toMatch(/SNP_LAUNCH_FINISH ret=-5 fw_error=22 'Invalid parameter'/);
      }),
    ));

  test("has a page of CPUID leaves, and one of keys", () =>
    withFile(ovmfImage({ reset: RESET, sections: SECTIONS }), (firmware) =>
      withMachine(snp(firmware), (machine) => {
        machine.service(MACHINE_CONTROL).cont();
        const memory = machine.service(SYSTEM_MEMORY);
        expect(memory.load(guestAddress(0x80e000), 4)).toBe(2);
        expect(memory.load(guestAddress(0x80e010), 4)).toBe(1);
        expect(memory.load(guestAddress(0x80e010 + 24), 4)).toBe(signatureOf(machine));
        const key = Buffer.alloc(32);
        memory.read(guestAddress(0x80d020), key);
        expect(key).toEqual(KEYS.bytes("key of privilege level 0", 32));
      }),
    ));

  test.each([
    ["without metadata", ovmfImage({ reset: RESET }), {}, "Failed to locate SEV metadata header"],
    [
      "that wants pages where there is no memory",
      ovmfImage({ reset: RESET, sections: [{ base: 0xb000_0000, length: 0x1000, type: 1 }] }),
      {},
      "snp_populate_metadata_pages: Failed to get HVA for GPA 0xb0000000 sz 0x1000",
    ],
    [
      "with a page for a kernel's hashes, and no kernel",
      ovmfImage({ reset: RESET, sections: SECTIONS }),
      { "kernel-hashes": true },
      "no kernel whose hashes could stand there",
    ],
    [
      "that wants a part of a page",
      ovmfImage({ reset: RESET, sections: [{ base: 0x800000, length: 0x800, type: 1 }] }),
      {},
      "SNP_LAUNCH_UPDATE ret=-22 fw_error=0 ''",
    ],
  ])("%s never runs", (_what, image, guest, text) =>
    withFile(image, (firmware) =>
      withMachine(snp(firmware, guest), (machine, log) => {
        machine.service(MACHINE_CONTROL).cont();
        expect(machine.leaving).toBe("host-error");
        expect(log.map(({ message }) => message).join("\n")).toContain(text);
      }),
    ),
  );

  test("has no system management mode", () =>
    withFile(ovmfImage({ reset: RESET, sections: SECTIONS }), async (firmware) => {
      const options = encrypted({ type: "sev-snp-guest", sev: { firmware }, machine: { smm: "on" } });
      await expect(withMachine(options, () => undefined)).rejects.toThrow("SEV-SNP does not support SMM.");
      await withMachine(encrypted({ type: "sev-snp-guest", sev: { firmware } }), (machine) => {
        expect(machine.service(MACHINE).properties.enabled("smm")).toBe(false);
      });
    }));
});

/** A third party's KVM: the model, at hand. */
function kvmAtHand(kernel: HostOptions["kernel"]): { readonly plugin: AnyPlugin; readonly host: () => ModelKvmHost } {
  let made: ModelKvmHost | undefined;
  const plugin = definePlugin({
    id: "kvm-at-hand",
    apiVersion: 1,
    summary: "the model, to be looked into",
    provides: [KVM_HOSTS],
    attach(machine) {
      const addresses = machine.use(HOST_ADDRESS_SPACE);
      const resources = machine.use(HOST_RESOURCES);
      const open = () =>
        (made = new ModelKvmHost({ options: { seed: "backplane", kernel }, faults: [], addresses, resources }));
      machine.provideValue(KVM_HOSTS, { open });
    },
  });
  return {
    plugin,
    host() {
      if (made === undefined) throw new Error("nobody has opened KVM");
      return made;
    },
  };
}

test.each([
  ["6.11", true],
  ["before-6.10", false],
] as const)("the digest of an SNP launch is that of its parts, in order, on Linux %s", (kernel, hasFloatingPoint) => {
  const image = ovmfImage({ reset: RESET, sections: SECTIONS });
  const { plugin, host } = kvmAtHand(kernel);
  return withFile(image, (firmware) => {
    const options = encrypted({
      type: "sev-snp-guest",
      sev: { firmware, host: undefined },
      cpu: { topology: { cpus: 2 } },
    });
    return withMachine({ ...options, with: [plugin] }, (machine) => {
      machine.service(MACHINE_CONTROL).cont();
      const digest = new SnpDigest();
      const base = 2 ** 32 - image.length;
      for (let at = 0; at < image.length; at += 4096) digest.add("normal", base + at, image.subarray(at, at + 4096));
      digest.add("zero", 0x800000);
      digest.add("zero", 0x801000);
      digest.add("secrets", 0x80d000);
      digest.add("cpuid", 0x80e000);
      digest.add("zero", 0x80f000);
      for (const page of processors(machine, 2, { features: SNP_ACTIVE, hasFloatingPoint }))
        digest.add("vmsa", VMSA_ADDRESS, page);
      expect(Buffer.from(host().launchDigest ?? [])).toEqual(digest.value);
    });
  });
});
