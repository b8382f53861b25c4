import type { HostMemory } from "backplane";

const PAGE = 4096;

/** Has the host hold all of a memory: every page is written, with what it holds. */
export function preallocate(host: HostMemory): void {
  for (let offset = 0; offset < host.length; offset += PAGE) {
    const value = host.readUint(offset, 1);
    // Nobody else can see the passing value; where somebody could, writing the old one is enough.
    if (!host.shared) host.writeUint(offset, 1, value ^ 0xff);
    host.writeUint(offset, 1, value);
  }
}
