// The modelled KVM by itself: whom it refuses, and how. Property: what is pinned is what is registered, whatever the order.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  byteLength,
  guestAddress,
  HOST_ADDRESS_SPACE,
  HOST_RESOURCES,
  HostCallError,
  MEMORY_REGIONS,
  type HostAddress,
  type Machine,
  type RAMBlock,
} from "backplane";
import { withMachine } from "backplane/kit";
import { FirmwareCommandError } from "backplane/plugins/sev/contract";
import { ModelKvmHost, type ModelRequest } from "../../../plugins/sev/late/model-kvm-host.ts";

const PAGE = 4096;
const BLOCK = 64 * PAGE;

interface World {
  readonly host: ModelKvmHost;
  readonly block: RAMBlock;
  readonly machine: Machine;
}

function withHost(options: ModelRequest["options"], use: (world: World) => void): Promise<void> {
  return withMachine({}, (machine) => {
    const region = machine.service(MEMORY_REGIONS).ram("memory", byteLength(BLOCK));
    const { ramBlock } = region;
    if (ramBlock === undefined) throw new Error("a ram region has no block");
    const host = new ModelKvmHost({
      options: { seed: "model", ...options },
      faults: [],
      addresses: machine.service(HOST_ADDRESS_SPACE),
      resources: machine.service(HOST_RESOURCES),
    });
    use({ host, block: ramBlock, machine });
    host.dispose();
  });
}

const START = { handle: 0, policy: 1, certificate: undefined, session: undefined };
const SNP_START = { policy: 0x30000n, guestVisibleWorkarounds: new Uint8Array(16) };

/** The errno of a call that fails, with what the firmware said behind it. */
function refusal(call: () => unknown): string {
  try {
    call();
  } catch (failure) {
    if (failure instanceof FirmwareCommandError) return `${failure.code} ${failure.firmwareError}`;
    if (failure instanceof HostCallError) return failure.code;
    throw failure;
  }
  return "accepted";
}

describe("a virtual machine", () => {
  test("is encrypted once, by the call for its type", () =>
    withHost({}, ({ host }) => {
      expect(refusal(() => host.initialize2())).toBe("EINVAL");
      host.initialize(false);
      expect(refusal(() => host.initialize(false))).toBe("EINVAL");
    }));

  test("of a newer type takes the newer call", () =>
    withHost({}, ({ host }) => {
      host.createVm("sev");
      expect(refusal(() => host.initialize(false))).toBe("EINVAL");
      expect(refusal(() => host.initialize2())).toBe("accepted");
    }));

  test.each([
    [{ sev: false }, "ENOTTY"],
    [{ asids: 0 }, "EBUSY"],
  ])("on a host with %o: %s", (options, code) =>
    withHost(options, ({ host }) => expect(refusal(() => host.initialize(false))).toBe(code)),
  );

  test("that is not encrypted has no commands and no regions", () =>
    withHost({}, ({ host, block }) => {
      expect(refusal(() => host.registerRegion(block.hostAddress, BLOCK))).toBe("ENOTTY");
      expect(refusal(() => host.launchStart(START))).toBe("ENOTTY");
      expect(refusal(() => host.snpLaunchStart(SNP_START))).toBe("ENOTTY");
    }));

  test("of SNP takes no commands of SEV, and the other way round", () =>
    withHost({}, ({ host }) => {
      host.createVm("snp");
      host.initialize2();
      expect(refusal(() => host.launchStart(START))).toBe("EPERM");
      expect(refusal(() => host.snpLaunchStart(SNP_START))).toBe("accepted");
    }));
});

