// What a controller tells of itself: Identify (NVM Express 1.4 §5.15) and log pages (§5.14).
import { ALL_NAMESPACES, CNS, IDENTIFY_LENGTH, ONCS } from "../../nvm-express.ts";
import type { Namespace } from "./namespace.ts";

export const NVME_VERSION = 0x0001_0400;
export const VENDOR_ID = 0x1b36;
export const ASYNC_EVENTS = 4;
const ERROR_LOG_ENTRIES = 1;
/** Reads of deallocated blocks give zeroes, and Write Zeroes may deallocate. */
const DEALLOCATED_IS_ZERO = 0x09;
const DESCRIPTOR_EUI64 = 1;

export interface ControllerFacts {
  readonly serial: string;
  readonly model: string;
  readonly mdts: number;
  readonly writeCache: boolean;
  readonly namespaces: readonly Namespace[];
}

/** Undefined: there is no such structure. `"namespace"`: there is no such namespace. */
export function identify(
  structure: number,
  namespaceId: number,
  facts: ControllerFacts,
): Uint8Array | "namespace" | undefined {
  switch (structure) {
    case CNS.namespace:
      return identifyNamespace(namespaceId, facts);
    case CNS.controller:
      return identifyController(facts);
    case CNS.activeNamespaces:
      return namespaceList(namespaceId, facts);
    case CNS.descriptors:
      return descriptors(namespaceId, facts);
    default:
      return undefined;
  }
}

function identifyController({ serial, model, mdts, writeCache, namespaces }: ControllerFacts): Uint8Array {
  const bytes = new Uint8Array(IDENTIFY_LENGTH);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, VENDOR_ID, true);
  view.setUint16(2, VENDOR_ID, true);
  setText(bytes, 4, 20, serial);
  setText(bytes, 24, 40, model);
  setText(bytes, 64, 8, "1.0");
  view.setUint8(77, mdts);
  view.setUint32(80, NVME_VERSION, true);
  view.setUint8(111, 1); // an I/O controller
  view.setUint8(258, 0); // one abort at a time
  view.setUint8(259, ASYNC_EVENTS - 1);
  view.setUint8(260, 0x03); // one firmware slot, read-only
  view.setUint8(262, ERROR_LOG_ENTRIES - 1);
  view.setUint16(266, 343, true); // warning temperature, kelvins
  view.setUint16(268, 373, true);
  view.setUint8(512, 0x66);
  view.setUint8(513, 0x44);
  view.setUint32(516, namespaces.length, true);
  view.setUint16(520, ONCS.compare | ONCS.datasetManagement | ONCS.writeZeroes, true);
  view.setUint8(525, writeCache ? 1 : 0);
  setText(bytes, 768, 256, `nqn.2014-08.org.nvmexpress:${serial}`, "\0");
  view.setUint16(2048, 2500, true); // maximum power, centiwatts
  return bytes;
}

function identifyNamespace(id: number, { namespaces }: ControllerFacts): Uint8Array | "namespace" {
  const bytes = new Uint8Array(IDENTIFY_LENGTH);
  const view = new DataView(bytes.buffer);
  // What all namespaces have in common: there is no namespace management.
  if (id === ALL_NAMESPACES) return "namespace";
  const namespace = namespaces[id - 1];
  if (id === 0 || id > namespaces.length || namespace === undefined) return "namespace";
  const { blocks, blockSize } = namespace;
  for (const offset of [0, 8, 16]) setWide(view, offset, blocks);
  view.setUint8(33, DEALLOCATED_IS_ZERO);
  view.setUint8(99, namespace.readOnly ? 1 : 0); // NSATTR: write protected
  view.setUint8(130, Math.log2(blockSize));
  return bytes;
}

/** Those behind `after`, ascending. */
function namespaceList(after: number, { namespaces }: ControllerFacts): Uint8Array | "namespace" {
  if (after >= ALL_NAMESPACES - 1) return "namespace";
  const bytes = new Uint8Array(IDENTIFY_LENGTH);
  const view = new DataView(bytes.buffer);
  namespaces
    .filter(({ id }) => id > after)
    .slice(0, IDENTIFY_LENGTH / 4)
    .forEach(({ id }, index) => view.setUint32(4 * index, id, true));
  return bytes;
}

function descriptors(id: number, { namespaces }: ControllerFacts): Uint8Array | "namespace" {
  if (!namespaces.some((namespace) => namespace.id === id)) return "namespace";
  const bytes = new Uint8Array(IDENTIFY_LENGTH);
  bytes.set([DESCRIPTOR_EUI64, 8, 0, 0]);
  new DataView(bytes.buffer).setUint32(8, id, false);
  return bytes;
}

/** What has been transferred, for the SMART log. */
export interface Usage {
  reads: number;
  writes: number;
  bytesRead: number;
  bytesWritten: number;
  mediaErrors: number;
}

const DATA_UNIT = 512 * 1000;

/** A log page; undefined for one that there is not. */
export function logPage(page: number, usage: Usage): Uint8Array | undefined {
  switch (page) {
    case 0x01:
      return new Uint8Array(64 * ERROR_LOG_ENTRIES);
    case 0x02:
      return smart(usage);
    case 0x03: {
      const bytes = new Uint8Array(512);
      bytes[0] = 1;
      setText(bytes, 8, 8, "1.0");
      return bytes;
    }
    default:
      return undefined;
  }
}

function smart({ reads, writes, bytesRead, bytesWritten, mediaErrors }: Usage): Uint8Array {
  const bytes = new Uint8Array(512);
  const view = new DataView(bytes.buffer);
  view.setUint16(1, 323, true); // kelvins
  view.setUint8(3, 100);
  view.setUint8(4, 10);
  setWide(view, 32, Math.ceil(bytesRead / DATA_UNIT));
  setWide(view, 48, Math.ceil(bytesWritten / DATA_UNIT));
  setWide(view, 64, reads);
  setWide(view, 80, writes);
  setWide(view, 160, mediaErrors);
  return bytes;
}

function setWide(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, value % 2 ** 32, true);
  view.setUint32(offset + 4, Math.floor(value / 2 ** 32), true);
}

function setText(bytes: Uint8Array, offset: number, length: number, text: string, fill = " "): void {
  const padded = text.slice(0, length).padEnd(length, fill);
  for (let index = 0; index < length; index++) bytes[offset + index] = padded.charCodeAt(index) & 0x7f;
}
