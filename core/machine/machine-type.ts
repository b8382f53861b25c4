import { token } from "../di/token.ts";
import type { AnyPlugin } from "../plugin/define-plugin.ts";
import type { DeviceDefinition } from "./component.ts";
import type { PropertyTable, PropertyValues } from "./property.ts";

/** A machine type: a list of plugins and of devices, as data. */
export interface MachineType<P extends PropertyTable = PropertyTable> {
  /** Versioned name, e.g. `pc-q35-10.0`. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly description: string;
  /** The type that it descends from in the tree of types; default `machine`. */
  readonly parent?: string;
  readonly properties: P;
  readonly plugins: readonly AnyPlugin[];
  /** Plugins that a machine has only when its definition has their key (`nvmm: {}`), and that are loaded only then. */
  readonly offers?: readonly PluginOffer[];
  /** Made in this order when the memory map stands. */
  readonly devices: readonly MachineDevice[];
  /** Bytes, where a definition says nothing. */
  readonly defaultMemory: number;
  readonly maxCpus: number;
  /** The name of the RAM block that is the machine's own memory. */
  readonly defaultRamId?: string;
  /** The processor that a machine has when nobody says otherwise: `qemu64-x86_64-cpu`. Absent where it has none. */
  readonly defaultCpuType?: string;
  /** It is kept for old guests, and will go. */
  readonly deprecated?: boolean;
  /** Properties' defaults that differ, in order: the last one for a property counts. */
  readonly compatibility?: readonly CompatibilityValue[];
  /** What differs and is no device's property. */
  readonly quirks?: readonly MachineQuirk[];
}

/** A plugin of this repository that few machines have. */
export interface PluginOffer {
  readonly id: string;
  load(): Promise<AnyPlugin>;
}

/** A default of a driver, or of all PCI devices (`pci-device`), that an older version of a machine type had. */
export interface CompatibilityValue {
  readonly driver: string;
  readonly property: string;
  readonly value: string;
}

/**
 * Habits of older versions of machine types.
 *
 * - `smbios-memory-devices-of-16-gib`: memory is described as modules of at most 16 GiB
 * - `sockets-before-cores`: `-smp N` means N sockets
 * - `ram-over-hyper-transport`: addresses that AMD processors keep for themselves are used for RAM
 * - `pci-root-uid-1`: the host bridge's _UID
 * - `numa-node-memory`: `-numa node,mem=` is taken, and memory backends do not make nodes
 */
export type MachineQuirk =
  | "smbios-memory-devices-of-16-gib"
  | "sockets-before-cores"
  | "ram-over-hyper-transport"
  | "pci-root-uid-1"
  | "numa-node-memory";

/** A device of the board; with `when`, only while that property of the machine type is on (or auto). */
export interface MachineDevice extends DeviceDefinition {
  readonly when?: string;
}

/** A device that a definition adds to the board, made with the board's own: behind the last of that driver, or last. */
export interface BoardDevice extends DeviceDefinition {
  readonly after?: string;
}

export function defineMachineType<P extends PropertyTable>(type: MachineType<P>): MachineType<P> {
  return type;
}

/** The machine that a service lives in. */
export interface MachineInfo {
  readonly type: MachineType;
  /** All types that a machine of this executable could have been made of. */
  readonly types: readonly MachineType[];
  /** Values of the machine type's properties: `machine.properties.bool("hpet")`. */
  readonly properties: MachineProperties;
}

export interface MachineProperties {
  /** False also where the machine type has no such property. */
  bool(name: string): boolean;
  /** True for a boolean that is on, and for an on-off-auto that is not off. */
  enabled(name: string): boolean;
  string(name: string): string | undefined;
  number(name: string): number | undefined;
}

export const MACHINE = token<MachineInfo>("MACHINE");

export function machineProperties(values: PropertyValues<PropertyTable>): MachineProperties {
  const read = <T>(name: string, is: (value: unknown) => value is T): T | undefined => {
    const value: unknown = values[name];
    return is(value) ? value : undefined;
  };
  return {
    bool: (name) => read(name, (value): value is boolean => typeof value === "boolean") ?? false,
    enabled: (name) => values[name] === true || values[name] === "on" || values[name] === "auto",
    string: (name) => read(name, (value): value is string => typeof value === "string"),
    number: (name) => read(name, (value): value is number => typeof value === "number"),
  };
}
