// Virtio over PCI: VirtIO 1.2 §4.1. The structures stand in BAR 4, messages in BAR 1, the legacy interface in BAR 0.
import {
  byteLength,
  guestAddress,
  type AddressSpace,
  type MemoryRegionOps,
  type MemoryRegions,
  type RunStates,
} from "backplane";
import {
  COMMAND,
  REG,
  type Pci,
  type PciDeviceState,
  type PciFunction,
  type PciMsix,
} from "backplane/plugins/pci/contract";
import { CardMemory } from "./card-memory.ts";
import { ConfigWindow } from "./config-window.ts";
import { CommonStructure, type CommonState } from "./common-structure.ts";
import type { VirtioCard, VirtioCarried, VirtioFeatures, VirtioRequest, VirtQueue } from "./contract.ts";
import { VirtioDevice, type VirtioDeviceState } from "./device.ts";
import { virtioErrors } from "./errors.ts";
import { addExpressParts, type ExpressParts } from "./express-parts.ts";
import { LegacyStructure } from "./legacy-structure.ts";
import { VECTORS_UNSPECIFIED } from "./properties.ts";
import {
  BAR,
  CAPABILITY_TYPE,
  MODERN_DEVICE_BASE,
  NO_VECTOR,
  QUEUE_LIMIT,
  STRUCTURE,
  VENDOR_VIRTIO,
  VIRTIO_FEATURE,
  VIRTIO_STATUS,
} from "./registers.ts";

const CAPABILITY_VENDOR = 0x09;
const CAPABILITY_LENGTH = 16;
const LONG_CAPABILITY_LENGTH = 20;
const NOTIFY_MULTIPLIER = { packed: 4, page: 4096 } as const;
const NOTIFY_PORT = 4;
const STATE_VERSION = 1;
const DEFAULT_VECTORS = 2;
const MSIX_VECTOR_LIMIT = 2048;

export interface CardServices {
  readonly pci: Pci;
  readonly regions: MemoryRegions;
  readonly system: AddressSpace;
  readonly runStates: RunStates;
}

/** What a migration carries of the function and of the device behind it. */
export interface CardState {
  readonly pci: PciDeviceState;
  /** Empty where there are no messages. */
  readonly vectors: Uint8Array;
  readonly device: VirtioDeviceState;
  readonly common: CommonState;
}

/** What the properties of the transport come to on this bus. */
interface Mode {
  readonly legacy: boolean;
  readonly modern: boolean;
  readonly express: boolean;
}

export class VirtioPciCard implements VirtioCard {
  readonly subject: PciFunction;
  readonly memory: CardMemory;
  readonly #device: VirtioDevice;
  readonly #messages: PciMsix | undefined;
  readonly #window: ConfigWindow | undefined;
  readonly #express: ExpressParts | undefined;
  readonly #common: CommonStructure;
  /** The machine has not run since the device came from elsewhere. */
  #isRestored = false;

