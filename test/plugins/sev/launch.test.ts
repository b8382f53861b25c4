// A SEV guest's way through a machine: pinned, loaded, measured, given a secret, finished.
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { HOST_RESOURCES, MACHINE_CONTROL, RAM_LIST, RUN_STATES, SYSTEM_MEMORY, guestAddress } from "backplane";
import { withMachine } from "backplane/kit";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { launchMeasurement } from "../../../plugins/sev/late/measurement.ts";
import { seededKeys } from "../../../plugins/sev/late/key-source.ts";
import { bytesOf, encrypted, MIB, run } from "./encrypted-machine.ts";

const KEYS = seededKeys("backplane");
const integrity = KEYS.bytes("transport integrity key", 16);
const encryption = KEYS.bytes("transport encryption key", 16);
const nonce = KEYS.bytes("measurement nonce", 16);
const VERSION = { apiMajor: 1, apiMinor: 55, buildId: 21 };

/** A firmware of 256 KiB that is empty is what an ordinary machine of ours has. */
const emptyFirmware = createHash("sha256")
  .update(Buffer.alloc(256 * 1024))
  .digest();

describe("without KVM", () => {
  test("the machine says that it cannot", async () => {
    const options = encrypted({ sev: { host: undefined } });
    await expect(withMachine(options, () => undefined)).rejects.toThrow(
      "accelerator does not support confidential guest sev-guest",
    );
  });

  test("an SNP guest's memory cannot be allocated", async () => {
    const options = encrypted({ type: "sev-snp-guest", sev: { host: undefined } });
    await expect(withMachine(options, () => undefined)).rejects.toThrow(
      "cannot set up private guest memory for sev-snp-guest: KVM required",
    );
  });

  test("capabilities are KVM's", () =>
    withMachine(
      encrypted({ machine: { "confidential-guest-support": "" }, sev: { host: undefined } }),
      async (machine) => {
        await expect(run(machine, "query-sev-capabilities")).rejects.toThrow("KVM not enabled");
        expect(await run(machine, "query-sev")).toMatchObject({ enabled: false, state: "uninit", policy: 0 });
      },
    ));
});

describe("the launch", () => {
  test("goes from a measurement to a guest that runs", () =>
    withMachine(encrypted(), async (machine) => {
      expect(await run(machine, "query-sev")).toEqual({
        enabled: true,
        "api-major": 1,
        "api-minor": 55,
        "build-id": 21,
        state: "launch-secret",
        "sev-type": "sev",
        policy: 1,
        handle: 1,
      });
      machine.service(MACHINE_CONTROL).cont();
      expect(await run(machine, "query-sev")).toMatchObject({ state: "running" });
      expect(await run(machine, "query-sev-launch-measure")).toHaveProperty("data");
    }));

  test("measures the firmware as it stands in its block", () =>
    withMachine(encrypted(), async (machine) => {
      const { data } = await run(machine, "query-sev-launch-measure");
      const measured = { ...VERSION, policy: 1, digest: emptyFirmware, nonce };
      const expected = Buffer.concat([launchMeasurement(integrity, measured), nonce]);
      expect(data).toBe(expected.toString("base64"));
    }));

  test("measures the policy", () =>
    withMachine(encrypted({ guest: { policy: 3 } }), async (machine) => {
      const { data } = await run(machine, "query-sev-launch-measure");
      const measured = { ...VERSION, policy: 3, digest: emptyFirmware, nonce };
      expect(data).toBe(Buffer.concat([launchMeasurement(integrity, measured), nonce]).toString("base64"));
    }));

  test("is another one with another seed, and random without", async () => {
    const measurements: unknown[] = [];
    for (const seed of ["one", "two", undefined, undefined]) {
      await withMachine(encrypted({ sev: { host: { seed } } }), async (machine) => {
        measurements.push((await run(machine, "query-sev-launch-measure"))["data"]);
      });
    }
    expect(new Set(measurements).size).toBe(4);
  });
});

