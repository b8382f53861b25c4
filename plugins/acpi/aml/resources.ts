// Resource descriptors: ACPI 6.5 §6.4. Small ones first (§6.4.2), then large ones (§6.4.3); address spaces have a file
// of their own.
import { bufferOf } from "./data.ts";
import { type AmlNode, bytesToCode, byteCode, littleEndian } from "./node.ts";

/** A descriptor in a resource template; not a term. */
export class ResourceDescriptor {
  readonly code: string;

  constructor(code: string) {
    this.code = code;
  }
}

/** The end tag's checksum is zero: "treat as correct" (§6.4.2.9). */
const END_TAG = "\x79\0";

export function ResourceTemplate(...descriptors: readonly ResourceDescriptor[]): AmlNode {
  let code = "";
  for (const descriptor of descriptors) code += descriptor.code;
  return bufferOf(code + END_TAG);
}

/** Ports, decoded in 16 bits (§6.4.2.5). The base may be moved from `base` to `maximum`, in steps of `alignment`. */
export function IO(base: number, length: number, alignment = 1, maximum = base): ResourceDescriptor {
  const tail = byteCode(alignment, "an alignment") + byteCode(length, "a number of ports");
  return new ResourceDescriptor(`\x47\x01${littleEndian(base, 2)}${littleEndian(maximum, 2)}${tail}`);
}

/** Interrupts of the 8259s, edge-triggered and active high (§6.4.2.1). */
export function IRQNoFlags(...irqs: readonly number[]): ResourceDescriptor {
  return new ResourceDescriptor(`\x22${littleEndian(mask(irqs, 16), 2)}`);
}

const DMA_SPEED = { Compatibility: 0, TypeA: 1, TypeB: 2, TypeF: 3 } as const;
const DMA_TRANSFER = { Transfer8: 0, Transfer8_16: 1, Transfer16: 2 } as const;

export interface DmaForm {
  readonly speed: keyof typeof DMA_SPEED;
  readonly busMaster?: boolean;
  readonly transfer: keyof typeof DMA_TRANSFER;
}

/** Channels of the 8237s (§6.4.2.2). */
export function DMA(form: DmaForm, ...channels: readonly number[]): ResourceDescriptor {
  const flags = (DMA_SPEED[form.speed] << 5) | (form.busMaster === true ? 4 : 0) | DMA_TRANSFER[form.transfer];
  return new ResourceDescriptor(`\x2a${bytesToCode([mask(channels, 8), flags])}`);
}

function mask(numbers: readonly number[], width: number): number {
  let bits = 0;
  for (const number of numbers) {
    if (!Number.isInteger(number) || number < 0 || number >= width) throw new RangeError(`there is no line ${number}`);
    bits |= 1 << number;
  }
  return bits;
}

/** A fixed range below 4 GiB (§6.4.3.4). */
export function Memory32Fixed(base: number, length: number, access: "ReadOnly" | "ReadWrite"): ResourceDescriptor {
  const flags = access === "ReadWrite" ? "\x01" : "\0";
  return new ResourceDescriptor(`\x86\x09\0${flags}${littleEndian(base, 4)}${littleEndian(length, 4)}`);
}

export interface InterruptForm {
  readonly consumer?: boolean;
  readonly edge?: boolean;
  readonly activeLow?: boolean;
  readonly shared?: boolean;
}

/** Global system interrupts (§6.4.3.6). */
export function Interrupt(form: InterruptForm, ...interrupts: readonly number[]): ResourceDescriptor {
  const flags =
    (form.consumer === true ? 1 : 0) |
    (form.edge === true ? 2 : 0) |
    (form.activeLow === true ? 4 : 0) |
    (form.shared === true ? 8 : 0);
  let code = littleEndian(2 + 4 * interrupts.length, 2) + bytesToCode([flags]) + byteCode(interrupts.length, "a count");
  for (const interrupt of interrupts) code += littleEndian(interrupt, 4);
  return new ResourceDescriptor(`\x89${code}`);
}
