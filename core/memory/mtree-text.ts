import type { MemoryRegion } from "./memory-region.ts";

/** A 64-bit address as all of `info mtree` prints it. */
export function addressText(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, "0");
}

/** The last address of something, in 64 bits; of something empty its first. */
export function lastAddress(start: bigint, size: number): bigint {
  return size === 0 ? start : start + BigInt(size) - 1n;
}

/** What a region is, in a word. Whatever is not memory is `i/o`, containers too. */
export function typeText(region: MemoryRegion): string {
  if (region.alias !== undefined) return typeText(region.alias.target);
  if (region.ramDevice) return "ramd";
  if (region.kind === "rom-device") return region.isRomDeviceMode ? "romd" : "i/o";
  return region.kind === "ram" || region.kind === "rom" ? region.kind : "i/o";
}

/** ` owner:{…}`, ` parent:{…}`: whose a region is, and in what it stands in the object tree. */
export function ownerText(region: MemoryRegion): string {
  const { owner } = region;
  if (owner === undefined) return " parent:{obj path=/machine/unattached}";
  const label = region.inPortList ? "owner:{obj type=memory-region-portio-list} parent" : "owner";
  const kind = owner.isDevice ? "dev" : "obj";
  const name = owner.id === undefined || owner.id === "" ? `path=${owner.path}` : `id=${owner.id}`;
  return ` ${label}:{${kind} ${name}}`;
}