describe("regions", () => {
  const pinning = (options: ModelRequest["options"], use: (world: World) => void) =>
    withHost(options, (world) => {
      world.host.initialize(false);
      use(world);
    });

  test("are taken twice, and counted twice", () =>
    pinning({}, ({ host, block }) => {
      host.registerRegion(block.hostAddress, BLOCK);
      host.registerRegion(block.hostAddress, BLOCK);
      expect(host.pinnedBytes).toBe(2 * BLOCK);
      host.unregisterRegion(block.hostAddress, BLOCK);
      expect(host.pinnedBytes).toBe(BLOCK);
    }));

  test("are unregistered as they were registered", () =>
    pinning({}, ({ host, block }) => {
      host.registerRegion(block.hostAddress, BLOCK);
      expect(refusal(() => host.unregisterRegion(block.hostAddress, PAGE))).toBe("EINVAL");
      expect(refusal(() => host.unregisterRegion((block.hostAddress + PAGE) as HostAddress, BLOCK))).toBe("EINVAL");
    }));

  test("have a length, are mapped, and fit the limit", () =>
    pinning({ memlockLimit: BLOCK }, ({ host, block }) => {
      expect(refusal(() => host.registerRegion(block.hostAddress, 0))).toBe("EINVAL");
      expect(refusal(() => host.registerRegion((block.hostAddress - PAGE) as HostAddress, PAGE))).toBe("ENOMEM");
      expect(refusal(() => host.registerRegion(block.hostAddress, BLOCK + 1))).toBe("ENOMEM");
      expect(refusal(() => host.registerRegion(block.hostAddress, BLOCK))).toBe("accepted");
      expect(refusal(() => host.registerRegion(block.hostAddress, 1))).toBe("ENOMEM");
    }));

  test("are pinned in whole pages", () =>
    pinning({}, ({ host, block }) => {
      host.registerRegion((block.hostAddress + PAGE - 1) as HostAddress, 2);
      expect(host.pinnedBytes).toBe(2 * PAGE);
    }));

  test("pin what they say, whatever comes and goes", () => {
    const step = fc.record({ add: fc.boolean(), page: fc.nat(63), pages: fc.integer({ min: 1, max: 16 }) });
    return fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) =>
        pinning({ memlockLimit: 32 * PAGE }, ({ host, block }) => {
          const held: string[] = [];
          const size = (): number => held.reduce((sum, key) => sum + Number(key.split("+")[1]), 0);
          for (const { add, page, pages } of steps) {
            const address = (block.hostAddress + page * PAGE) as HostAddress;
            const key = `${page}+${pages}`;
            const isMapped = page + pages <= 64;
            if (add) {
              const fits = size() + pages <= 32 && isMapped;
              expect(refusal(() => host.registerRegion(address, pages * PAGE))).toBe(fits ? "accepted" : "ENOMEM");
              if (fits) held.push(key);
            } else {
              const at = held.indexOf(key);
              expect(refusal(() => host.unregisterRegion(address, pages * PAGE))).toBe(at < 0 ? "EINVAL" : "accepted");
              if (at >= 0) held.splice(at, 1);
            }
            expect(host.pinnedBytes).toBe(size() * PAGE);
          }
        }),
      ),
      { numRuns: 25 },
    );
  });
});

describe("a launch", () => {
  const INVALID_STATE = "EIO 2";
  const launching = (use: (world: World) => void) =>
    withHost({}, (world) => {
      world.host.initialize(false);
      world.host.launchStart(START);
      use(world);
    });

  test("has states, and each command its own", () =>
    withHost({}, ({ host, block }) => {
      const data = () => host.launchUpdateData(block.hostAddress, 16);
      host.initialize(false);
      expect(refusal(data)).toBe("EIO 16");
      expect(host.launchStart(START)).toBe(1);
      expect(refusal(() => host.launchStart(START))).toBe(INVALID_STATE);
      expect(refusal(() => host.launchFinish())).toBe(INVALID_STATE);
      expect(refusal(data)).toBe("accepted");
      expect(host.guestStatus()).toEqual({ handle: 1, policy: 1, state: 1 });
      expect(host.launchMeasure()).toHaveLength(48);
      expect(refusal(data)).toBe(INVALID_STATE);
      expect(refusal(() => host.launchMeasure())).toBe(INVALID_STATE);
      expect(host.guestStatus().state).toBe(2);
      host.launchFinish();
      expect(host.guestStatus().state).toBe(3);
      expect(refusal(() => host.launchFinish())).toBe(INVALID_STATE);
    }));

  test("takes data in units of 16 bytes", () =>
    launching(({ host, block }) => {
      expect(refusal(() => host.launchUpdateData((block.hostAddress + 8) as HostAddress, 16))).toBe("EIO 9");
      expect(refusal(() => host.launchUpdateData(block.hostAddress, 15))).toBe("EIO 4");
      expect(refusal(() => host.launchUpdateData(block.hostAddress, 0))).toBe("EINVAL");
      expect(host.pinnedBytes).toBe(0);
    }));

  test("measures what stands in memory, in the order in which it is told of it", async () => {
    const digests: string[] = [];
    for (const order of [
      [0, 1],
      [1, 0],
    ]) {
      await launching(({ host, block }) => {
        block.host.fill(0, PAGE, 0xaa);
        block.host.fill(PAGE, PAGE, 0xbb);
        for (const page of order) host.launchUpdateData((block.hostAddress + page * PAGE) as HostAddress, PAGE);
        digests.push(Buffer.from(host.launchDigest ?? []).toString("hex"));
      });
    }
    expect(new Set(digests).size).toBe(2);
  });

  test.each([
    ["a handle of another guest", { handle: 2 }, "EIO 16"],
    ["a firmware that is newer than this one", { policy: 0xff_01_00_01 }, "EIO 7"],
    ["a firmware of this version", { policy: 0x37_01_00_01 }, "accepted"],
    ["encrypted registers without the call for them", { policy: 5 }, "EIO 7"],
    ["a blob that is too long", { certificate: new Uint8Array(16 * 1024 + 1) }, "EINVAL"],
    ["a certificate that is none", { certificate: new Uint8Array(100) }, "EIO 6"],
  ])("of %s: %s", (_what, change, code) =>
    withHost({}, ({ host }) => {
      host.initialize(false);
      expect(refusal(() => host.launchStart({ ...START, ...change }))).toBe(code);
    }),
  );
});

