import {
  DEVICE,
  disposable,
  inject,
  injectable,
  type Device,
  type DeviceContext,
  type DeviceType,
  type QomType,
} from "backplane";
import { CPU_MODELS } from "./models.ts";
import { LEVELS, type CpuPlace } from "./place.ts";
import { PROCESSORS, type Processors } from "./processors.ts";
import { cpuProperties, tcgLacks } from "./properties.ts";
import { typeNameOf } from "./type-name.ts";

const CPU_CLASS = "x86_64-cpu";

/** What processors of all kinds are. */
export const CPU_CLASSES: readonly QomType[] = [
  { name: "cpu", parent: "device", abstract: true },
  { name: CPU_CLASS, parent: "cpu", abstract: true },
];

/** The types of all models. Tables of properties are made when somebody looks at one. */
export function cpuTypes(): DeviceType[] {
  return [...CPU_MODELS.keys(), "host"].map((model) => ({
    name: typeNameOf(model),
    category: "cpu",
    // The host's model is made of everything there is.
    parent: model === "host" ? typeNameOf("max") : CPU_CLASS,
    get properties() {
      return cpuProperties(model);
    },
  }));
}

/** A processor. No code runs on it: it has a place, and what its properties say of it. */
@injectable()
export class Cpu implements Device {
  #place: CpuPlace | undefined;

  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
    @inject(PROCESSORS) private readonly processors: Processors,
  ) {}

  realize(): void {
    const place = this.processors.plug(this.device);
    this.#place = place;
    this.#showPlace(place);
    this.device.own(disposable(() => this.processors.vacate(place)));
  }

  /** What was left open is settled by now. */
  #showPlace(place: CpuPlace): void {
    const { object, properties } = this.device;
    const values: { readonly [name: string]: unknown } = properties;
    object.add({ name: "apic-id", type: "uint32", get: () => place.apicId });
    for (const [name, value] of this.processors.signedFeatures) {
      object.add({ name, type: "bool", get: () => value && !tcgLacks(name) });
    }
    for (const level of LEVELS) object.add({ name: `${level}-id`, type: "int32", get: () => place.at(level) });
    object.add({
      name: "node-id",
      type: "int32",
      get: () => this.processors.nodeOf(place) ?? Number(values["node-id"]),
    });
  }

  unplug(): void {
    if (this.#place !== undefined) this.processors.requestUnplug(this.#place);
  }
}
