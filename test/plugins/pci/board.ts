import {
  ACCESS_BY_PROCESSOR,
  guestAddress,
  Machine,
  MEMORY_REGIONS,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  type AddressSpace,
  type AnyPlugin,
  type LogRecord,
  type MachineDefinition,
} from "backplane";
import { machineTypes } from "../../../machines/index.ts";
import { definitionOf } from "../../machines/golden-machine.ts";

const WINDOW = 0xb000_0000;

/** A q35 machine with a processor's access to it. */
export class Board {
  readonly machine: Machine;
  readonly log: readonly LogRecord[];
  readonly memory: AddressSpace;
  readonly io: AddressSpace;

  constructor(machine: Machine, log: readonly LogRecord[]) {
    this.machine = machine;
    this.log = log;
    this.memory = machine.service(SYSTEM_MEMORY);
    this.io = machine.service(SYSTEM_IO);
  }

  in(port: number, size: 1 | 2 | 4 = 4): number {
    return this.io.load(guestAddress(port), size) >>> 0;
  }

  out(port: number, value: number, size: 1 | 2 | 4 = 4): void {
    this.io.store(guestAddress(port), value >>> 0, size);
  }

  load(address: number, size: 1 | 2 | 4 = 4): number {
    return this.memory.load(guestAddress(address), size, ACCESS_BY_PROCESSOR) >>> 0;
  }

  /** What a processor stores. */
  store(address: number, value: number, size: 1 | 2 | 4 = 4): void {
    this.memory.store(guestAddress(address), value >>> 0, size, ACCESS_BY_PROCESSOR);
  }

  /** Configuration space through the two ports. */
  config(
    place: { readonly bus?: number; readonly slot: number; readonly number?: number },
    offset: number,
  ): {
    read(size?: 1 | 2 | 4): number;
    write(value: number, size?: 1 | 2 | 4): void;
  } {
    const { bus = 0, slot, number = 0 } = place;
    const select = (): void =>
      this.out(0xcf8, (0x8000_0000 | (bus << 16) | (slot << 11) | (number << 8) | (offset & ~3)) >>> 0);
    const port = 0xcfc + (offset & 3);
    return {
      read: (size = 4) => {
        select();
        return this.in(port, size);
      },
      write: (value, size = 4) => {
        select();
        this.out(port, value, size);
      },
    };
  }

  /** Has the host bridge decode configuration space in memory, as firmware does. */
  openWindow(): void {
    this.config({ slot: 0 }, 0x60).write(WINDOW | 1);
  }

  windowAddress(bus: number, slot: number, number: number): number {
    return WINDOW + bus * 0x10_0000 + slot * 0x8000 + number * 0x1000;
  }

  async boot(): Promise<void> {
    this.machine.cont();
    await this.machine.idle();
    this.machine.stop();
  }

  /** `start-end name @offset`, as the peer prints a flat view. */
  view(space: AddressSpace): string[] {
    const digits = (value: number): string => value.toString(16).padStart(16, "0");
    return space.ranges().map(({ start, length, region, offsetInRegion }) => {
      const offset = offsetInRegion === 0 ? "" : ` @${digits(offsetInRegion)}`;
      return `${digits(start)}-${digits(start + length - 1)} ${region.name}${offset}`;
    });
  }

  get regions() {
    return this.machine.service(MEMORY_REGIONS);
  }
}

export const q35 = (...args: readonly string[]): string[] => [
  "-machine",
  "q35,accel=tcg",
  "-m",
  "256M",
  "-nodefaults",
  ...args,
];

/** `plugins` are those of third parties, beside the machine type's; `options` those of plugins that have no command line. */
export async function withBoard<T>(
  args: readonly string[],
  use: (board: Board) => T | Promise<T>,
  plugins: readonly AnyPlugin[] = [],
  options: MachineDefinition["options"] = {},
): Promise<T> {
  const log: LogRecord[] = [];
  const definition = definitionOf(args);
  const machine = await Machine.create(
    { ...definition, options: { ...definition.options, ...options } },
    {
      types: machineTypes,
      plugins,
      log: (record) => log.push(record),
    },
  );
  try {
    return await use(new Board(machine, log));
  } finally {
    await machine.dispose();
  }
}
