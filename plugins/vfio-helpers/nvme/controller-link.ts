// Brings a controller up (NVM Express 1.4 §7.6.1) and holds its queues.
import type { HostAddressSpace, Logger } from "backplane";
import { VFIO_PCI_IRQ, type VfioHelpers, type VfioMappedRegion, type VfioPciDevice } from "../contract.ts";
import { vfioErrors } from "../errors.ts";
import {
  ADMIN,
  CNS,
  CREATE_CONTIGUOUS,
  CREATE_INTERRUPTS,
  doorbell,
  FEATURE,
  IDENTIFY_LENGTH,
} from "../nvm-express.ts";
import { faultOf, type CommandFields } from "./command.ts";
import { ControllerRegisters } from "./controller-registers.ts";
import { allocateMemory, type DriverMemory } from "./driver-memory.ts";
import { nvmeFailure } from "./failure.ts";
import { readController, readNamespace, type ControllerIdentity } from "./identify.ts";
import { LOST, QueuePair } from "./queue-pair.ts";

/** Enough for the doorbells of two queues at the widest stride. */
const BAR_LENGTH = doorbell(2, "sq", 15);
const WATCH_MS = 100;

export interface LinkParts {
  readonly helpers: VfioHelpers;
  readonly space: HostAddressSpace;
  readonly log: Logger;
  readonly device: string;
  readonly namespace: number;
  /** `cache.direct`: no write cache. */
  readonly direct: boolean;
}

/** What the namespace and its controller can do. */
export interface NamespaceFacts extends ControllerIdentity {
  readonly id: number;
  readonly blockSize: number;
  readonly blocks: number;
}

export class ControllerLink {
  readonly device: VfioPciDevice;
  readonly facts: NamespaceFacts;
  readonly io: QueuePair;
  readonly space: HostAddressSpace;
  readonly #bar: VfioMappedRegion;
  readonly #admin: QueuePair;
  readonly #registers: ControllerRegisters;
  readonly #log: Logger;
  readonly #owned: DriverMemory[] = [];
  readonly #regions: VfioMappedRegion[] = [];
  #watch: NodeJS.Timeout | undefined;
  #isClosed = false;
  #isDead = false;

