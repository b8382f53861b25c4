// The block device: VirtIO 1.2 §5.2.
import {
  DEVICE,
  DIRTY_MEMORY,
  disposable,
  inject,
  injectable,
  RAM_LIST,
  type Device,
  type DeviceContext,
  type DirtyMemory,
  type QomProperty,
  type RAMList,
} from "backplane";
import {
  BLOCK,
  configureBackend,
  givenGeometry,
  guessGeometry,
  type Block,
  type BlockBackend,
  type BlockUserDevice,
} from "backplane/plugins/block/contract";
import {
  BLOCK_RAM_REGISTRARS,
  type BlockRAMRegistrar,
  type BlockRAMRegistrars,
} from "backplane/plugins/block-ram-registrar/contract";
import { BLOCK_FEATURE, configLength, WRITEBACK_AT, writeBlockConfig, type BlockConfig } from "./block-config.ts";
import { BlockExecutor } from "./block-executor.ts";
import { parseRequest } from "./block-request.ts";
import { readBlockSettings } from "./block-settings.ts";
import { blockBackendType, variantOf, type BlockValues } from "./block-types.ts";
import { VIRTIO, type Virtio, type VirtioBackend, type VirtioCard, type VirtQueue } from "./contract.ts";
import { virtioErrors } from "./errors.ts";
import { VIRTIO_FEATURE } from "./registers.ts";
import { PROCESSOR_COUNT, type ProcessorCount } from "./tokens.ts";

const TYPE_BLOCK = 2;
const TRANSITIONAL_ID = 0x1001;
const CLASS_SCSI = 0x0100;
const SECTOR = 512;
const GEOMETRY_LIMITS = { cyls: 65535, heads: 255, secs: 255 } as const;

