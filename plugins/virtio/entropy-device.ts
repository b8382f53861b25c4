// The entropy device: VirtIO 1.2 §5.4. The driver offers buffers, the device fills them, as fast as it is allowed to.
import { randomFill } from "node:crypto";
import {
  CLOCK,
  DEVICE,
  disposable,
  inject,
  injectable,
  machineErrors,
  prop,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type Disposable,
  type OptionValue,
  type PropertyTable,
} from "backplane";
import { pciProperties } from "backplane/plugins/pci/contract";
import { backendType } from "./backend-device.ts";
import { VIRTIO, type Virtio, type VirtioBackend, type VirtioCard, type VirtQueue } from "./contract.ts";
import { virtioErrors } from "./errors.ts";
import { VECTORS_UNSPECIFIED, virtioPciProperties, virtioProperties } from "./properties.ts";
import { OPTIONAL_RANDOM_SOURCES, type OptionalRandomSources } from "./tokens.ts";

const TYPE_ENTROPY = 4;
const TRANSITIONAL_ID = 0x1005;
const CLASS_OTHER = 0x00ff;
const QUEUE_SIZE = 8;
const NS_PER_MS = 1_000_000;
const LIMIT = 2n ** 63n - 1n;
/** What is asked of a source at once. */
const REQUEST_LIMIT = 65536;

const maxBytes = prop.custom<bigint>({
  type: "uint64",
  default: LIMIT,
  parse(value: OptionValue, name: string) {
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return BigInt(value);
    if (typeof value === "string" && /^\s*\+?(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(value))
      return BigInt(value.trim().replace("+", ""));
    throw machineErrors.PROPERTY_VALUE(name, "uint64");
  },
});

const entropyProperties = {
  "max-bytes": maxBytes,
  period: prop.unsigned(32, 65536),
  rng: prop.link("rng-backend"),
  ...virtioProperties,
};

export const entropyBackend = backendType("virtio-rng-device", "virtio-device", entropyProperties);

export const entropyCard = {
  ioeventfd: prop.unmodelled(prop.bool(true, { description: "on/off" })),
  vectors: prop.unsigned(32, VECTORS_UNSPECIFIED),
} satisfies PropertyTable;

export const entropyType = {
  name: "virtio-rng-pci",
  bus: "PCI",
  parent: "virtio-rng-pci-base",
  category: "misc",
  parts: { "virtio-backend": "child<virtio-rng-device>" },
  properties: {
    ...virtioPciProperties(entropyCard),
    ...pciProperties,
    ...prop.inner(entropyProperties),
  },
} satisfies DeviceType;

type Ask = (length: number, receive: (bytes: Uint8Array) => void) => Disposable;

@injectable()
export class EntropyDevice implements Device, VirtioBackend {
  readonly features = { low: 0, high: 0 };
  #card: VirtioCard | undefined;
  #ask: Ask = ownSource;
  #allowed = LIMIT;
  #timer: Disposable | undefined;
  #request: Disposable | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof entropyType.properties>,
    @inject(VIRTIO) private readonly virtio: Virtio,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(OPTIONAL_RANDOM_SOURCES) private readonly optional: OptionalRandomSources,
  ) {}

  realize(): void {
    const { device } = this;
    const { rng, period, "max-bytes": most } = device.properties;
    if (period === 0) throw virtioErrors.VIRTIO_RNG_PERIOD();
    if (most === 0n || most > LIMIT) throw virtioErrors.VIRTIO_RNG_BYTES();
    if (rng !== undefined) {
      const source = this.optional.sources?.find(rng);
      if (source === undefined) throw machineErrors.LINK_NOT_FOUND(rng).at(["rng"]);
      device.own(source.claim());
      this.#ask = (length, receive) => source.request(length, receive);
    }
    this.#allowed = most;
    this.#card = this.virtio.plug({
      device,
      backend: this,
      name: "virtio-rng",
      inner: "virtio-rng-device",
      type: TYPE_ENTROPY,
      classId: CLASS_OTHER,
      transitionalId: TRANSITIONAL_ID,
      configLength: 0,
      queues: [QUEUE_SIZE],
      carried: {},
    });
    device.own(disposable(() => this.reset()));
    device.own(disposable(() => this.#stopTimer()));
  }

  unplug(): void {
    this.#card?.subject.requestUnplug();
  }

  readConfig(): void {
    // There is none.
  }

  notified(queue: VirtQueue): void {
    this.#fill(queue);
  }

  statusChanged(ready: boolean): void {
    const queue = this.#card?.queues[0];
    if (ready && queue !== undefined) this.#fill(queue);
  }

  reset(): void {
    void this.#request?.dispose();
    this.#request = undefined;
  }

  /** One request at a time: its bytes go into as many buffers as they fill. */
  #fill(queue: VirtQueue): void {
    if (this.#request !== undefined || this.#card?.ready !== true || this.#allowed <= 0n) return;
    const element = queue.pop();
    if (element === undefined) return;
    queue.unpop(element);
    this.#startTimer();
    const wanted = Math.min(element.writableLength, REQUEST_LIMIT);
    const length = BigInt(wanted) > this.#allowed ? Number(this.#allowed) : wanted;
    if (length === 0) {
      // A buffer that cannot be written into is returned as it is.
      const empty = queue.pop();
      if (empty !== undefined) queue.push(empty, 0);
      queue.notify();
      return;
    }
    this.#request = this.#ask(length, (bytes) => this.#received(queue, bytes));
  }

  #received(queue: VirtQueue, bytes: Uint8Array): void {
    this.#request = undefined;
    if (this.#card?.ready !== true) return;
    this.#allowed -= BigInt(bytes.length);
    for (let done = 0; done < bytes.length;) {
      const element = queue.pop();
      if (element === undefined) break;
      const count = queue.write(element, bytes.subarray(done));
      queue.push(element, count);
      if (count === 0) break;
      done += count;
    }
    queue.notify();
    this.#fill(queue);
  }

  #startTimer(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.clock.after(this.device.properties.period * NS_PER_MS, () => {
      this.#timer = undefined;
      this.#allowed = this.device.properties["max-bytes"];
      const queue = this.#card?.queues[0];
      if (queue !== undefined) this.#fill(queue);
    });
  }

  #stopTimer(): void {
    void this.#timer?.dispose();
    this.#timer = undefined;
  }
}

/** The host's own generator, for a device that was given no source. */
function ownSource(length: number, receive: (bytes: Uint8Array) => void): Disposable {
  let wanted = true;
  randomFill(new Uint8Array(length), (failure, bytes) => {
    if (wanted && failure === null) receive(bytes);
  });
  return disposable(() => {
    wanted = false;
  });
}