describe("secrets", () => {
  const secret = Buffer.from("a secret of 32 bytes, encrypted.");

  /** The guest owner's side: the packet of a secret for the measurement that was told. */
  function packet(measurement: Uint8Array): { header: string; data: string } {
    const iv = Buffer.alloc(16, 7);
    const data = createCipheriv("aes-128-ctr", encryption, iv).update(secret);
    const head = Buffer.concat([Buffer.alloc(4), iv]);
    const lengths = Buffer.alloc(8);
    lengths.writeUInt32LE(data.length, 0);
    lengths.writeUInt32LE(data.length, 4);
    const mac = createHmac("sha256", integrity)
      .update(Buffer.concat([Uint8Array.of(1), head, lengths, data, measurement]))
      .digest();
    return { header: Buffer.concat([head, mac]).toString("base64"), data: data.toString("base64") };
  }

  test("stand in the guest's memory, as the guest sees it", () =>
    withMachine(encrypted(), async (machine) => {
      const measured = bytesOf(await run(machine, "query-sev-launch-measure"));
      const { header, data } = packet(measured.subarray(0, 32));
      await run(machine, "sev-inject-launch-secret", { "packet-header": header, secret: data, gpa: 0x100000 });
      const found = Buffer.alloc(secret.length);
      machine.service(SYSTEM_MEMORY).read(guestAddress(0x100000), found);
      expect(found).toEqual(secret);
    }));

  test("are refused when they are for another launch", () =>
    withMachine(encrypted(), async (machine) => {
      const { header, data } = packet(Buffer.alloc(32));
      const args = { "packet-header": header, secret: data, gpa: 0x100000 };
      await expect(run(machine, "sev-inject-launch-secret", args)).rejects.toThrow(
        "SEV: failed to inject secret ret=-5 fw_error=11 'Bad measurement'",
      );
    }));

  test.each([
    [{ "packet-header": "AAAA", secret: "AAAA" }, "SEV: no secret area found in OVMF, gpa must be specified."],
    [{ "packet-header": "?", secret: "AAAA", gpa: 0 }, "SEV: Failed to decode sequence header"],
    [{ "packet-header": "AAAA", secret: "", gpa: 0 }, "SEV: Failed to decode data"],
    [
      { "packet-header": "AAAA", secret: "AAAA", gpa: 2 ** 40 },
      "SEV: Failed to calculate guest address: No memory is mapped at address 0x10000000000",
    ],
    [{ "packet-header": "AAAA", secret: "AAAA", gpa: 0 }, "ret=-5 fw_error=4 'Buffer too small'"],
  ])("%o: %s", (args, text) =>
    withMachine(encrypted(), async (machine) => {
      await expect(run(machine, "sev-inject-launch-secret", args)).rejects.toThrow(text);
    }),
  );

  test("come before the guest runs", () =>
    withMachine(encrypted(), async (machine) => {
      machine.service(MACHINE_CONTROL).cont();
      const args = { "packet-header": "AAAA", secret: "AAAA", gpa: 0 };
      await expect(run(machine, "sev-inject-launch-secret", args)).rejects.toThrow(
        "SEV: Not in correct state. (LSECRET) 3",
      );
    }));
});

describe("migration", () => {
  test("is blocked from the moment the guest runs", () =>
    withMachine(encrypted(), async (machine) => {
      const migrate = () => machine.service(MIGRATION).start({ transport: "file", filename: "/dev/null", offset: 0 });
      machine.service(MACHINE_CONTROL).cont();
      await expect(migrate()).rejects.toThrow("SEV: Migration is not implemented");
      expect(await run(machine, "query-migrate")).toMatchObject({
        "blocked-reasons": ["SEV: Migration is not implemented"],
      });
    }));
});

describe("memory", () => {
  test("is pinned as a whole: what it may grow to as well", () =>
    withMachine(encrypted(), (machine) => {
      const blocks = machine.service(RAM_LIST).blocks();
      const bytes = blocks.reduce((sum, { maxLength }) => sum + maxLength, 0);
      expect(outstanding(machine, "sev pinned bytes")).toBe(bytes);
      expect(outstanding(machine, "sev regions")).toBe(blocks.length);
    }));

  test("beyond the limit ends the build, in the peer's words", async () => {
    await expect(withMachine(encrypted({ sev: { host: { memlockLimit: MIB } } }), () => undefined)).rejects.toThrow(
      /sev_ram_block_added: failed to register region \(0x[0-9a-f]+\+0x1000000\) error 'Cannot allocate memory'/,
    );
  });

  test("that is plugged later and cannot be pinned ends the machine", () =>
    withMachine(encrypted({ sev: { host: { memlockLimit: 20 * MIB } } }), async (machine, log) => {
      const args = { "qom-type": "memory-backend-ram", id: "m1", size: 8 * MIB };
      const { USER_OBJECTS } = await import("backplane");
      expect(() =>
        machine.service(USER_OBJECTS).create({ type: "memory-backend-ram", id: "m1", properties: { size: args.size } }),
      ).toThrow("failed to register region");
      expect(machine.leaving).toBe("host-error");
      expect(log.some(({ message }) => message.includes("Cannot allocate memory"))).toBe(true);
    }));

  test("of a device is left alone", () =>
    withMachine(encrypted(), async (machine) => {
      const { byteLength, MEMORY_REGIONS } = await import("backplane");
      const before = outstanding(machine, "sev pinned bytes");
      machine.service(MEMORY_REGIONS).ram("bar", byteLength(MIB), { ramDevice: true, idstr: null });
      expect(outstanding(machine, "sev pinned bytes")).toBe(before);
    }));

  test("may not be given back while the guest is encrypted", () =>
    withMachine(encrypted(), async (machine) => {
      const { RAM_DISCARD } = await import("backplane");
      expect(machine.service(RAM_DISCARD).isDisabled).toBe(true);
    }));
});

function outstanding(machine: Parameters<typeof run>[0], name: string): number {
  const resource = machine
    .service(HOST_RESOURCES)
    .all()
    .find((each) => each.name === name);
  return resource?.outstanding() ?? -1;
}

test("a run state other than running finishes nothing", () =>
  withMachine(encrypted(), async (machine) => {
    expect(machine.service(RUN_STATES).current).toBe("prelaunch");
    expect(await run(machine, "query-sev")).toMatchObject({ state: "launch-secret" });
  }));
