// The PCI Express capability: PCI Express Base Specification 4.0 §7.5.3. Advanced error reporting: §7.8.4.
import type { PciFunction } from "./contract.ts";
import { CAPABILITY, EXTENDED_CAPABILITY } from "./registers.ts";

/** By the capability's version: the first has no registers behind those of the link. */
const LENGTHS = { 1: 0x14, 2: 0x3c } as const;
const TYPES = {
  endpoint: 0,
  rootPort: 4,
  upstreamPort: 5,
  downstreamPort: 6,
  pciBridge: 7,
  integratedEndpoint: 9,
} as const;
const SLOT_IMPLEMENTED = 0x100;

const AT = {
  flags: 0x02,
  deviceCapabilities: 0x04,
  deviceControl: 0x08,
  deviceStatus: 0x0a,
  linkCapabilities: 0x0c,
  linkStatus: 0x12,
  slotCapabilities: 0x14,
  slotControl: 0x18,
  slotStatus: 0x1a,
  rootControl: 0x1c,
  rootStatus: 0x20,
  deviceCapabilities2: 0x24,
  deviceControl2: 0x28,
  linkCapabilities2: 0x2c,
  linkControl2: 0x30,
} as const;
export const EXPRESS_AT = AT;

const ROLE_BASED_ERRORS = 0x8000;
const EXTENDED_TAGS = 0x20;
const ERROR_REPORTS = 0xf;
const ASPM_L0S = 0x400;
/** Of ports that can change their width or speed, and of those that are faster than 2.5 GT/s (§7.5.3.6). */
const BANDWIDTH_NOTIFICATION = 0x200000;
const LINK_ACTIVE_REPORTING = 0x100000;
/** ARI forwarding, end-to-end TLP prefixes of any number. */
const CAPABILITIES2 = 0x300020;
const CONTROL2_WRITABLE = 0x8020;

/** By the name of the property `x-speed`: the register's code. */
export const LINK_SPEEDS = { "2_5": 1, "5": 2, "8": 3, "16": 4, "32": 5, "64": 6 } as const;
export type LinkSpeed = keyof typeof LINK_SPEEDS;

export interface LinkOptions {
  readonly speed: LinkSpeed;
  readonly width: number;
}

export interface ExpressOptions {
  readonly type: keyof typeof TYPES;
  readonly offset?: number;
  readonly port?: number;
  /** Default 2.5 GT/s, one lane. */
  readonly link?: LinkOptions;
  /** A port into whose slot devices are plugged. */
  readonly slot?: { readonly number: number; readonly hotplug: boolean; readonly powerController: boolean };
  readonly extendedTags?: boolean;
  /** Default 2. An endpoint may have version 1, of the specification's revision 1.0a. */
  readonly version?: 1 | 2;
}

/** Slot registers: §7.5.3.9 and §7.5.3.10. */
const SLOT = {
  attentionButton: 0x1,
  powerController: 0x2,
  attentionIndicator: 0x8,
  powerIndicator: 0x10,
  surprise: 0x20,
  hotplug: 0x40,
  interlock: 0x20000,
  /** Both indicators off. */
  controlDefault: 0x3c0,
  powerOff: 0x400,
  controlWritable: 0xff9,
  interlockToggle: 0x800,
  events: 0x1b,
} as const;
export const EXPRESS_SLOT = SLOT;

/** Adds the capability as it is after a reset; returns its place. */
export function addExpress(target: PciFunction, options: ExpressOptions): number {
  const { config } = target;
  const version = options.version ?? 2;
  const at = target.addCapability(CAPABILITY.express, LENGTHS[version], options.offset);
  const link = options.link ?? { speed: "2_5", width: 1 };
  const speed = LINK_SPEEDS[link.speed];
  const isPort = options.type === "rootPort" || options.type === "downstreamPort";
  config.set16(
    at + AT.flags,
    version | (TYPES[options.type] << 4) | (options.slot === undefined ? 0 : SLOT_IMPLEMENTED),
  );
  config.set32(at + AT.deviceCapabilities, ROLE_BASED_ERRORS | (options.extendedTags === false ? 0 : EXTENDED_TAGS));
  if (version > 1) {
    config.setWritable(at + AT.deviceControl, 2, ERROR_REPORTS);
    config.setClearable(at + AT.deviceStatus, 2, ERROR_REPORTS);
  }
  const reports =
    (isPort && (link.width > 1 || speed > 1) ? BANDWIDTH_NOTIFICATION : 0) |
    (isPort && speed > 1 ? LINK_ACTIVE_REPORTING : 0);
  const capabilities = ((options.port ?? 0) << 24) | (link.width << 4) | speed | ASPM_L0S | reports;
  config.set32(at + AT.linkCapabilities, capabilities >>> 0);
  config.set16(at + AT.linkStatus, isPort ? (link.width << 4) | speed : 0x11);
  if (version === 1) return at;
  if (speed > 1) {
    config.set32(at + AT.linkCapabilities2, 2 ** (speed + 1) - 2);
    config.set16(at + AT.linkControl2, speed);
  }
  config.set32(at + AT.deviceCapabilities2, CAPABILITIES2);
  config.setWritable(at + AT.deviceControl2, 2, CONTROL2_WRITABLE);
  if (options.slot !== undefined) addSlot(target, at, options.slot);
  if (options.type === "rootPort") config.setWritable(at + AT.rootControl, 2, 0x7);
  return at;
}

