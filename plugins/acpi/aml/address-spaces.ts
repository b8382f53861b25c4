// Address space descriptors: ACPI 6.5 §6.4.3.5.
import { bytesToCode, littleEndian } from "./node.ts";
import { ResourceDescriptor } from "./resources.ts";

/** Ranges that a bridge passes on, from `first` to `last`, both included. */
export interface AddressRange<N extends number | bigint = number> {
  readonly first: N;
  readonly last: N;
  /** Overrides what the bounds give; a template whose bounds are patched later has no true length. */
  readonly length?: N;
}

export interface MemoryForm {
  readonly cacheable?: boolean;
  readonly writable: boolean;
}

const WIDTHS = { 2: 0x88, 4: 0x87, 8: 0x8a } as const;
const KIND = { memory: 0, io: 1, bus: 2 } as const;
/** Producer, positive decode; minimum and maximum are both fixed. */
const FIXED_PRODUCER = 0x0c;
const ENTIRE_RANGE = 3;

function descriptor(
  width: keyof typeof WIDTHS,
  kind: keyof typeof KIND,
  typeFlags: number,
  { first, last, length }: Required<AddressRange> | Required<AddressRange<bigint>>,
): ResourceDescriptor {
  // Granularity and translation offset are zero: addresses are the same on both sides of the bridge.
  const none = littleEndian(0, width);
  const numbers = none + littleEndian(first, width) + littleEndian(last, width) + none + littleEndian(length, width);
  const head = bytesToCode([KIND[kind], FIXED_PRODUCER, typeFlags]);
  return new ResourceDescriptor(
    String.fromCharCode(WIDTHS[width]) + littleEndian(head.length + numbers.length, 2) + head + numbers,
  );
}

const memoryFlags = ({ cacheable = false, writable }: MemoryForm): number => (writable ? 1 : 0) | (cacheable ? 2 : 0);

function measured({ first, last, length = last - first + 1 }: AddressRange): Required<AddressRange> {
  return { first, last, length };
}

export function WordBusNumber(range: AddressRange): ResourceDescriptor {
  return descriptor(2, "bus", 0, measured(range));
}

export function WordIO(range: AddressRange): ResourceDescriptor {
  return descriptor(2, "io", ENTIRE_RANGE, measured(range));
}

export function DWordIO(range: AddressRange): ResourceDescriptor {
  return descriptor(4, "io", ENTIRE_RANGE, measured(range));
}

export function DWordMemory(form: MemoryForm, range: AddressRange): ResourceDescriptor {
  return descriptor(4, "memory", memoryFlags(form), measured(range));
}

export function QWordMemory(form: MemoryForm, range: AddressRange<number | bigint>): ResourceDescriptor {
  const first = BigInt(range.first);
  const last = BigInt(range.last);
  const length = BigInt(range.length ?? last - first + 1n);
  return descriptor(8, "memory", memoryFlags(form), { first, last, length });
}
