// Operation regions and the fields in them: ACPI 6.5 §20.2.5.2, §19.6.48 (Field), §19.6.102 (OperationRegion), and the
// fields of buffers, §19.6.18 to §19.6.24.
import { type Term, termCode } from "./data.ts";
import { AmlNode, byteCode } from "./node.ts";
import { nameCode, segmentCode } from "./names.ts";
import { plainLength, withLength } from "./package-length.ts";

const SPACES = {
  SystemMemory: 0,
  SystemIO: 1,
  PCI_Config: 2,
  EmbeddedControl: 3,
  SMBus: 4,
  SystemCMOS: 5,
  PciBarTarget: 6,
  IPMI: 7,
  GeneralPurposeIO: 8,
  GenericSerialBus: 9,
  PCC: 10,
} as const;

export type RegionSpace = keyof typeof SPACES;

export function OperationRegion(path: string, space: RegionSpace, offset: Term, length: Term): AmlNode {
  return new AmlNode(`\x5b\x80${nameCode(path)}${byteCode(SPACES[space], "")}${termCode(offset)}${termCode(length)}`);
}

const ACCESS = { AnyAcc: 0, ByteAcc: 1, WordAcc: 2, DWordAcc: 3, QWordAcc: 4, BufferAcc: 5 } as const;
const UPDATE = { Preserve: 0, WriteAsOnes: 1, WriteAsZeros: 2 } as const;

export interface FieldForm {
  readonly access: keyof typeof ACCESS;
  /** Takes the global lock, which the firmware may hold. */
  readonly lock?: boolean;
  /** What becomes of the bits beside those that are written. */
  readonly update: keyof typeof UPDATE;
}

/** A unit of a field: a name with its width in bits, or a number of bits that are skipped. */
export type FieldUnit = readonly [name: string, bits: number] | { readonly skip: number };

function formCode({ access, lock = false, update }: FieldForm): string {
  return String.fromCharCode(ACCESS[access] | (lock ? 0x10 : 0) | (UPDATE[update] << 5));
}

function unitsCode(units: readonly FieldUnit[]): string {
  let code = "";
  for (const unit of units)
    code += "skip" in unit ? `\0${plainLength(unit.skip)}` : segmentCode(unit[0]) + plainLength(unit[1]);
  return code;
}

export function Field(region: string, form: FieldForm, ...units: readonly FieldUnit[]): AmlNode {
  return new AmlNode(`\x5b\x81${withLength(nameCode(region) + formCode(form) + unitsCode(units))}`);
}

export function IndexField(index: string, data: string, form: FieldForm, ...units: readonly FieldUnit[]): AmlNode {
  return new AmlNode(`\x5b\x86${withLength(nameCode(index) + nameCode(data) + formCode(form) + unitsCode(units))}`);
}

const bufferField =
  (opcode: string) =>
  (source: Term, byteIndex: Term, name: string): AmlNode =>
    new AmlNode(opcode + termCode(source) + termCode(byteIndex) + nameCode(name));

export const CreateDWordField = bufferField("\x8a");
export const CreateWordField = bufferField("\x8b");
export const CreateByteField = bufferField("\x8c");
/** The index counts bits. */
export const CreateBitField = bufferField("\x8d");
export const CreateQWordField = bufferField("\x8f");

export function CreateField(source: Term, bitIndex: Term, bits: Term, name: string): AmlNode {
  return new AmlNode(`\x5b\x13${termCode(source)}${termCode(bitIndex)}${termCode(bits)}${nameCode(name)}`);
}