  constructor(request: VirtioRequest, { pci, regions, system, runStates }: CardServices) {
    const { device } = request;
    const mode = chooseMode(request);
    this.subject = pci.plug({
      device,
      ...identity(request, mode),
      interruptPin: 1,
      express: mode.express,
      configReading: (offset, size) => this.#window?.reading(offset, size),
      configWritten: (offset, size) => this.#configWritten(offset, size),
      reset: () => {
        this.#reset();
        this.#express?.reset();
      },
    });
    this.memory = new CardMemory(this.subject, usesPlatform(request) ? undefined : system);
    this.#device = new VirtioDevice(
      {
        backend: request.backend,
        offered: offered(request, mode),
        configLength: request.configLength,
        queues: request.queues,
        log: device.log,
      },
      {
        readMemory: (address, into) => this.memory.read(address, into),
        writeMemory: (address, from) => this.memory.write(address, from),
        interrupt: (vector) => this.#interrupt(vector),
      },
    );
    const asked = Number(device.properties["vectors"] ?? VECTORS_UNSPECIFIED);
    const vectors = vectorsOf(request, asked);
    if (asked !== vectors) device.object.add({ name: "vectors", type: "uint32", get: () => vectors });
    const reset = (): void => this.#reset();
    this.#common = new CommonStructure(this.#device, { vectors, reset });
    if (mode.express) this.#express = addExpressParts(this.subject);
    if (mode.modern) this.#window = this.#addModern(request, regions);
    if (vectors > 0) this.#messages = this.subject.addMsix(vectors, BAR.msix);
    if (mode.legacy) this.#addLegacy(request, { pci, regions }, vectors);
    if (request.carried !== undefined) this.#carry(request, request.carried, { mode, vectors, runStates });
  }

  get queues(): readonly VirtQueue[] {
    return this.#device.queues;
  }

  /** For monitors. */
  get device(): VirtioDevice {
    return this.#device;
  }

  get features(): VirtioFeatures {
    return this.#device.features;
  }

  get ready(): boolean {
    return this.#device.ready;
  }

  configChanged(): void {
    this.#device.configChanged();
  }

  fail(reason: string, details?: { readonly [key: string]: unknown }): void {
    this.#device.fail(reason, details);
  }

  #carry(
    { device, name, configLength, queues }: VirtioRequest,
    { version = STATE_VERSION, holdsRequests = false, settle }: VirtioCarried,
    { mode, vectors, runStates }: { mode: Mode; vectors: number; runStates: RunStates },
  ): void {
    const wide = this.#device.offered.high !== 0;
    const shape = {
      name,
      version,
      vectors,
      configLength,
      queues: queues.length,
      modern: mode.modern,
      wide,
      holdsRequests,
    };
    device.carry({
      kind: "captured",
      idstr: `${this.subject.path}/${name}`,
      version,
      ...(settle === undefined ? {} : { settle }),
      description: async () => (await import("./late/state.ts")).virtioState(shape),
      capture: () => this.#capture(),
      restore: (state) => this.#restore(state),
    });
    device.own(
      runStates.onChange(({ to }) => {
        if (to !== "running" || !this.#isRestored) return;
        this.#isRestored = false;
        this.#device.resume();
      }),
    );
  }

  #capture(): CardState {
    if (this.#device.holdsRequests) throw virtioErrors.VIRTIO_REQUESTS_HELD(this.subject.path);
    return {
      pci: this.subject.captureState(),
      vectors: this.#messages?.captureState() ?? new Uint8Array(0),
      device: this.#device.captureState(),
      common: this.#common.captureState(),
    };
  }

  #restore(state: CardState): void {
    this.#messages?.restoreState(state.vectors);
    this.subject.restoreState(state.pci);
    this.#common.restoreState(state.common);
    this.#device.restoreState(state.device);
    this.#isRestored = true;
  }

  #reset(): void {
    this.#device.reset();
    this.#common.reset();
  }

  #addModern(request: VirtioRequest, regions: MemoryRegions): ConfigWindow {
    const { subject } = this;
    const multiplier =
      request.device.properties["page-per-vq"] === true ? NOTIFY_MULTIPLIER.page : NOTIFY_MULTIPLIER.packed;
    const notifyLength = multiplier * QUEUE_LIMIT;
    const bar = regions.container("virtio-pci", byteLength(2 ** Math.ceil(Math.log2(STRUCTURE.notify + notifyLength))));
    request.device.own(regions.addressSpace("virtio-pci-cfg-mem-as", bar));
    const structures: [keyof typeof CAPABILITY_TYPE, string, number, number, MemoryRegionOps][] = [
      ["common", "common", STRUCTURE.common, STRUCTURE.length, this.#common],
      ["interrupt", "isr", STRUCTURE.interrupt, STRUCTURE.length, this.#interruptOps()],
      ["device", "device", STRUCTURE.device, STRUCTURE.length, this.#deviceOps()],
      ["notify", "notify", STRUCTURE.notify, notifyLength, this.#notifyOps(multiplier)],
    ];
    for (const [type, name, start, length, ops] of structures) {
      bar.addSubregion(guestAddress(start), regions.io(`virtio-pci-${name}-${request.name}`, byteLength(length), ops));
      const at = addCapability(subject, type, start, length);
      if (type === "notify") subject.config.set32(at + CAPABILITY_LENGTH, multiplier);
    }
    // For notification through ports, which no property turns on: it stands nowhere.
    regions.io(`virtio-pci-notify-pio-${request.name}`, byteLength(NOTIFY_PORT), this.#notifyOps(multiplier));
    subject.addBar(BAR.modern, "prefetchable64", bar);
    return new ConfigWindow(
      subject,
      addCapability(subject, "pciAccess", 0, 0),
      structures.map(([, , start, length, ops]) => ({ start, length, ops })),
    );
  }

  #addLegacy(request: VirtioRequest, { pci, regions }: Pick<CardServices, "pci" | "regions">, vectors: number): void {
    const { config } = this.subject;
    const legacy = new LegacyStructure(this.#device, {
      vectors,
      messagesEnabled: () => this.#messages?.enabled === true,
      acknowledge: () => this.#acknowledge(),
      reset: () => this.#reset(),
      startMastering: () => {
        const { bus, requesterId } = this.subject;
        pci.writeConfig(bus.root, (requesterId << 8) | REG.command, config.get16(REG.command) | COMMAND.master, 2);
      },
    });
    const length = LegacyStructure.length(request.configLength, vectors);
    this.subject.addBar(BAR.legacy, "io", regions.io("virtio-pci", byteLength(length), legacy));
  }

  /** §4.1.4.5: reading takes the causes, and the line with them. */
  #acknowledge(): number {
    const causes = this.#device.interruptStatus;
    this.#device.interruptStatus = 0;
    this.subject.interrupt.set(false);
    return causes;
  }

  #interrupt(vector: number): void {
    if (this.#messages?.enabled === true) {
      if (vector !== NO_VECTOR) this.#messages.send(vector);
    } else this.subject.interrupt.set((this.#device.interruptStatus & 1) !== 0);
  }

  #interruptOps(): MemoryRegionOps {
    return { impl: { min: 1, max: 4 }, read: () => this.#acknowledge(), write: () => undefined };
  }

  #deviceOps(): MemoryRegionOps {
    return {
      impl: { min: 1, max: 4 },
      read: (offset, size) => this.#device.readConfig(offset, size),
      write: (offset, value, size) => this.#device.writeConfig(offset, value, size),
    };
  }

  #notifyOps(multiplier: number): MemoryRegionOps {
    return {
      impl: { min: 1, max: 4 },
      read: () => 0,
      write: (offset) => this.#device.notified(Math.floor(offset / multiplier)),
    };
  }

  #configWritten(offset: number, size: number): void {
    this.#express?.written(offset, size);
    if (offset <= REG.command && offset + size > REG.command) {
      this.#device.disabled = !this.subject.busMaster;
      // A driver that takes bus mastering away has stopped the device.
      if (this.#device.disabled) this.#device.setStatus(this.#device.status & ~VIRTIO_STATUS.driverOk);
    }
    this.#window?.written(offset, size);
  }
}

