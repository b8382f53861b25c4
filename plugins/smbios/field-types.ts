import { smbiosErrors } from "./errors.ts";

export type FieldKind = "text" | "number" | "switch";
export type FieldValue = string | bigint | boolean;
export const LARGEST_TYPE = 127;

type Fields = { readonly [name: string]: FieldKind };

/** The fields that can be given, by type of structure. */
export const FIELDS = {
  0: { vendor: "text", version: "text", date: "text", release: "text", uefi: "switch" },
  1: {
    manufacturer: "text",
    product: "text",
    version: "text",
    serial: "text",
    uuid: "text",
    sku: "text",
    family: "text",
  },
  2: { manufacturer: "text", product: "text", version: "text", serial: "text", asset: "text", location: "text" },
  3: { manufacturer: "text", version: "text", serial: "text", asset: "text", sku: "text" },
  4: {
    sock_pfx: "text",
    manufacturer: "text",
    version: "text",
    "max-speed": "number",
    "current-speed": "number",
    serial: "text",
    asset: "text",
    part: "text",
    "processor-family": "number",
    "processor-id": "number",
  },
  8: { internal_reference: "text", external_reference: "text", connector_type: "number", port_type: "number" },
  11: { value: "text", path: "text" },
  17: {
    loc_pfx: "text",
    bank: "text",
    manufacturer: "text",
    serial: "text",
    asset: "text",
    part: "text",
    speed: "number",
  },
} as const satisfies Record<number, Fields> as { readonly [T in 0 | 1 | 2 | 3 | 4 | 8 | 11 | 17]: Fields };

export type FieldType = keyof typeof FIELDS;

export function isFieldType(type: number): type is FieldType {
  return Object.hasOwn(FIELDS, type);
}

const ON = ["on", "yes", "true", "y"];
const OFF = ["off", "no", "false", "n"];
const NUMBER = /^\s*([+-]?)(0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i;
const LIMIT = 1n << 64n;

/** Decimal, hexadecimal or octal; a negative number counts down from 2^64. */
function readNumber(name: string, text: string): bigint {
  const [, sign, digits] = NUMBER.exec(text) ?? [];
  if (digits === undefined) throw smbiosErrors.SMBIOS_VALUE(name, "a number");
  const number = BigInt(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits);
  if (number >= LIMIT) throw smbiosErrors.SMBIOS_VALUE_LARGE(name, text);
  return sign === "-" ? BigInt.asUintN(64, -number) : number;
}

const READERS: { readonly [kind in FieldKind]: (name: string, text: string) => FieldValue } = {
  text: (_name, text) => text,
  number: readNumber,
  switch: (name, text) => {
    if (!ON.includes(text) && !OFF.includes(text)) throw smbiosErrors.SMBIOS_VALUE(name, "'on' or 'off'");
    return ON.includes(text);
  },
};

export function readField(kind: FieldKind, name: string, value: string | number | boolean): FieldValue {
  return READERS[kind](name, String(value));
}