describe("an SNP launch", () => {
  const launching = (use: (world: World) => void) =>
    withHost({}, (world) => {
      world.host.createVm("snp");
      world.host.initialize2();
      use(world);
    });

  test.each([
    ["no bit that must be set", 0x10000n, "EINVAL"],
    ["bits that mean nothing", 0x230000n, "EINVAL"],
    ["a migration agent", 0x70000n, "EINVAL"],
    ["a single socket", 0x130000n, "EINVAL"],
    ["a single thread for each core", 0x20000n, "EINVAL"],
    ["debugging", 0xb0000n, "accepted"],
    ["a newer firmware", 0x30200n, "EIO 7"],
    ["nothing special", 0x30000n, "accepted"],
  ])("with a policy of %s: %s", (_what, policy, code) =>
    launching(({ host }) => expect(refusal(() => host.snpLaunchStart({ ...SNP_START, policy }))).toBe(code)),
  );

  test("takes pages that are private, each once", () =>
    launching(({ host, block }) => {
      const update = {
        guestAddress: guestAddress(0),
        address: block.hostAddress,
        length: PAGE,
        type: "normal",
      } as const;
      expect(refusal(() => host.snpLaunchUpdate(update))).toBe("EINVAL");
      host.snpLaunchStart(SNP_START);
      expect(refusal(() => host.snpLaunchUpdate(update))).toBe("EINVAL");
      host.setPrivate(guestAddress(0), PAGE);
      expect(refusal(() => host.snpLaunchUpdate({ ...update, length: 100 }))).toBe("EINVAL");
      expect(refusal(() => host.snpLaunchUpdate(update))).toBe("accepted");
      expect(refusal(() => host.snpLaunchUpdate(update))).toBe("EEXIST");
      expect(refusal(() => host.setPrivate(guestAddress(0), 100))).toBe("EINVAL");
    }));

  test("zeroes pages that are to be zero, and leaves what is not measured as it is", () =>
    launching(({ host, block }) => {
      host.snpLaunchStart(SNP_START);
      host.setPrivate(guestAddress(0), 2 * PAGE);
      block.host.fill(0, 2 * PAGE, 0xcc);
      const at = { address: block.hostAddress, length: PAGE };
      host.snpLaunchUpdate({ ...at, guestAddress: guestAddress(0), type: "zero" });
      expect(block.host.readUint(0, 4)).toBe(0);
      const next = (block.hostAddress + PAGE) as HostAddress;
      host.snpLaunchUpdate({ address: next, length: PAGE, guestAddress: guestAddress(PAGE), type: "unmeasured" });
      expect(block.host.readUint(PAGE, 4)).toBe(0xcccccccc);
    }));
});
