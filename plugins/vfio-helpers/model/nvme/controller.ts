// An NVMe controller (NVM Express 1.4): registers in BAR 0, queues in the driver's memory, namespaces in files.
import type { VfioTime } from "../../contract.ts";
import {
  CSTS_FATAL,
  CSTS_READY,
  CSTS_SHUTDOWN_COMPLETE,
  CSTS_SHUTDOWN_OCCURRING,
  REGISTER,
} from "../../nvm-express.ts";
import type { DeviceBus, ModelFunction } from "../function.ts";
import { CommandEngine, QUEUE_PAIRS, VECTORS } from "./engine.ts";
import type { FileClaims } from "./file-claims.ts";
import { NVME_VERSION, VENDOR_ID, type Usage } from "./identify.ts";
import { openNamespaces, type Namespace, type NamespaceOptions } from "./namespace.ts";

const DEVICE_ID = 0x0010;
const CLASS_NVME = 0x010802;
const PAGE_MIN = 4096;
/** CAP.MPSMAX: 64 KiB. */
const PAGE_SHIFT_MAX = 4;
const CONTIGUOUS_QUEUES = 0x10000;
const NVM_COMMAND_SET = 1 << 5;
const TIMEOUT_UNIT_MS = 500;
/** CC.IOSQES and CC.IOCQES: 64 and 16 bytes. */
const ENTRY_SIZES = 0x46;
const CC_WRITABLE = 0x00ff_fff1;

export interface NvmeControllerOptions {
  readonly address: string;
  readonly group?: number | undefined;
  readonly viable: boolean;
  readonly serial: string;
  readonly model: string;
  readonly mdts: number;
  readonly doorbellStride: number;
  readonly queueEntries: number;
  readonly writeCache: boolean;
  readonly readyAfterMs: number;
  readonly readyTimeoutMs: number;
  readonly namespaces: readonly NamespaceOptions[];
}

export class NvmeController implements ModelFunction {
  readonly address: string;
  readonly group: number | undefined;
  readonly viable: boolean;
  readonly vendorId = VENDOR_ID;
  readonly deviceId = DEVICE_ID;
  readonly classId = CLASS_NVME;
  readonly vectors = VECTORS;
  readonly barSize: number;
  readonly #options: NvmeControllerOptions;
  readonly #time: VfioTime;
  readonly #namespaces: readonly Namespace[];
  readonly #usage: Usage = { reads: 0, writes: 0, bytesRead: 0, bytesWritten: 0, mediaErrors: 0 };
  #bus: DeviceBus | undefined;
  #cc = 0;
  #aqa = 0;
  #asq = 0;
  #acq = 0;
  #masked = 0;
  #shutdown = 0;
  /** It was enabled with settings that it does not have. */
  #isRefused = false;
  /** While it is enabled. */
  #engine: CommandEngine | undefined;
  #readyAt = 0;
  #running = 0;
  #isClosing = false;

  constructor(options: NvmeControllerOptions, time: VfioTime, claims: FileClaims) {
    this.#options = options;
    this.#time = time;
    this.address = options.address;
    this.group = options.group;
    this.viable = options.viable;
    const doorbells = 2 * (QUEUE_PAIRS + 1) * (4 << options.doorbellStride);
    // The upper half is for message signalled interrupts.
    this.barSize = 2 * 2 ** Math.ceil(Math.log2(REGISTER.doorbells + doorbells));
    this.#namespaces = openNamespaces(options.address, options.namespaces, claims);
  }

  connect(bus: DeviceBus | undefined): void {
    this.#disable();
    this.#bus = bus;
    this.#closeWhenIdle();
  }

  reset(): void {
    this.#disable();
    this.#cc = 0;
    this.#aqa = 0;
    this.#asq = 0;
    this.#acq = 0;
    this.#masked = 0;
  }

  /** Files are closed when nobody uses them any more. */
  close(): void {
    this.#isClosing = true;
    this.#closeWhenIdle();
  }

