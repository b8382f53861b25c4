// What a guest's GUID comes to where its machine was loaded from a stream: Microsoft, "Virtual Machine Generation ID"
// (August 2012), "When the generation ID should change".
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  COMMANDS,
  guestAddress,
  MiB,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type JsonObject,
  type Machine,
  type OptionValues,
} from "backplane";
import { withMachine, type TestMachineOptions } from "backplane/kit";
import { SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { FW_CFG } from "backplane/plugins/fw-cfg/contract";
import { ICH9 } from "backplane/plugins/ich9/contract";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { VMGENID } from "backplane/plugins/vmgenid/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import q35 from "../../../machines/q35.ts";
import { guidBytes, guidText } from "../../../plugins/vmgenid/guid.ts";

const SOURCE = "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb87";
const OTHER = "11111111-2222-4333-8444-555555555555";
const GPE_BIT = 1 << 5;

let folder = "";
/** The stream of a booted machine with the GUID `SOURCE`. */
let stream = "";
let address = 0;
beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "backplane-vmgenid-"));
  stream = path.join(folder, "stream");
  await withSource(async (machine) => {
    address = machine.service(VMGENID).guestAddress;
    await migrate(machine, `file:${stream}`);
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const client = { id: "test", onClose: () => ({ dispose: () => undefined }) };
const run = (machine: Machine, name: string, args: JsonObject = {}) =>
  machine.service(COMMANDS).find(name)?.run(args, client);

async function migrate(machine: Machine, uri: string): Promise<void> {
  await run(machine, "migrate", { uri });
  expect(await machine.service(MIGRATION).settled()).toBe("completed");
}

const options = (guid: string, more: TestMachineOptions["options"] = {}): TestMachineOptions => ({
  type: q35,
  machine: { type: q35.name, properties: {} },
  memory: { size: 64 * MiB, slots: 0, maxSize: 64 * MiB },
  devices: [{ driver: "vmgenid", properties: { guid } satisfies OptionValues }],
  options: more,
});

/** A machine whose firmware has put the GUID into guest memory. */
const withSource = (use: (machine: Machine) => Promise<void>): Promise<void> =>
  withMachine(options(SOURCE), async (machine) => {
    machine.cont();
    await machine.idle();
    expect(machine.service(VMGENID).guestAddress).toBeGreaterThan(0);
    await use(machine);
  });

interface Arrived {
  readonly machine: Machine;
  /** What the guest finds where its GUID is. */
  readonly guests: string;
  readonly wasTold: boolean;
}

/** Where the firmware put it. */
function decodePowerManagement(machine: Machine): void {
  const io = machine.service(SYSTEM_IO);
  for (const [register, value] of [
    [0x40, 0x601],
    [0x44, 0x80],
  ] as const) {
    io.store(guestAddress(0xcf8), (0x8000_f800 | register) >>> 0, 4);
    io.store(guestAddress(0xcfc), value, 4);
  }
}

/** A machine that was loaded from `uri`, before its guest goes on; `meanwhile` sends, where the stream is not there yet. */
function arrive<T>(
  uri: string,
  guid: string,
  vmgenid: JsonObject,
  look: (arrived: Arrived) => T | Promise<T>,
  meanwhile?: () => Promise<void>,
): Promise<T> {
  const more = { migration: { value: { incoming: uri } }, vmgenid: { value: vmgenid } };
  return withMachine(options(guid, more), async (machine) => {
    const migration = machine.service(MIGRATION);
    const completed = new Promise<void>((resolve, reject) => {
      const ended = (): void => {
        const { status, error } = migration.incoming ?? {};
        if (status === "completed") resolve();
        if (status === "failed") reject(new Error(error));
      };
      migration.onIncoming(ended);
      ended();
    });
    await meanwhile?.();
    await completed;
    const bytes = new Uint8Array(16);
    machine.service(SYSTEM_MEMORY).read(guestAddress(address), bytes);
    decodePowerManagement(machine);
    const { gpe0 } = machine.service(ICH9);
    const status = machine.service(SYSTEM_IO).load(guestAddress(gpe0.base), 1);
    return look({ machine, guests: guidText(bytes), wasTold: (status & GPE_BIT) !== 0 });
  });
}

const restore = <T>(guid: string, vmgenid: JsonObject, look: (arrived: Arrived) => T | Promise<T>): Promise<T> =>
  arrive(`file:${stream}`, guid, vmgenid, look);

/** A live migration over a socket. */
function move<T>(guid: string, look: (arrived: Arrived) => T | Promise<T>): Promise<T> {
  const socket = path.join(folder, `${guid}.sock`);
  return arrive(`unix:${socket}`, guid, {}, look, () => withSource((machine) => migrate(machine, `unix:${socket}`)));
}

const query = async (machine: Machine): Promise<unknown> =>
  ((await run(machine, "query-vm-generation-id")) as { readonly guid: string }).guid;

describe("the GUID of a machine that was restored", () => {
  test("is a new one, which the guest has in its memory and is told of", () =>
    restore("auto", {}, async ({ machine, guests, wasTold }) => {
      expect(guests).not.toBe(SOURCE);
      expect([await query(machine), wasTold]).toEqual([guests, true]);
      const levels: boolean[] = [];
      const { pmBase, gpe0, sciInterrupt } = machine.service(ICH9);
      machine.service(SYSTEM_INTERRUPTS).connect((line, level) => line === sciInterrupt && levels.push(level));
      // The guest's ACPI is on, and now it wants to know of the event.
      const io = machine.service(SYSTEM_IO);
      io.store(guestAddress(pmBase + 4), 1, 2);
      io.store(guestAddress(gpe0.base + gpe0.length / 2), GPE_BIT, 1);
      expect(levels.at(-1)).toBe(true);
    }));

  test("differs from that of another copy of the same stream", async () => {
    const copies: string[] = [];
    for (const _copy of [1, 2]) await restore("auto", {}, ({ guests }) => copies.push(guests));
    expect(new Set([SOURCE, ...copies]).size).toBe(3);
  });

  test("is what management says, and no news to the guest that has it", async () => {
    await restore(OTHER, {}, ({ guests, wasTold }) => expect([guests, wasTold]).toEqual([OTHER, true]));
    await restore(SOURCE, {}, ({ guests, wasTold }) => expect([guests, wasTold]).toEqual([SOURCE, false]));
  });

  test("is told as the peer does, also when it is the same, where that is asked for", () =>
    restore(SOURCE, { incoming: "qemu-10.0" }, ({ guests, wasTold }) =>
      expect([guests, wasTold]).toEqual([SOURCE, true]),
    ));

  test("is another one even where each machine is to get the same: repeatably", async () => {
    const next = "324e6eaf-d1d1-4bf6-bf41-b9bb6c91fb88";
    await restore("auto", { auto: SOURCE }, ({ guests, wasTold }) => expect([guests, wasTold]).toEqual([next, true]));
    await restore("auto", { auto: OTHER }, ({ guests }) => expect(guests).toBe(OTHER));
  });

  test("is new as well when a program brought the stream", () =>
    arrive(`exec:cat ${stream}`, "auto", {}, ({ guests, wasTold }) => {
      expect(guests).not.toBe(SOURCE);
      expect(wasTold).toBe(true);
    }));
});

describe("the GUID of a machine that has moved", () => {
  test("is the guest's, which is not told anything; the firmware will find it again", () =>
    move("auto", async ({ machine, guests, wasTold }) => {
      expect([guests, wasTold, await query(machine)]).toEqual([SOURCE, false, SOURCE]);
      const fwCfg = machine.service(FW_CFG);
      fwCfg.select(fwCfg.file("etc/vmgenid_guid")?.key ?? 0);
      expect(fwCfg.read(56).subarray(40)).toEqual(guidBytes(SOURCE));
    }));

  test("is what management says", async () => {
    await move(SOURCE, ({ guests, wasTold }) => expect([guests, wasTold]).toEqual([SOURCE, false]));
    await move(OTHER, ({ guests, wasTold }) => expect([guests, wasTold]).toEqual([OTHER, true]));
  });
});
