import {
  type BusPlace,
  type Buses,
  type DeviceContext,
  type JsonValue,
  type MemoryRegion,
  type QomProperty,
} from "backplane";

const UNITS = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
const NOWHERE = "f".repeat(16);

/** `info qtree`: buses with their devices, properties and pins; `brief` is the tree alone. */
export function qtreeText(buses: Buses, brief: boolean): string {
  const lines: string[] = [];
  busLines(buses, buses.system, brief, "", lines);
  return lines.map((line) => `${line}\n`).join("");
}

function busLines(buses: Buses, place: BusPlace, brief: boolean, indent: string, lines: string[]): void {
  lines.push(`${indent}bus: ${place.name}`, `${indent}  type ${place.type}`);
  for (const device of place.devices) {
    lines.push(`${indent}  dev: ${device.type.name}, id "${device.id ?? ""}"`);
    const inner = `${indent}    `;
    if (!brief) for (const line of deviceLines(device, place)) lines.push(inner + line);
    for (const below of buses.of(device)) busLines(buses, below, brief, inner, lines);
  }
}

function* deviceLines(device: DeviceContext, place: BusPlace): Iterable<string> {
  for (const { name = "", inputs, outputs } of device.gpio.lists.toReversed()) {
    if (inputs.length > 0) yield `gpio-in "${name}" ${inputs.length}`;
    if (outputs.length > 0) yield `gpio-out "${name}" ${outputs.length}`;
  }
  for (const [name, { type, late, inner }] of Object.entries(device.type.properties)) {
    const property =
      late === true || inner === true || type.startsWith("link<") ? undefined : device.object.property(name);
    if (property === undefined) continue;
    const text = property.show?.() ?? humanText(property);
    yield `${name} = ${text === "" ? "<null>" : text}`;
  }
  yield* place.bus?.describe?.(device) ?? [];
  for (const window of device.windows) yield `mmio ${addressOf(window)}/${hex(window.size)}`;
}

function hex(value: number): string {
  return value.toString(16).padStart(16, "0");
}

function addressOf(region: MemoryRegion): string {
  if (region.container === undefined) return NOWHERE;
  let address = 0;
  for (let each: MemoryRegion | undefined = region; each !== undefined; each = each.container) address += each.address;
  return hex(address);
}

/** A value as people read it: numbers in both bases, sizes with their unit, text in quotes. */
export function humanText(property: QomProperty): string {
  const value: JsonValue | undefined = property.get?.();
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return `"${value}"`;
  if (typeof value !== "number" && typeof value !== "bigint") return "";
  const whole = BigInt.asIntN(64, BigInt(value));
  const unsigned = BigInt.asUintN(64, whole);
  return property.type === "size" ? `${unsigned} (${sizeText(unsigned)})` : `${whole} (0x${unsigned.toString(16)})`;
}

/** Three significant digits, as C prints them, with a binary unit. */
function sizeText(bytes: bigint): string {
  let value = Number(bytes);
  let unit = 0;
  // From 1000 on the next unit is taken: three digits would not do.
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toPrecision(3))} ${UNITS[unit] ?? ""}B`;
}
