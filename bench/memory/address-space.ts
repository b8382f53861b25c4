// What an access through an address space costs beside the memory, or the device, that it ends at.
import { ACCESS_UNSPECIFIED, byteLength, guestAddress, KiB } from "backplane";
import { type BenchRow, pairedNanoseconds } from "../row.ts";
import { makeBareMemory } from "./bare-memory.ts";

const CALLS = 20_000;

export function bench(): readonly BenchRow[] {
  const { regions } = makeBareMemory();
  const root = regions.container("root", byteLength(2 ** 40));
  const space = regions.addressSpace("bench", root);
  const ram = regions.ram("ram", byteLength(1024 * KiB));
  let register = 0;
  const ops = {
    read: (offset: number) => register + offset,
    write: (_offset: number, value: number) => void (register = value),
  };
  const device = regions.io("device", byteLength(4 * KiB), ops);
  regions.transaction(() => {
    root.addSubregion(guestAddress(0), ram);
    root.addSubregion(guestAddress(0x1000_0000), device);
    for (let index = 0; index < 200; index++) {
      const other = regions.io(`other${index}`, byteLength(4 * KiB), ops);
      root.addSubregion(guestAddress(0x2000_0000 + index * 0x2000), other);
    }
  });
  const host = ram.ramBlock?.host;
  if (host === undefined) throw new Error("the RAM has no block");
  let at = 0;
  let sum = 0;
  const next = (): number => (at = (at + 4) & 0xffff);
  const inRam = (): number => guestAddress(next());
  const row = (name: string, against: string, ours: () => void, bare: () => void): BenchRow => ({
    name,
    against,
    ...pairedNanoseconds(ours, bare, CALLS),
    unit: "ns",
    aim: 4,
  });
  return [
    row(
      "a 32-bit load from RAM",
      "the host memory's own",
      () => void (sum += space.load(guestAddress(next()), 4)),
      () => void (sum += host.readUint(inRam(), 4)),
    ),
    row(
      "a 32-bit store to RAM",
      "the host memory's own",
      () => void space.store(guestAddress(next()), sum, 4),
      () => host.writeUint(inRam(), 4, sum),
    ),
    row(
      "a 32-bit load from a device",
      "the device's own read",
      () => void (sum += space.load(guestAddress(0x1000_0000 + (next() & 0xff)), 4)),
      () => void (sum += ops.read(next() & 0xff)),
    ),
    row(
      "loads from RAM and a device by turns",
      "from RAM alone",
      () => {
        sum += space.load(guestAddress(next()), 4, ACCESS_UNSPECIFIED);
        sum += space.load(guestAddress(0x2000_0000 + (next() & 0xff0)), 4);
      },
      () => {
        sum += space.load(guestAddress(next()), 4);
        sum += space.load(guestAddress(next()), 4);
      },
    ),
  ];
}