  /** Throws with the peer's texts, and has given everything back then. */
  constructor({ helpers, space, log, device, namespace, direct }: LinkParts) {
    this.space = space;
    this.#log = log;
    this.device = helpers.open(device);
    try {
      this.#bar = this.device.mapBar(0, 0, BAR_LENGTH);
      this.#regions.push(this.#bar);
      this.#registers = new ControllerRegisters(this.#bar, this.device.time);
      this.#registers.disable();
      this.#admin = this.#makePair(0);
      this.#registers.enable(this.#admin);
      this.device.initIrq(VFIO_PCI_IRQ.msix, () => this.#interrupted());
      this.facts = this.#identify(namespace);
      this.io = this.#makePair(1);
      this.#createQueues(this.io, 1);
      if (direct) this.#disableWriteCache();
    } catch (failure) {
      this.close();
      throw failure;
    }
  }

  get pageSize(): number {
    return this.#registers.pageSize;
  }

  /** Counts as under way until it ends; the controller is watched meanwhile. */
  async run(slot: Parameters<QueuePair["run"]>[0], fields: CommandFields): Promise<string | undefined> {
    const ending = this.io.run(slot, fields);
    this.#watchOver();
    const status = await ending;
    return status === LOST ? "EIO" : faultOf(status);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#watch);
    for (const region of this.#regions) region.unmap();
    // From here on the controller reaches none of this memory.
    this.device.close();
    for (const memory of this.#owned.splice(0)) void memory.dispose();
  }

  /** Memory that lives as long as the link. */
  allocate(length: number): DriverMemory {
    const memory = allocateMemory(this.space, length);
    this.#owned.push(memory);
    return memory;
  }

  #makePair(index: number): QueuePair {
    return new QueuePair({
      index,
      entries: this.#registers.entries,
      pageSize: this.pageSize,
      stride: this.#registers.stride,
      bar: this.#bar,
      dma: this.device.dma,
      space: this.space,
      log: this.#log,
      owned: this.#owned,
    });
  }

  /** Runs a command to its end while nothing else does. False: it failed, or the controller went silent. */
  #adminCommand(fields: CommandFields): boolean {
    const slot = this.#admin.takeSlot();
    if (slot === undefined) return false;
    let ended: number | undefined;
    this.#admin.submit(slot, fields, (status) => (ended = status), true);
    const { time } = this.device;
    const deadline = time.now() + this.#registers.timeout;
    for (;;) {
      this.#admin.poll();
      if (ended !== undefined) return faultOf(ended) === undefined;
      if (time.now() > deadline || this.#registers.isFatal) return false;
      time.pause();
    }
  }

  #identify(namespace: number): NamespaceFacts {
    const { dma } = this.device;
    const page = this.allocate(Math.ceil(IDENTIFY_LENGTH / dma.pageSize) * dma.pageSize);
    const prp1 = mapIdentify(() => dma.map(page.host, page.length, "temporary"));
    const data = new Uint8Array(IDENTIFY_LENGTH);
    const ask = (dword10: number, id: number, what: string): Uint8Array => {
      page.memory.fill(0, page.length, 0);
      const done = this.#adminCommand({ opcode: ADMIN.identify, namespace: id, prp1, dword10 });
      if (!done) throw nvmeFailure(`Failed to identify ${what}`);
      page.memory.read(0, data);
      return data;
    };
    const controller = readController(ask(CNS.controller, 0, "controller"), namespace, this.pageSize);
    const format = readNamespace(ask(CNS.namespace, namespace >>> 0, "namespace"), this.pageSize);
    return { id: namespace, ...controller, ...format };
  }

  #createQueues({ submissionsIova, completionsIova }: QueuePair, index: number): void {
    const dword10 = (this.#registers.entries - 1) * 0x10000 + index;
    const completions = { opcode: ADMIN.createCq, prp1: completionsIova, dword10 };
    if (!this.#adminCommand({ ...completions, dword11: CREATE_CONTIGUOUS | CREATE_INTERRUPTS })) {
      throw nvmeFailure(`Failed to create CQ io queue [${index}]`);
    }
    const submissions = { opcode: ADMIN.createSq, prp1: submissionsIova, dword10 };
    if (!this.#adminCommand({ ...submissions, dword11: CREATE_CONTIGUOUS + index * 0x10000 })) {
      throw nvmeFailure(`Failed to create SQ io queue [${index}]`);
    }
  }

  #disableWriteCache(): void {
    if (!this.facts.hasWriteCache) throw vfioErrors.NVME_WRITE_CACHE();
    const done = this.#adminCommand({ opcode: ADMIN.setFeatures, dword10: FEATURE.writeCache, dword11: 0 });
    if (!done) throw nvmeFailure("Failed to configure NVMe write cache");
  }

  #interrupted(): void {
    if (this.#isClosed) return;
    this.#admin.poll();
    this.io.poll();
  }

  /** Without completions there are no interrupts either, so that a dead controller has to be looked for. */
  #watchOver(): void {
    if (this.#watch !== undefined || this.#isClosed) return;
    this.#watch = setTimeout(() => {
      this.#watch = undefined;
      if (this.#isClosed || this.#isDead || this.io.inFlight === 0) return;
      if (!this.#registers.isFatal) {
        this.#watchOver();
        return;
      }
      this.#isDead = true;
      this.#log.error(`NVMe controller ${this.device.address} has failed: its requests end with errors`);
      this.io.abandon();
    }, WATCH_MS);
  }
}

function mapIdentify(map: () => number): number {
  try {
    return map();
  } catch (failure) {
    throw nvmeFailure("Cannot map buffer for DMA: ", failure);
  }
}