function addSlot(target: PciFunction, at: number, slot: NonNullable<ExpressOptions["slot"]>): void {
  const { config } = target;
  const capabilities =
    SLOT.attentionButton |
    SLOT.attentionIndicator |
    SLOT.powerIndicator |
    SLOT.interlock |
    (slot.powerController ? SLOT.powerController : 0) |
    (slot.hotplug ? SLOT.hotplug | SLOT.surprise : 0);
  config.set32(at + AT.slotCapabilities, ((slot.number << 19) | capabilities) >>> 0);
  config.set16(at + AT.slotControl, SLOT.controlDefault);
  config.setWritable(at + AT.slotControl, 2, SLOT.controlWritable & (slot.powerController ? 0xffff : ~SLOT.powerOff));
  config.setClearable(at + AT.slotStatus, 2, SLOT.events);
}

/** A port's link status with this partner: the slower and narrower of the two (§7.5.3.8); its own when nobody is there. */
export function linkStatus(port: PciFunction, partner: PciFunction | undefined): number {
  const own = capabilitiesOf(port);
  const other = partner === undefined ? undefined : capabilitiesOf(partner);
  const speed = Math.min(own?.speed ?? 1, other?.speed ?? own?.speed ?? 1);
  const width = Math.min(own?.width ?? 1, other?.width ?? own?.width ?? 1);
  return (width << 4) | speed;
}

function capabilitiesOf(subject: PciFunction): { readonly speed: number; readonly width: number } | undefined {
  const at = subject.findCapability(CAPABILITY.express);
  if (at === undefined) return undefined;
  const link = subject.config.get32(at + AT.linkCapabilities);
  return { speed: link & 0xf, width: (link >>> 4) & 0x3f };
}

const AER_LENGTH = 0x48;
const UNCORRECTABLE = { writable: 0x03fff030, mask: 0x02400000, severity: 0x00462030 } as const;
const CORRECTABLE = { writable: 0xf1c1, mask: 0xe000 } as const;

/** `logs` is how many headers are recorded; a root port has registers of its own for what its children report. */
export function addErrorReporting(
  target: PciFunction,
  offset: number,
  options: { readonly multipleHeaders?: boolean; readonly root?: boolean } = {},
): number {
  const { config } = target;
  const at = target.addExtendedCapability(EXTENDED_CAPABILITY.aer, 2, AER_LENGTH, offset);
  config.setClearable(at + 0x04, 4, UNCORRECTABLE.writable);
  config.set32(at + 0x08, UNCORRECTABLE.mask);
  config.setWritable(at + 0x08, 4, UNCORRECTABLE.writable);
  config.set32(at + 0x0c, UNCORRECTABLE.severity);
  config.setWritable(at + 0x0c, 4, UNCORRECTABLE.writable);
  config.setClearable(at + 0x10, 4, CORRECTABLE.writable);
  config.set32(at + 0x14, CORRECTABLE.mask);
  config.setWritable(at + 0x14, 4, CORRECTABLE.writable);
  config.set32(at + 0x18, options.multipleHeaders === true ? 0x2a0 : 0xa0);
  config.setWritable(at + 0x18, 4, options.multipleHeaders === true ? 0x540 : 0x140);
  if (options.root === true) {
    config.setWritable(at + 0x2c, 4, 0x7);
    config.setClearable(at + 0x30, 4, 0x7f);
  }
  return at;
}