/** `iommu_platform`: VIRTIO_F_ACCESS_PLATFORM (§6). */
function usesPlatform({ device }: VirtioRequest): boolean {
  return device.properties["iommu_platform"] === true;
}

/** None where there are more than a table has entries for (PCI Local Bus Specification 3.0 §6.8.2.3). */
function vectorsOf({ device, vectors = DEFAULT_VECTORS }: VirtioRequest, asked: number): number {
  const wanted = asked === VECTORS_UNSPECIFIED ? vectors : asked;
  if (wanted <= MSIX_VECTOR_LIMIT) return wanted;
  device.log.warn(`unable to init msix vectors to ${wanted}`);
  return 0;
}

function chooseMode(request: VirtioRequest): Mode {
  const mode = modeOf(request);
  if (mode.legacy && usesPlatform(request)) throw virtioErrors.VIRTIO_LEGACY_PLATFORM();
  return mode;
}

function modeOf({ device, transitionalId, variant }: VirtioRequest): Mode {
  const { properties, bus } = device;
  const isBehindPort = bus?.kinds.includes("PCIE") === true && "bridge" in bus && bus.bridge !== undefined;
  // A kind that never was legacy is modern, whatever the properties say.
  const isModernOnly = transitionalId === undefined || variant === "non-transitional";
  if (variant === "transitional") return { legacy: true, modern: true, express: false };
  const asked = properties["disable-legacy"];
  const legacy = !isModernOnly && (asked === "off" || (asked === "auto" && !isBehindPort));
  const modern = isModernOnly || properties["disable-modern"] !== true;
  if (!legacy && !modern) throw virtioErrors.VIRTIO_NO_MODE();
  if (variant === undefined)
    device.object.add({ name: "disable-legacy", type: "OnOffAuto", get: () => (legacy ? "off" : "on") });
  return { legacy, modern, express: isBehindPort && modern && properties["x-disable-pcie"] !== true };
}

