import {
  disposable,
  Registry,
  token,
  type DeviceContext,
  type Devices,
  type Disposable,
  type Globals,
  type Logger,
  type MachineDefinition,
  type MachineType,
  type PropertyTable,
  type PropertyValues,
} from "backplane";
import { possibleCpus } from "./apic-ids.ts";
import type { CpuController, CpuIdentity, Cpus, CpuTopology, PossibleCpu } from "./contract.ts";
import { cpuErrors, x2apicMissing } from "./errors.ts";
import { findPlace, UNSET_APIC_ID } from "./find-place.ts";
import { featureFaults, type FeatureFaults } from "./missing-features.ts";
import { adjusted, findModel, identityOf } from "./model.ts";
import type { ModelText } from "./model-text.ts";
import type { CpuModel } from "./models.ts";
import type { CpuPlace } from "./place.ts";
import { completeTopology } from "./topology.ts";
import { SWITCHES } from "./properties.ts";
import { typeNameOf } from "./type-name.ts";

const X2APIC_FIRST_ID = 255;
const AMD = "AuthenticAMD";
/** Leaf 1, EDX: the package holds more than one logical processor. */
const MULTI_THREADING = 1 << 28;
/** Leaf 1, EDX: the processor has an APIC of its own; one of several has it whatever the model says. */
const APIC = 1 << 9;

/** What processors are made with. */
export interface ProcessorServices {
  readonly devices: Devices;
  readonly globals: Globals;
  readonly log: Logger;
}

/** The processors that a definition asks for, and those that come later. */
export class Processors implements Cpus {
  readonly topology: CpuTopology;
  readonly model: string;
  readonly typeName: string;
  readonly identity: CpuIdentity;
  readonly possible: readonly CpuPlace[];
  readonly hasPlaces: boolean;
  readonly hasLocalApic: boolean;
  readonly apicIdLimit: number;
  readonly physBits: number;
  readonly #text: ModelText;
  readonly #base: CpuModel;
  readonly #services: ProcessorServices;
  readonly #plugged = new Registry<(cpu: PossibleCpu) => void>();
  readonly #unplugged = new Registry<(cpu: PossibleCpu) => void>();
  #controller: CpuController | undefined;
  #nodeOf: ((index: number) => number | undefined) | undefined;
  #faults: { readonly key: string; readonly found: FeatureFaults } | undefined;
  #started = false;
  #toldOfThreads = false;

  constructor(
    cpu: MachineDefinition["cpu"],
    machine: Pick<MachineType, "name" | "maxCpus" | "defaultCpuType">,
    services: ProcessorServices,
  ) {
    this.topology = completeTopology(cpu.topology, machine);
    const { text, model } = findModel(cpu.model);
    this.#text = text;
    this.#base = model;
    this.#services = services;
    this.model = text.name;
    this.typeName = typeNameOf(text.name);
    for (const warning of text.warnings) services.log.warn(warning);
    for (const { property, value } of text.settings) services.globals.add({ driver: this.typeName, property, value });
    // A machine type without processors of its own takes the one that it is given, and has no places for more.
    this.hasPlaces = machine.defaultCpuType !== undefined || machine.maxCpus > 1;
    this.possible = this.hasPlaces || cpu.model !== undefined ? possibleCpus(this.topology) : [];
    this.apicIdLimit = (this.possible.at(-1)?.apicId ?? 0) + 1;
    const effective = this.#effectiveModel();
    this.physBits = effective.physBits;
    const { sockets, maxCpus, cpus } = this.topology;
    this.hasLocalApic = cpus > 1 || (effective.features & APIC) !== 0;
    const identity = identityOf(effective);
    this.identity =
      maxCpus > sockets ? { ...identity, features: (identity.features | MULTI_THREADING) >>> 0 } : identity;
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    for (const { present, apicId } of this.possible) {
      if (!present) continue;
      const properties = this.hasPlaces ? { "apic-id": apicId } : {};
      this.#services.devices.create({ driver: this.typeName, properties }, "machine");
    }
  }

