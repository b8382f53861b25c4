// Requests per second of a block device: straight into registered memory, against through a copy.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  ACCESS_BY_PROCESSOR,
  guestAddress,
  Machine,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type MachineDefinition,
} from "backplane";
import { machineTypes } from "../machines/index.ts";
import { BLOCK_RAM_REGISTRARS } from "../plugins/block-ram-registrar/contract.ts";
import { median, type BenchRow } from "./row.ts";

const BAR = 0xe000_0000;
const RING = 0x10_0000;
const HEADERS = 0x20_0000;
const DATA = 0x100_0000;
const DEPTH = 32;
const ROUNDS = 15;
/** Bytes that a round moves, at least, and requests. */
const ROUND_BYTES = 32 * 1024 * 1024;
const ROUND_REQUESTS = 1024;
const MEMORY = 128 * 1024 * 1024;
const DISK_SIZE = 64 * 1024 * 1024;
/** What the host locks when nothing is to be registered. */
const NOTHING = { limit: { bytes: 4096 } };

interface Disk {
  readonly machine: Machine;
  /** Microseconds for a request, with `DEPTH` under way. */
  measure(): Promise<number>;
}

function definition(node: { readonly [key: string]: string | number | boolean }, registrar: object): MachineDefinition {
  return {
    machine: { type: "q35", properties: {} },
    memory: { size: MEMORY, slots: 0, maxSize: MEMORY },
    cpu: { topology: {} },
    plugins: [],
    objects: [],
    devices: [{ driver: "virtio-blk-pci", properties: { drive: "n", addr: "1", cyls: 2, heads: 16, secs: 63 } }],
    options: {
      block: { value: { nodes: [{ "node-name": "n", ...node }] } },
      "block-ram-registrar": { value: registrar },
    },
    paused: true,
  };
}

async function open(
  node: { readonly [key: string]: string | number | boolean },
  registrar: object,
  length: number,
): Promise<Disk> {
  const machine = await Machine.create(definition(node, registrar), { types: machineTypes });
  const memory = machine.service(SYSTEM_MEMORY);
  const io = machine.service(SYSTEM_IO);
  const store = (address: number, value: number, size: 1 | 2 | 4 = 4): void =>
    void memory.store(guestAddress(address), value >>> 0, size, ACCESS_BY_PROCESSOR);
  const configure = (offset: number, value: number): void => {
    io.store(guestAddress(0xcf8), (0x8000_0800 | offset) >>> 0, 4);
    io.store(guestAddress(0xcfc), value, 4);
  };
  configure(0x20, BAR);
  configure(0x04, 6);
  const sizes = { 0x14: 1, 0x16: 2, 0x18: 2, 0x1c: 2 } as const;
  const common = (at: number, value: number): void => store(BAR + at, value, at in sizes ? sizes[at as 0x14] : 4);
  for (const [at, value] of [
    [0x14, 0],
    [0x14, 3],
    [0x08, 1],
    [0x0c, 1],
    [0x14, 0xb],
    [0x16, 0],
    [0x18, 4 * DEPTH],
    [0x20, RING],
    [0x28, RING + 0x1000],
    [0x30, RING + 0x2000],
    [0x1c, 1],
    [0x14, 0xf],
  ] as const)
    common(at, value);
  for (let index = 0; index < DEPTH; index++) {
    const header = HEADERS + 32 * index;
    store(header + 8, (index * length) / 512);
    const pieces = [
      [header, 16, 1],
      [DATA + index * length, length, 3],
      [header + 16, 1, 2],
    ];
    pieces.forEach(([address = 0, size = 0, flags = 0], part) => {
      const at = RING + 16 * (3 * index + part);
      store(at, address);
      store(at + 8, size);
      store(at + 12, flags | ((3 * index + part + 1) << 16));
    });
  }
  let submitted = 0;
  const batch = async (): Promise<void> => {
    for (let index = 0; index < DEPTH; index++)
      store(RING + 0x1004 + 2 * ((submitted + index) % (4 * DEPTH)), 3 * index, 2);
    submitted = (submitted + DEPTH) & 0xffff;
    store(RING + 0x1002, submitted, 2);
    store(BAR + 0x3000, 0, 2);
    while (memory.load(guestAddress(RING + 0x2002), 2) !== submitted)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const batches = Math.ceil(Math.max(ROUND_REQUESTS, ROUND_BYTES / length) / DEPTH);
  return {
    machine,
    async measure() {
      const begin = process.hrtime.bigint();
      for (let done = 0; done < batches; done++) await batch();
      return Number(process.hrtime.bigint() - begin) / (batches * DEPTH) / 1000;
    },
  };
}

async function compare(
  name: string,
  node: { readonly [key: string]: string | number | boolean },
  length: number,
): Promise<BenchRow> {
  const direct = await open(node, {}, length);
  const bounced = await open(node, NOTHING, length).catch(async (failure: unknown) => {
    await direct.machine.dispose();
    throw failure;
  });
  try {
    const times = { direct: [] as number[], bounced: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      // In turn first: what the host does meanwhile (caches, other processes) is nobody's in particular. A small read of
      // a file is the host's call and a switch of threads; the copy that is spared is a hundredth of it, and the ratio 1.
      const isDirectFirst = round % 2 === 0;
      if (isDirectFirst) times.direct.push(await direct.measure());
      times.bounced.push(await bounced.measure());
      if (!isDirectFirst) times.direct.push(await direct.measure());
    }
    const [registered] = direct.machine.service(BLOCK_RAM_REGISTRARS).all();
    const [refused] = bounced.machine.service(BLOCK_RAM_REGISTRARS).all();
    if (registered?.transfers.bounced !== 0 || refused?.transfers.direct !== 0)
      throw new Error("virtio-blk: requests went the wrong way");
    // Requests per second: more is better, so the times stand the other way round.
    const perSecond = (values: readonly number[]): number => 1e6 / median(values.slice(3));
    return {
      name,
      against: "a copy",
      ours: perSecond(times.direct),
      baseline: perSecond(times.bounced),
      unit: "requests/s",
    };
  } finally {
    await direct.machine.dispose();
    await bounced.machine.dispose();
  }
}

export async function bench(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(path.join(tmpdir(), "backplane-bench-"));
  const filename = path.join(folder, "disk.img");
  writeFileSync(filename, new Uint8Array(DISK_SIZE).fill(1));
  const nothing = { driver: "null-co", size: DISK_SIZE };
  const file = { driver: "file", filename, "read-only": true };
  try {
    return [
      await compare("reads of 4 KiB from nothing", nothing, 4096),
      await compare("reads of 128 KiB from nothing", nothing, 128 * 1024),
      await compare("reads of 4 KiB from a file", file, 4096),
      await compare("reads of 128 KiB from a file", file, 128 * 1024),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}
