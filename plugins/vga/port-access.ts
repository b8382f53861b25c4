// Byte registers behind ports: a word access is two of them while the next port belongs to the same stretch, and wider
// accesses are not decoded, as the peer's port lists have it.
import type { MemoryRegionOps } from "backplane";

export interface BytePorts {
  read(offset: number): number;
  write(offset: number, value: number): void;
}

export function bytePorts(ports: BytePorts, first: number, length: number): MemoryRegionOps {
  return {
    valid: { min: 1, max: 4, unaligned: true },
    impl: { min: 1, max: 4, unaligned: true },
    read(offset, size) {
      if (size === 4) return 0xffffffff;
      const low = ports.read(first + offset);
      if (size === 1) return low;
      return low | ((offset + 1 < length ? ports.read(first + offset + 1) : 0xff) << 8);
    },
    write(offset, value, size) {
      if (size === 4) return;
      ports.write(first + offset, value & 0xff);
      if (size === 2 && offset + 1 < length) ports.write(first + offset + 1, value >>> 8);
    },
  };
}