  /** Puts a processor in its place. Throws what is in the way. */
  plug(device: DeviceContext): CpuPlace {
    if (device.type.name !== this.typeName) throw cpuErrors.CPU_TYPE_WRONG(this.typeName);
    this.#controller?.beforePlug();
    const place = this.#placeOf(device);
    this.#checkNode(place, Number(device.properties["node-id"]));
    this.#realize(place.apicId, device.properties);
    place.occupy(device);
    this.#controller?.plugged(place, device.hotplugged);
    for (const listener of this.#plugged) listener(place);
    return place;
  }

  /** `+feature`, `-feature`: they count more than properties. */
  get signedFeatures(): readonly (readonly [name: string, value: boolean])[] {
    return Object.entries(this.#signedFeatures());
  }

  nodeOf(place: CpuPlace): number | undefined {
    return this.#nodeOf?.(place.index);
  }

  /** The processor in the place is gone. */
  vacate(place: CpuPlace): void {
    place.vacate();
    for (const listener of this.#unplugged) listener(place);
  }

  requestUnplug(place: CpuPlace): void {
    const controller = this.#controller;
    if (controller === undefined) throw cpuErrors.CPU_NO_CONTROLLER();
    if (place.index === 0) throw cpuErrors.CPU_BOOT_UNPLUG();
    controller.requestUnplug(place, this.typeName);
  }

  remove(cpu: PossibleCpu): void {
    const { devices, log } = this.#services;
    const instance = devices.all().find(({ context }) => context.path === cpu.path);
    if (instance === undefined) return;
    devices
      .remove(instance)
      .catch((error: unknown) => log.error("an ejected processor could not be removed", { error }));
  }

  onPlug(listener: (cpu: PossibleCpu) => void): Disposable {
    return this.#plugged.add(listener);
  }

  onUnplug(listener: (cpu: PossibleCpu) => void): Disposable {
    return this.#unplugged.add(listener);
  }

  useController(controller: CpuController): Disposable {
    this.#controller = controller;
    return disposable(() => {
      this.#controller = undefined;
    });
  }

  useNodes(nodeOf: (index: number) => number | undefined): Disposable {
    this.#nodeOf = nodeOf;
    return disposable(() => {
      this.#nodeOf = undefined;
    });
  }

  /** What the model is with the values that all processors are given. What is wrong with those, the first processor tells. */
  #effectiveModel(): CpuModel {
    const type = this.#services.devices.types().find(({ name }) => name === this.typeName);
    if (type === undefined) return this.#base;
    try {
      const values: PropertyValues<PropertyTable> = this.#services.globals.valuesFor(type);
      return adjusted(this.#base, { ...values, ...this.#signedFeatures() });
    } catch {
      return this.#base;
    }
  }

  /** `+feature`, `-feature`. */
  #signedFeatures(): { readonly [name: string]: boolean } {
    return {
      ...Object.fromEntries(this.#text.added.map((name) => [name, true])),
      ...Object.fromEntries(this.#text.removed.map((name) => [name, false])),
    };
  }

  #placeOf({ properties }: DeviceContext): CpuPlace {
    if (this.hasPlaces) return findPlace(properties, this.topology, this.possible);
    const [only] = this.possible;
    if (only === undefined || properties["apic-id"] === UNSET_APIC_ID) throw cpuErrors.CPU_APIC_ID_UNSET();
    return only;
  }

  #checkNode(place: CpuPlace, given: number): void {
    const node = this.#nodeOf?.(place.index) ?? 0;
    if (given !== -1 && given !== node) throw cpuErrors.CPU_NODE(node);
  }

  /** Processors are rarely told apart: what was found of one is kept for the next. */
  #faultsOf(values: PropertyValues<PropertyTable>): FeatureFaults {
    const given = new Map<string, boolean>();
    // Of five hundred properties hardly any is given: no list of them is made.
    for (const name in values) {
      const value: unknown = values[name];
      if (typeof value === "boolean" && !SWITCHES.has(name)) given.set(name, value);
    }
    const key = [...given].join();
    if (this.#faults?.key !== key) this.#faults = { key, found: featureFaults(this.model, given) };
    return this.#faults.found;
  }

  /** One processor after the other says what it lacks; of threads it is said once. */
  #realize(apicId: number, values: PropertyValues<PropertyTable>): void {
    const { log } = this.#services;
    const signed = this.#signedFeatures();
    for (const name of Object.keys(signed)) {
      if (!Object.hasOwn(values, name)) throw cpuErrors.CPU_PROPERTY_UNKNOWN(this.typeName, name);
    }
    const isSigned = Object.keys(signed).length > 0;
    const all: PropertyValues<PropertyTable> = isSigned ? { ...values, ...signed } : values;
    const { dependent, missing } = this.#faultsOf(all);
    for (const text of dependent) {
      log.warn(`This feature depends on other features that were not requested: ${text}`);
    }
    const enforces = values["enforce"] === true;
    if (values["check"] === true || enforces) {
      for (const text of missing) log.warn(`TCG doesn't support requested feature: ${text}`);
    }
    if (enforces && missing.length > 0) throw cpuErrors.CPU_FEATURES_REFUSED();
    const model = adjusted(this.#base, all);
    checkGuestBits(model.physBits, values["guest-phys-bits"]);
    if (apicId >= X2APIC_FIRST_ID && !model.x2apic) throw x2apicMissing(apicId);
    const { threads } = this.topology;
    if (threads > 1 && model.vendor === AMD && !model.topologyExtensions && !this.#toldOfThreads) {
      this.#toldOfThreads = true;
      log.warn(
        `This family of AMD CPU doesn't support hyperthreading(${threads}). Please configure -smp options properly or try enabling topoext feature.`,
      );
    }
  }
}

function checkGuestBits(physBits: number, bits: unknown): void {
  if (typeof bits !== "number" || bits === 0xffff_ffff || bits === 0) return;
  if (bits < 32 || bits > physBits) throw cpuErrors.CPU_BITS_RANGE("guest-phys-bits", 32, physBits, bits);
}

/** Local to the plugin: the processors, as their devices see them. */
export const PROCESSORS =
  token<Pick<Processors, "plug" | "vacate" | "requestUnplug" | "nodeOf" | "signedFeatures">>("PROCESSORS");
