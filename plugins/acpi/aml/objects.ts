// Namespace modifiers and named objects: ACPI 6.5 §20.2.5.1 and §20.2.5.2.
import { type Term, termCode } from "./data.ts";
import { AmlNode, byteCode, joinCode, littleEndian } from "./node.ts";
import { nameCode } from "./names.ts";
import { withLength } from "./package-length.ts";

export function Name(path: string, value: Term): AmlNode {
  return new AmlNode(`\x08${nameCode(path)}${termCode(value)}`);
}

export function Alias(source: string, path: string): AmlNode {
  return new AmlNode(`\x06${nameCode(source)}${nameCode(path)}`);
}

/** Opens an object that exists already. */
export function Scope(path: string, ...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(`\x10${withLength(nameCode(path) + joinCode(body))}`);
}

export function Device(path: string, ...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(`\x5b\x82${withLength(nameCode(path) + joinCode(body))}`);
}

export interface ProcessorBlock {
  readonly id: number;
  readonly blockAddress?: number;
  readonly blockLength?: number;
}

/** A processor as ACPI 1.0 declared it; deprecated since 6.0 in favour of a device with `_HID` ACPI0007. */
export function Processor(path: string, block: ProcessorBlock, ...body: readonly AmlNode[]): AmlNode {
  const head =
    byteCode(block.id, "a processor's ID") +
    littleEndian(block.blockAddress ?? 0, 4) +
    byteCode(block.blockLength ?? 0, "the length of a processor's register block");
  return new AmlNode(`\x5b\x83${withLength(nameCode(path) + head + joinCode(body))}`);
}

export function ThermalZone(path: string, ...body: readonly AmlNode[]): AmlNode {
  return new AmlNode(`\x5b\x85${withLength(nameCode(path) + joinCode(body))}`);
}

export function PowerResource(path: string, level: number, order: number, ...body: readonly AmlNode[]): AmlNode {
  const head = byteCode(level, "a system level") + littleEndian(order, 2);
  return new AmlNode(`\x5b\x84${withLength(nameCode(path) + head + joinCode(body))}`);
}

export interface MethodForm {
  readonly args: number;
  /** Only one thread at a time; needed by methods that create names. */
  readonly serialized?: boolean;
  readonly syncLevel?: number;
}

export function Method(path: string, form: MethodForm | number, ...body: readonly AmlNode[]): AmlNode {
  const { args, serialized = false, syncLevel = 0 } = typeof form === "number" ? { args: form } : form;
  if (args < 0 || args > 7) throw new RangeError(`a method takes up to 7 arguments, not ${args}`);
  const flags = args | (serialized ? 0x08 : 0) | (syncLevel << 4);
  return new AmlNode(`\x14${withLength(nameCode(path) + byteCode(flags, "method flags") + joinCode(body))}`);
}

export function Mutex(path: string, syncLevel = 0): AmlNode {
  return new AmlNode(`\x5b\x01${nameCode(path)}${byteCode(syncLevel, "a mutex's level")}`);
}

export function Event(path: string): AmlNode {
  return new AmlNode(`\x5b\x02${nameCode(path)}`);
}

const OBJECT_TYPES = {
  unknown: 0,
  integer: 1,
  string: 2,
  buffer: 3,
  package: 4,
  fieldUnit: 5,
  device: 6,
  event: 7,
  method: 8,
  mutex: 9,
  region: 10,
  powerResource: 11,
  processor: 12,
  thermalZone: 13,
  bufferField: 14,
} as const;

/** Declares what another table defines (§19.6.46). */
export function External(path: string, type: keyof typeof OBJECT_TYPES = "unknown", args = 0): AmlNode {
  return new AmlNode(
    `\x15${nameCode(path)}${byteCode(OBJECT_TYPES[type], "an object type")}${byteCode(args, "arguments")}`,
  );
}
