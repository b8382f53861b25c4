// What `-drive` says becomes options of nodes, and facts for the device.
import { checkArguments, parseInteger, q, type JsonObject } from "backplane";
import type { DriveFacts } from "./contract.ts";
import { blockErrors } from "./errors.ts";
import { nodeOfFilename } from "./file-name.ts";
import { isObject } from "./graph.ts";
import { optionTree } from "./option-tree.ts";
import { headOf, probeFormat } from "./probe.ts";
import { driverOptions, UNMODELLED_DRIVERS } from "./schema.ts";
import { typed } from "./typed.ts";
import { textOf } from "./text-of.ts";

/** In the order of the numbers by which a message calls them. */
export const INTERFACES = ["none", "ide", "scsi", "floppy", "pflash", "mtd", "sd", "virtio", "xen"];
const UNITS: { readonly [name: string]: number } = { ide: 1, scsi: 7 };
const CACHES: { readonly [mode: string]: { writeback: boolean; direct: boolean; noFlush: boolean } } = {
  writeback: { writeback: true, direct: false, noFlush: false },
  writethrough: { writeback: false, direct: false, noFlush: false },
  unsafe: { writeback: true, direct: false, noFlush: true },
  none: { writeback: true, direct: true, noFlush: false },
  off: { writeback: true, direct: true, noFlush: false },
  directsync: { writeback: false, direct: true, noFlush: false },
};

export interface DriveRequest extends DriveFacts {
  readonly writeCache: boolean;
  readonly readOnly: boolean;
  readonly account: { readonly invalid: boolean; readonly failed: boolean };
  /** The image's node; undefined for an empty drive. */
  readonly node: JsonObject | undefined;
  /** The format was guessed. */
  readonly guessed: string | undefined;
}

/** Which places are taken, and what the machine gives to drives that say no interface. */
export interface DrivePlaces {
  readonly defaultInterface: string;
  isTaken(interfaceName: string, bus: number, unit: number): boolean;
}

type Given = Map<string, string>;

export function readDrive(
  options: { readonly [key: string]: string | number | boolean },
  places: DrivePlaces,
): DriveRequest {
  const given: Given = new Map(
    Object.entries(options).map(([key, value]) => [
      key,
      typeof value === "boolean" ? (value ? "on" : "off") : String(value),
    ]),
  );
  rename(given, "readonly", "read-only");
  const cache = takeCache(given);
  const media = take(given, "media") ?? "disk";
  if (media !== "disk" && media !== "cdrom") throw blockErrors.BLOCK_MEDIA(media);
  const readOnly = media === "cdrom" || isOn(take(given, "read-only"));
  if (isOn(take(given, "copy-on-read"))) throw blockErrors.BLOCK_OPTION_UNMODELLED("copy-on-read", "on");
  if (isOn(take(given, "snapshot"))) throw blockErrors.BLOCK_OPTION_UNMODELLED("snapshot", "on");
  const place = takePlace(given, places);
  const id = take(given, "id") ?? defaultId(place, media);
  const errors = takeErrorActions(given);
  const account = {
    invalid: take(given, "stats-account-invalid") !== "off",
    failed: take(given, "stats-account-failed") !== "off",
  };
  refuseThrottling(given);
  const file = take(given, "file");
  const format = take(given, "format");
  const isEmpty = (file === undefined || file === "") && given.size === 0 && format === undefined;
  const image = isEmpty ? undefined : imageOptions(given, file, format, { readOnly, ...cache });
  return {
    id,
    media,
    ...place,
    ...errors,
    serial: undefined,
    writeCache: cache.writeback,
    readOnly,
    account,
    node: image?.node,
    guessed: image?.guessed,
  };
}

interface ImageSettings {
  readonly readOnly: boolean;
  readonly direct: boolean;
  readonly noFlush: boolean;
}

function imageOptions(given: Given, file: string | undefined, format: string | undefined, settings: ImageSettings) {
  const driver = take(given, "driver");
  if (driver !== undefined && format !== undefined) throw blockErrors.BLOCK_DRIVER_FORMAT();
  const aio = take(given, "aio");
  const own = optionTree(given);
  const { file: belowGiven, ...rest } = own;
  const below = file !== undefined && file !== "" ? nodeOfFilename(file) : undefined;
  const wanted = driver ?? format;
  if (wanted !== undefined && driverOptions(wanted) === undefined) {
    throw UNMODELLED_DRIVERS.some((name) => name === wanted)
      ? blockErrors.BLOCK_DRIVER_UNMODELLED(wanted)
      : blockErrors.BLOCK_DRIVER(wanted);
  }
  if (wanted === undefined && below === undefined && !isObject(belowGiven)) throw blockErrors.BLOCK_MUST_SPECIFY();
  const common = {
    "read-only": settings.readOnly,
    "auto-read-only": true,
    cache: { direct: settings.direct, "no-flush": settings.noFlush },
  };
  const isProtocol = wanted !== undefined && wanted !== "raw";
  if (isProtocol) {
    return { node: checked({ driver: wanted, ...common, ...below, ...rest }, wanted, "protocol"), guessed: undefined };
  }
  if (below === undefined && belowGiven === undefined) throw blockErrors.BLOCK_CHILD_MISSING("file");
  const merged: JsonObject = { ...below, ...(isObject(belowGiven) ? belowGiven : {}) };
  const protocol = textOf(merged["driver"] ?? "file");
  const child =
    typeof belowGiven === "string" && below === undefined
      ? belowGiven
      : checked(
          { driver: protocol, ...merged, ...(aio === undefined || protocol !== "file" ? {} : { aio }) },
          protocol,
          "protocol",
        );
  const filename = isObject(child) && typeof child["filename"] === "string" ? child["filename"] : undefined;
  const guessed =
    wanted === undefined ? probeFormat(filename === undefined ? new Uint8Array(0) : headOf(filename)) : undefined;
  if (guessed !== undefined && guessed !== "raw") throw blockErrors.BLOCK_FORMAT_FOUND(file ?? "", guessed);
  const probed = guessed === undefined ? {} : { "x-probed": true };
  const node = { ...checked({ driver: "raw", ...common, ...rest, file: child }, "raw", "format"), ...probed };
  return { node, guessed };
}

