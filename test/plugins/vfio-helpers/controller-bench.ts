import { FileClaims } from "../../../plugins/vfio-helpers/model/nvme/file-claims.ts";
import { NvmeController, type NvmeControllerOptions } from "../../../plugins/vfio-helpers/model/nvme/controller.ts";

export const PAGE = 4096;
export const MEMORY = 256 * PAGE;

const DEFAULTS: NvmeControllerOptions = {
  address: "0000:01:00.0",
  viable: true,
  serial: "S1",
  model: "M1",
  mdts: 2,
  doorbellStride: 0,
  queueEntries: 64,
  writeCache: true,
  readyAfterMs: 2,
  readyTimeoutMs: 1000,
  namespaces: [{ size: 64 * PAGE, blockSize: 512, readOnly: false }],
};

export interface Fields {
  readonly opcode: number;
  readonly flags?: number;
  readonly id?: number;
  readonly namespace?: number;
  readonly prp1?: number;
  readonly prp2?: number;
  readonly dwords?: { readonly [index: number]: number };
}

/** A controller whose memory is a megabyte at IOVA 0, with rings of eight entries at its start. */
export class ControllerBench {
  readonly memory = Buffer.alloc(MEMORY);
  readonly controller: NvmeController;
  readonly signals: number[] = [];
  readonly #entries = 8;
  readonly #tails = [0, 0];
  readonly #heads = [0, 0];
  readonly #phases = [1, 1];
  #now = 0;

  constructor(options: Partial<NvmeControllerOptions> = {}) {
    const time = { now: () => this.#now, pause: () => void this.#now++ };
    this.controller = new NvmeController({ ...DEFAULTS, ...options }, time, new FileClaims());
    const inside = (iova: number, length: number): boolean => iova >= 0 && iova + length <= MEMORY;
    this.controller.connect({
      read: (iova, into) => {
        if (!inside(iova, into.length)) return false;
        into.set(this.memory.subarray(iova, iova + into.length));
        return true;
      },
      write: (iova, from) => {
        if (!inside(iova, from.length)) return false;
        this.memory.set(from, iova);
        return true;
      },
      signal: (vector) => void this.signals.push(vector),
    });
  }

  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }

  read(offset: number): number {
    return this.controller.readRegister(offset);
  }

  write(offset: number, value: number): void {
    this.controller.writeRegister(offset, value);
  }

  /** Rings at pages 1 to 4: admin submissions and completions, then those of queue 1. */
  enable(cc = 0x0046_0001): void {
    this.write(0x24, (this.#entries - 1) * 0x10001);
    this.write(0x28, PAGE);
    this.write(0x30, 2 * PAGE);
    this.write(0x14, cc);
    this.pass(2);
  }

  async start(): Promise<this> {
    this.enable();
    await this.run(0, { opcode: 5, prp1: 4 * PAGE, dwords: { 10: 0x0007_0001, 11: 0x0001_0003 } });
    await this.run(0, { opcode: 1, prp1: 3 * PAGE, dwords: { 10: 0x0007_0001, 11: 0x0001_0001 } });
    return this;
  }

  /** Puts a command into a ring and tells the controller. */
  submit(queue: 0 | 1, { opcode, flags = 0, id = 1, namespace = 1, prp1 = 0, prp2 = 0, dwords = {} }: Fields): void {
    const tail = this.#tails[queue] ?? 0;
    const at = (queue === 0 ? PAGE : 3 * PAGE) + tail * 64;
    this.memory.fill(0, at, at + 64);
    this.memory.writeUInt8(opcode, at);
    this.memory.writeUInt8(flags, at + 1);
    this.memory.writeUInt16LE(id, at + 2);
    this.memory.writeUInt32LE(namespace, at + 4);
    for (const [offset, value] of [
      [24, prp1],
      [32, prp2],
    ] as const) {
      this.memory.writeUInt32LE(value % 2 ** 32, at + offset);
      this.memory.writeUInt32LE(Math.floor(value / 2 ** 32), at + offset + 4);
    }
    for (const [index, value] of Object.entries(dwords)) this.memory.writeUInt32LE(value >>> 0, at + Number(index) * 4);
    this.#tails[queue] = (tail + 1) % this.#entries;
    this.write(0x1000 + queue * 8, this.#tails[queue] ?? 0);
  }

  /** The next completion of a queue, if there is one. */
  take(queue: 0 | 1): { readonly id: number; readonly status: number; readonly result: number } | undefined {
    const head = this.#heads[queue] ?? 0;
    const at = (queue === 0 ? 2 * PAGE : 4 * PAGE) + head * 16;
    const last = this.memory.readUInt32LE(at + 12);
    if (((last >>> 16) & 1) !== this.#phases[queue]) return undefined;
    this.#heads[queue] = (head + 1) % this.#entries;
    if (this.#heads[queue] === 0) this.#phases[queue] = 1 - (this.#phases[queue] ?? 0);
    this.write(0x1004 + queue * 8, this.#heads[queue] ?? 0);
    return { id: last & 0xffff, status: (last >>> 17) & 0x7ff, result: this.memory.readUInt32LE(at) };
  }

  /** Runs a command to its end. */
  async run(queue: 0 | 1, fields: Fields): Promise<{ readonly status: number; readonly result: number }> {
    this.submit(queue, fields);
    return this.completion(queue);
  }

  async completion(queue: 0 | 1): Promise<{ readonly id: number; readonly status: number; readonly result: number }> {
    for (let turn = 0; turn < 1000; turn++) {
      const taken = this.take(queue);
      if (taken !== undefined) return taken;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    throw new Error("never completed");
  }

  /** What was begun in memory is done by then. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 5; turn++) {
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
  }

  close(): void {
    this.controller.connect(undefined);
    this.controller.close();
  }
}