function identity(request: VirtioRequest, { legacy }: Mode) {
  const { device, programmingInterface = 0, type, transitionalId } = request;
  const classId = Number(device.properties["class"] ?? 0) || request.classId;
  const isTransitional = legacy && transitionalId !== undefined;
  return {
    vendorId: VENDOR_VIRTIO,
    deviceId: isTransitional ? transitionalId : MODERN_DEVICE_BASE + type,
    classId,
    programmingInterface,
    revision: legacy ? 0 : 1,
    ...(legacy ? { subsystemVendorId: VENDOR_VIRTIO, subsystemId: type } : {}),
  };
}

/** The kind's features, and those of queues and transport that the properties leave on. */
function offered(request: VirtioRequest, { modern }: Mode): VirtioFeatures {
  const { backend, device, legacyOnly } = request;
  const on = (name: string, bit: number): number => (device.properties[name] === false ? 0 : bit);
  const { high } = VIRTIO_FEATURE;
  const { adds, removes } = (modern ? undefined : legacyOnly) ?? { adds: 0, removes: 0 };
  return {
    low:
      ((backend.features.low |
        adds |
        on("notify_on_empty", VIRTIO_FEATURE.notifyOnEmpty) |
        on("any_layout", VIRTIO_FEATURE.anyLayout) |
        on("indirect_desc", VIRTIO_FEATURE.indirectDescriptors) |
        on("event_idx", VIRTIO_FEATURE.eventIndex) |
        VIRTIO_FEATURE.bad) &
        ~removes) >>>
      0,
    high:
      backend.features.high |
      on("queue_reset", high.ringReset) |
      (usesPlatform(request) ? high.accessPlatform : 0) |
      (modern ? high.version1 : 0),
  };
}

/** §4.1.4: where a structure stands. */
function addCapability(
  subject: PciFunction,
  type: keyof typeof CAPABILITY_TYPE,
  start: number,
  length: number,
): number {
  const size = type === "notify" || type === "pciAccess" ? LONG_CAPABILITY_LENGTH : CAPABILITY_LENGTH;
  const at = subject.addCapability(CAPABILITY_VENDOR, size);
  const { config } = subject;
  config.set8(at + 2, size);
  config.set8(at + 3, CAPABILITY_TYPE[type]);
  config.set8(at + 4, type === "pciAccess" ? 0 : BAR.modern);
  config.set32(at + 8, start);
  config.set32(at + 12, length);
  return at;
}