  readRegister(offset: number): number {
    const { doorbellStride, queueEntries, readyTimeoutMs } = this.#options;
    switch (offset) {
      case REGISTER.cap: {
        const timeout = Math.min(Math.ceil(readyTimeoutMs / TIMEOUT_UNIT_MS), 255);
        return queueEntries - 1 + CONTIGUOUS_QUEUES + timeout * 2 ** 24;
      }
      case REGISTER.cap + 4:
        return doorbellStride + NVM_COMMAND_SET + (PAGE_SHIFT_MAX << 20);
      case REGISTER.vs:
        return NVME_VERSION;
      case REGISTER.intms:
      case REGISTER.intmc:
        return this.#masked;
      case REGISTER.cc:
        return this.#cc;
      case REGISTER.csts:
        return this.#status;
      case REGISTER.aqa:
        return this.#aqa;
      case REGISTER.asq:
        return lowWord(this.#asq);
      case REGISTER.asq + 4:
        return highWord(this.#asq);
      case REGISTER.acq:
        return lowWord(this.#acq);
      case REGISTER.acq + 4:
        return highWord(this.#acq);
      default:
        return 0;
    }
  }

  writeRegister(offset: number, value: number): void {
    switch (offset) {
      case REGISTER.intms:
        this.#masked = (this.#masked | value) >>> 0;
        return;
      case REGISTER.intmc:
        this.#masked = (this.#masked & ~value) >>> 0;
        return;
      case REGISTER.cc:
        this.#configure((value & CC_WRITABLE) >>> 0);
        return;
      case REGISTER.aqa:
        this.#aqa = value & 0x0fff_0fff;
        return;
      case REGISTER.asq:
        this.#asq = withLowWord(this.#asq, value);
        return;
      case REGISTER.asq + 4:
        this.#asq = withHighWord(this.#asq, value);
        return;
      case REGISTER.acq:
        this.#acq = withLowWord(this.#acq, value);
        return;
      case REGISTER.acq + 4:
        this.#acq = withHighWord(this.#acq, value);
        return;
      default:
        this.#ring(offset, value & 0xffff);
    }
  }

  get #isReady(): boolean {
    return this.#engine !== undefined && this.#time.now() >= this.#readyAt;
  }

  get #status(): number {
    const isFatal = this.#isRefused || this.#engine?.isFatal === true;
    return (this.#isReady ? CSTS_READY : 0) | (isFatal ? CSTS_FATAL : 0) | this.#shutdown;
  }

  #configure(value: number): void {
    const before = this.#cc;
    this.#cc = value;
    const isEnabled = (value & 1) !== 0;
    if ((before & 1) === 0 && isEnabled) this.#enable();
    else if ((before & 1) !== 0 && !isEnabled) this.#disable();
    if (((value >>> 14) & 3) !== 0 && ((before >>> 14) & 3) === 0) this.#shutDown();
  }

  /** With settings that it does not have it never becomes ready, and says that this is for good (§7.6.1, §9.5). */
  #enable(): void {
    const shift = (this.#cc >>> 7) & 0xf;
    const pageSize = PAGE_MIN * 2 ** shift;
    const submissions = { base: this.#asq, entries: (this.#aqa & 0xfff) + 1 };
    const completions = { base: this.#acq, entries: (this.#aqa >>> 16) + 1 };
    const isWrongRing = [submissions, completions].some(({ base, entries }) => base % pageSize !== 0 || entries < 2);
    const commandSet = (this.#cc >>> 4) & 7;
    const arbitration = (this.#cc >>> 11) & 7;
    const bus = this.#bus;
    if (bus === undefined || isWrongRing || shift > PAGE_SHIFT_MAX || commandSet !== 0 || arbitration !== 0) {
      this.#isRefused = true;
      return;
    }
    const parts = {
      bus,
      facts: { ...this.#options, namespaces: this.#namespaces },
      usage: this.#usage,
      pageSize,
      queueEntries: this.#options.queueEntries,
      hasEntrySizes: () => ((this.#cc >>> 16) & 0xff) === ENTRY_SIZES,
      busy: <T>(task: () => Promise<T>) => this.#busy(task),
    };
    this.#engine = new CommandEngine(parts, { submissions, completions });
    this.#readyAt = this.#time.now() + this.#options.readyAfterMs;
  }

  #disable(): void {
    this.#engine?.stop();
    this.#engine = undefined;
    this.#isRefused = false;
    this.#shutdown = 0;
  }

  /** What is in the cache is written (§7.6.2). */
  #shutDown(): void {
    const engine = this.#engine;
    this.#shutdown = CSTS_SHUTDOWN_OCCURRING;
    const done = (): void => {
      if (engine === this.#engine) this.#shutdown = CSTS_SHUTDOWN_COMPLETE;
    };
    void this.#busy(() => Promise.all(this.#namespaces.map((namespace) => namespace.flush()))).then(done, done);
  }

  #ring(offset: number, value: number): void {
    const index = (offset - REGISTER.doorbells) / (4 << this.#options.doorbellStride);
    if (!this.#isReady || !(index >= 0) || !Number.isInteger(index)) return;
    this.#engine?.ring(Math.floor(index / 2), index % 2 === 0 ? "sq" : "cq", value);
  }

  async #busy<T>(task: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await task();
    } finally {
      this.#running--;
      this.#closeWhenIdle();
    }
  }

  #closeWhenIdle(): void {
    if (!this.#isClosing || this.#bus !== undefined || this.#running > 0) return;
    this.#isClosing = false;
    for (const namespace of this.#namespaces) namespace.close();
  }
}

const lowWord = (value: number): number => value % 2 ** 32;
const highWord = (value: number): number => Math.floor(value / 2 ** 32);
const withLowWord = (value: number, word: number): number => value - (value % 2 ** 32) + word;
const withHighWord = (value: number, word: number): number => (value % 2 ** 32) + word * 2 ** 32;
