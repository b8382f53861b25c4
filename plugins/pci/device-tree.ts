import type { PciBar, PciFunction } from "./contract.ts";
import { className } from "./class-names.ts";
import { REG } from "./registers.ts";

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");

/** What `info qtree` says of a device because it is a PCI function. */
export function functionLines(subject: PciFunction): readonly string[] {
  const { config, classId, slot, number, vendorId, deviceId } = subject;
  const name = className(classId) ?? `Class ${hex(classId, 4)}`;
  const address = `${hex(subject.bus.number, 2)}:${hex(slot, 2)}.${number}`;
  const id = `${hex(vendorId, 4)}:${hex(deviceId, 4)}`;
  const subsystem = `${hex(config.get16(REG.subsystemVendorId), 4)}:${hex(config.get16(REG.subsystemId), 4)}`;
  return [`class ${name}, addr ${address}, pci id ${id} (sub ${subsystem})`, ...subject.bars.map(barLine)];
}

/** A window that the guest has not placed stands at -1. */
function barLine({ index, kind, address, size }: PciBar): string {
  const first = BigInt.asUintN(64, BigInt(address ?? -1));
  const last = BigInt.asUintN(64, first + BigInt(size) - 1n);
  return `bar ${index}: ${kind === "io" ? "i/o" : "mem"} at 0x${first.toString(16)} [0x${last.toString(16)}]`;
}

/** `1f.2`: slot and function, as `addr=` takes them. */
export function addressText(devfn: number): string {
  return devfn < 0 ? "<unset>" : `${hex(devfn >> 3, 2)}.${devfn & 7}`;
}

/** The place that a function was given, and the number of its bus, which the guest may change. */
export function showPlace({ device, devfn, bus }: PciFunction): void {
  const { object } = device;
  device.own(object.add({ name: "addr", type: "str", get: () => devfn, show: () => addressText(devfn) }));
  device.own(object.add({ name: "legacy-addr", type: "str", get: () => addressText(devfn) }));
  device.own(object.add({ name: "busnr", type: "busnr", get: () => bus.number }));
}
