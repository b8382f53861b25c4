// What the user says of single fields, and the structures that the user brings whole.
import { readFileSync } from "node:fs";
import { errnoOf, hostErrorText } from "backplane";
import { smbiosErrors } from "./errors.ts";
import { FIELDS, isFieldType, LARGEST_TYPE, readField, type FieldType, type FieldValue } from "./field-types.ts";

const HEADER_LENGTH = 4;
const MAX_SPEED = 0xffffn;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const RELEASE = /^\s*[+-]?\d+\.[+-]?\d+/;

export interface Connector {
  readonly internal: string | undefined;
  readonly external: string | undefined;
  readonly connectorType: number;
  readonly portType: number;
}

type Pairs = readonly { readonly key: string; readonly value: string | number | boolean }[];

export class UserFields {
  readonly files: Uint8Array[] = [];
  readonly connectors: Connector[] = [];
  readonly oemStrings: string[] = [];
  readonly #fileTypes = new Set<number>();
  readonly #given = new Map<FieldType, ReadonlyMap<string, FieldValue>>();

  /** One option, as `-smbios` takes it. Throws with the peer's texts. */
  add(pairs: Pairs): void {
    const last = (name: string) => pairs.findLast(({ key }) => key === name)?.value;
    const file = last("file");
    if (file !== undefined) return this.#addFile(String(file), pairs);
    const type = last("type");
    if (type === undefined) throw smbiosErrors.SMBIOS_OPTION_KIND();
    this.#addFields(leadingNumber(String(type)), pairs);
  }

  text(type: FieldType, name: string): string | undefined {
    const value = this.#given.get(type)?.get(name);
    return typeof value === "string" ? value : undefined;
  }

  number(type: FieldType, name: string): bigint | undefined {
    const value = this.#given.get(type)?.get(name);
    return typeof value === "bigint" ? value : undefined;
  }

  flag(type: FieldType, name: string): boolean {
    return this.#given.get(type)?.get(name) === true;
  }

  /** For what every machine has: nothing when the user brought such structures whole. */
  unlessFile<T>(type: number, make: () => readonly T[]): readonly T[] {
    return this.#fileTypes.has(type) ? [] : make();
  }

  /** For what a machine has only when the user says something of it. */
  ifGiven<T>(type: FieldType, make: () => readonly T[]): readonly T[] {
    return this.#given.has(type) ? this.unlessFile(type, make) : [];
  }

  #addFile(path: string, pairs: Pairs): void {
    const extra = pairs.find(({ key }) => key !== "file" && key !== "id");
    if (extra !== undefined) throw smbiosErrors.SMBIOS_FIELD(extra.key);
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(path);
    } catch {
      throw smbiosErrors.SMBIOS_FILE(path);
    }
    const [type] = bytes;
    if (type === undefined || bytes.length < HEADER_LENGTH) throw smbiosErrors.SMBIOS_FILE(path);
    if (isFieldType(type) && this.#given.has(type)) throw smbiosErrors.SMBIOS_FILE_AFTER_FIELDS(type);
    if (type <= LARGEST_TYPE) this.#fileTypes.add(type);
    this.files.push(bytes);
  }

  #addFields(type: number, pairs: Pairs): void {
    if (type > LARGEST_TYPE) throw smbiosErrors.SMBIOS_TYPE_RANGE();
    if (this.#fileTypes.has(type)) throw smbiosErrors.SMBIOS_FIELDS_AFTER_FILE();
    if (type === 9 || type === 41) throw smbiosErrors.SMBIOS_UNSUPPORTED(`-smbios type=${type}`);
    if (!isFieldType(type)) throw smbiosErrors.SMBIOS_TYPE_UNKNOWN(type);
    const values = new Map<string, FieldValue>();
    for (const { key, value } of pairs) {
      if (key === "id") continue;
      const kind = key === "type" ? "number" : FIELDS[type][key];
      if (kind === undefined) throw smbiosErrors.SMBIOS_FIELD(key);
      const read = readField(kind, key, value);
      if (key !== "type") values.set(key, read);
    }
    this.#check(type, values);
    // Text stays from option to option; numbers and switches begin anew with each.
    const before = [...(this.#given.get(type) ?? [])].filter(([, value]) => typeof value === "string");
    this.#given.set(type, new Map([...before, ...values]));
    if (type === 8) this.connectors.push(connectorOf(values));
    if (type === 11) this.oemStrings.push(...pairs.flatMap(({ key, value }) => oemString(key, String(value))));
  }

  #check(type: FieldType, values: ReadonlyMap<string, FieldValue>): void {
    const release = values.get("release");
    if (typeof release === "string" && !RELEASE.test(release)) throw smbiosErrors.SMBIOS_RELEASE();
    const uuid = values.get("uuid");
    if (uuid !== undefined) {
      if (!UUID.test(String(uuid))) throw smbiosErrors.SMBIOS_UUID();
      throw smbiosErrors.SMBIOS_UNSUPPORTED("-smbios type=1,uuid= (give the machine's UUID with -uuid)");
    }
    if (type !== 4) return;
    for (const name of ["max-speed", "current-speed"]) {
      const speed = values.get(name);
      if (typeof speed === "bigint" && speed > MAX_SPEED) throw smbiosErrors.SMBIOS_SPEED();
    }
  }
}

/** As C's strtoul reads it: what is no number is 0, and is refused as a value later. */
function leadingNumber(text: string): number {
  const digits = /^\s*\+?(0x[0-9a-f]+|\d+)/i.exec(text)?.[1] ?? "0";
  return /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
}

function connectorOf(values: ReadonlyMap<string, FieldValue>): Connector {
  const text = (name: string) => {
    const value = values.get(name);
    return typeof value === "string" ? value : undefined;
  };
  const byte = (name: string) => {
    const value = values.get(name);
    return typeof value === "bigint" ? Number(BigInt.asUintN(8, value)) : 0;
  };
  return {
    internal: text("internal_reference"),
    external: text("external_reference"),
    connectorType: byte("connector_type"),
    portType: byte("port_type"),
  };
}

function oemString(key: string, value: string): string[] {
  if (key === "value") return [value];
  if (key !== "path") return [];
  let bytes: Buffer;
  try {
    bytes = readFileSync(value);
  } catch (error) {
    const reason = hostErrorText(error);
    throw errnoOf(error) === "EISDIR"
      ? smbiosErrors.SMBIOS_STRING_FILE_READ(value, reason)
      : smbiosErrors.SMBIOS_STRING_FILE(value, reason);
  }
  if (bytes.includes(0)) throw smbiosErrors.SMBIOS_STRING_NUL(value);
  return [bytes.toString("utf8")];
}