/** What a drive need not say of an NVMe controller, though a node must. */
function completed(options: JsonObject, driver: string): JsonObject {
  if (driver !== "nvme") return options;
  if (options["device"] === undefined) throw blockErrors.BLOCK_NVME_DEVICE();
  return { namespace: 1, ...options };
}

/** Types the texts, and refuses what the driver does not have, in the words of older options. */
function checked(given: JsonObject, driver: string, kind: "format" | "protocol"): JsonObject {
  const options = completed(given, driver);
  const schema = driverOptions(driver);
  if (schema === undefined) throw blockErrors.BLOCK_DRIVER(driver);
  const known = { ...schema.members, driver: { schema: q.str, optional: false } };
  const foreign = Object.keys(options).find((name) => !Object.hasOwn(known, name));
  if (foreign !== undefined) throw blockErrors.BLOCK_OPTION_UNKNOWN(kind, driver, foreign);
  const value = typed({ ...schema, members: known }, options, "", { suffixes: true });
  return checkArguments({ ...schema, members: known }, isObject(value) ? value : {}) as JsonObject;
}

function take(given: Given, key: string): string | undefined {
  const value = given.get(key);
  given.delete(key);
  return value;
}

function rename(given: Given, from: string, to: string): void {
  const value = take(given, from);
  if (value === undefined) return;
  if (given.has(to)) throw blockErrors.BLOCK_ALIGNMENT(to, from);
  given.set(to, value);
}

const isOn = (value: string | undefined): boolean =>
  value === "on" || value === "yes" || value === "true" || value === "y";

function takeCache(given: Given) {
  const mode = take(given, "cache");
  const known = mode === undefined ? CACHES["writeback"] : Object.hasOwn(CACHES, mode) ? CACHES[mode] : undefined;
  if (known === undefined) throw blockErrors.BLOCK_CACHE();
  const flag = (key: string, otherwise: boolean): boolean => {
    const value = take(given, key);
    return value === undefined ? otherwise : isOn(value);
  };
  return {
    writeback: flag("cache.writeback", known.writeback),
    direct: flag("cache.direct", known.direct),
    noFlush: flag("cache.no-flush", known.noFlush),
  };
}

function takePlace(given: Given, places: DrivePlaces) {
  const name = take(given, "if") ?? places.defaultInterface;
  if (!INTERFACES.includes(name)) throw blockErrors.BLOCK_INTERFACE(name);
  const number = (key: string, otherwise: number): number => {
    const text = take(given, key);
    return text === undefined ? otherwise : (parseInteger(text) ?? otherwise);
  };
  let bus = number("bus", 0);
  let unit = number("unit", -1);
  const index = number("index", -1);
  const units = UNITS[name] ?? 0;
  if (index !== -1) {
    if (bus !== 0 || unit !== -1) throw blockErrors.BLOCK_INDEX();
    bus = units > 0 ? Math.floor(index / units) : 0;
    unit = units > 0 ? index % units : index;
  }
  if (unit === -1) {
    for (unit = 0; places.isTaken(name, bus, unit);) {
      unit++;
      if (units > 0 && unit >= units) {
        unit -= units;
        bus++;
      }
    }
  }
  if (units > 0 && unit >= units) throw blockErrors.BLOCK_UNIT(unit, units - 1);
  if (places.isTaken(name, bus, unit)) throw blockErrors.BLOCK_PLACE_TAKEN(bus, unit, index);
  return { interface: name, bus, unit };
}

function defaultId(
  { interface: name, bus, unit }: { interface: string; bus: number; unit: number },
  media: string,
): string {
  const kind = name === "ide" || name === "scsi" ? (media === "cdrom" ? "-cd" : "-hd") : "";
  return Object.hasOwn(UNITS, name) ? `${name}${bus}${kind}${unit}` : `${name}${kind}${unit}`;
}

function takeErrorActions(given: Given) {
  const writeErrors = take(given, "werror");
  const readErrors = take(given, "rerror");
  const known = ["ignore", "stop", "report"];
  if (writeErrors !== undefined && ![...known, "enospc"].includes(writeErrors))
    throw blockErrors.BLOCK_ERROR_ACTION(writeErrors, "write");
  if (readErrors !== undefined && !known.includes(readErrors)) throw blockErrors.BLOCK_ERROR_ACTION(readErrors, "read");
  return { readErrors: readErrors ?? "report", writeErrors: writeErrors ?? "enospc" };
}

const THROTTLING = /^(?:throttling\.|bps|iops|group$|stats-intervals)/;

function refuseThrottling(given: Given): void {
  for (const [key, value] of given) {
    if (!THROTTLING.test(key)) continue;
    if (value !== "0") throw blockErrors.BLOCK_OPTION_UNMODELLED(key, value);
    given.delete(key);
  }
}