@injectable()
export class VirtioBlockDevice implements Device, VirtioBackend {
  #features = 0;
  #card: VirtioCard | undefined;
  #backend: BlockBackend | undefined;
  #config: BlockConfig | undefined;
  #executor: BlockExecutor | undefined;
  /** What the host's user chose; a reset returns to it. */
  #writeCache = true;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<BlockValues>,
    @inject(VIRTIO) private readonly virtio: Virtio,
    @inject(BLOCK) private readonly block: Block,
    @inject(BLOCK_RAM_REGISTRARS) private readonly registrars: BlockRAMRegistrars,
    @inject(DIRTY_MEMORY) private readonly dirty: DirtyMemory,
    @inject(RAM_LIST) private readonly blocks: RAMList,
    @inject(PROCESSOR_COUNT) private readonly processors: ProcessorCount,
  ) {}

  get features() {
    return { low: this.#features, high: 0 };
  }

  realize(): void {
    const { device } = this;
    const { properties: values } = device;
    const user = userOf(device);
    if (values.drive !== undefined) this.block.check(values.drive, user);
    const settings = readBlockSettings(values, this.processors.count);
    if (values.drive === undefined) throw virtioErrors.VIRTIO_BLK_NO_DRIVE();
    const backend = this.block.attach(values.drive, {
      device: user,
      writable: "if-possible",
      shareWrite: values["share-rw"],
      isRealized: () => this.#executor !== undefined,
      resized: () => this.#card?.configChanged(),
    });
    device.own(backend);
    if (!backend.inserted) throw virtioErrors.VIRTIO_BLK_EMPTY();
    configureBackend(backend, values);
    this.#backend = backend;
    this.#writeCache = backend.writeCache;
    const given = givenGeometry(values, GEOMETRY_LIMITS);
    this.#config = { ...settings, geometry: given ?? guessGeometry(backend.length / SECTOR, new Uint8Array(SECTOR)) };
    if (given === undefined) void this.#lookForGeometry(backend);
    this.#features = this.#offered(backend);
    const card = this.#plug(this.#config);
    this.#card = card;
    const registrar = this.registrars.open(backend, { path: user.path, log: device.log });
    device.own(registrar);
    this.#executor = this.#execute(card, backend, registrar);
    device.own(disposable(() => this.#executor?.reset()));
  }

  unplug(): void {
    this.#card?.subject.requestUnplug();
  }

  readConfig(into: Uint8Array): void {
    const { length = 0, writeCache = true } = this.#backend ?? {};
    if (this.#config !== undefined) writeBlockConfig(into, this.#config, { length, writeCache });
  }

  /** The driver may choose whether writes are cached, and nothing else. */
  writeConfig(bytes: Uint8Array): void {
    if (this.#backend !== undefined) this.#backend.writeCache = bytes[WRITEBACK_AT] !== 0;
  }

  notified(queue: VirtQueue): void {
    const executor = this.#executor;
    for (let element = queue.pop(); element !== undefined; element = queue.pop()) {
      const request = parseRequest(queue, element);
      if (typeof request === "string") {
        this.#card?.fail(request);
        return;
      }
      if (executor?.start(request) !== true) return;
    }
  }

  statusChanged(ready: boolean): void {
    const card = this.#card;
    if (!ready || card === undefined || this.#backend === undefined) return;
    const { low } = card.features;
    // A driver that cannot switch the cache over, and does not flush, must not be given one (§5.2.5.2).
    if ((low & BLOCK_FEATURE.configCache) === 0) this.#backend.writeCache = (low & BLOCK_FEATURE.flush) !== 0;
    // Some drivers offer requests before they are ready.
    for (const queue of card.queues) this.notified(queue);
  }

  reset(): void | Promise<void> {
    if (this.#backend !== undefined) this.#backend.writeCache = this.#writeCache;
    return this.#executor?.reset();
  }

  #offered(backend: BlockBackend): number {
    const { properties: values } = this.device;
    const on = (isOn: boolean, feature: number): number => (isOn ? feature : 0);
    const { segmentsMaximum, geometry, topology, blockSize } = BLOCK_FEATURE;
    const canFlush = backend.writeCache || (values["x-enable-wce-if-config-wce"] && values["config-wce"]);
    return (
      segmentsMaximum |
      geometry |
      topology |
      blockSize |
      on(canFlush, BLOCK_FEATURE.flush) |
      on(backend.readOnly, BLOCK_FEATURE.readOnly) |
      on(values["config-wce"], BLOCK_FEATURE.configCache) |
      on((this.#config?.queues ?? 1) > 1, BLOCK_FEATURE.queues) |
      on(values.discard, BLOCK_FEATURE.discard) |
      on(values["write-zeroes"], BLOCK_FEATURE.writeZeroes)
    );
  }

  #plug(config: BlockConfig): VirtioCard {
    const { device } = this;
    const variant = variantOf(device.type);
    return this.virtio.plug({
      device,
      backend: this,
      name: "virtio-blk",
      inner: blockBackendType.name,
      type: TYPE_BLOCK,
      classId: CLASS_SCSI,
      transitionalId: TRANSITIONAL_ID,
      ...(variant === undefined ? {} : { variant }),
      legacyOnly: { adds: BLOCK_FEATURE.scsi, removes: VIRTIO_FEATURE.anyLayout },
      configLength: configLength(config),
      queues: Array.from({ length: config.queues }, () => config.queueSize),
      vectors: config.queues + 1,
      shows: this.#shown(config),
      carried: { version: 2, holdsRequests: true, settle: () => this.#executor?.settled() ?? Promise.resolve() },
    });
  }

  #execute(card: VirtioCard, backend: BlockBackend, registrar: BlockRAMRegistrar): BlockExecutor {
    const { properties: values } = this.device;
    const { dirty, blocks } = this;
    return new BlockExecutor({
      backend,
      registrar,
      memory: {
        get space() {
          return card.memory.space;
        },
        get attributes() {
          return card.memory.attributes;
        },
        dirty,
        blocks,
      },
      logicalBlock: this.#config?.logical ?? SECTOR,
      discardSectors: values["max-discard-sectors"],
      zeroSectors: values["max-write-zeroes-sectors"],
      serial: values.serial ?? "",
      broken: (reason) => card.fail(reason),
    });
  }

  /** What values came to that nobody gave. */
  #shown(config: BlockConfig): readonly QomProperty[] {
    return [
      { name: "logical_block_size", type: "size", get: () => config.logical },
      { name: "physical_block_size", type: "size", get: () => config.physical },
      { name: "cyls", type: "uint32", get: () => this.#config?.geometry.cylinders ?? 0 },
      { name: "heads", type: "uint32", get: () => this.#config?.geometry.heads ?? 0 },
      { name: "secs", type: "uint32", get: () => this.#config?.geometry.sectors ?? 0 },
      { name: "num-queues", type: "uint16", get: () => config.queues },
    ];
  }

  /** A disk that was not told its geometry looks at its partitions, once. */
  async #lookForGeometry(backend: BlockBackend): Promise<void> {
    const first = new Uint8Array(SECTOR);
    const fault = await backend.node?.read(0, [first]);
    if (fault !== undefined || this.#config === undefined) return;
    this.#config = { ...this.#config, geometry: guessGeometry(backend.length / SECTOR, first) };
  }
}

/** To the block layer it is the device behind the card that uses the drive. */
function userOf({ path }: DeviceContext<BlockValues>): BlockUserDevice {
  return { id: undefined, path: `${path}/virtio-backend`, type: blockBackendType };
}
