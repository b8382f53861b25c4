import {
  BLOCK_ACCESS,
  byteLength,
  Container,
  DIRTY_MEMORY,
  HOST_MAPPING_NOTIFIERS,
  MEMORY_REGIONS,
  Ownership,
  provideMemory,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  SYSTEM_IO,
  SYSTEM_MEMORY,
  RAM_DISCARD,
  HOST_ADDRESS_SPACE,
  type RAMBlock,
  type RamRegionOptions,
  type Untold,
} from "backplane";

/** The memory services of a machine that has nothing else, some of whose notifiers may not be told of something. */
export function makeMemory(untold: readonly Untold[] = []) {
  const container = Container.create();
  const ownership = new Ownership();
  provideMemory(container, ownership, untold);
  const regions = container.resolve(MEMORY_REGIONS);
  return {
    ownership,
    regions,
    list: container.resolve(RAM_LIST),
    notifiers: container.resolve(RAM_BLOCK_NOTIFIERS),
    hostSpace: container.resolve(HOST_ADDRESS_SPACE),
    discard: container.resolve(RAM_DISCARD),
    mappings: container.resolve(HOST_MAPPING_NOTIFIERS),
    dirty: container.resolve(DIRTY_MEMORY),
    access: container.resolve(BLOCK_ACCESS),
    memory: container.resolve(SYSTEM_MEMORY),
    io: container.resolve(SYSTEM_IO),
    /** A region's block, made as devices make theirs. */
    block: (name: string, size: number, options: RamRegionOptions = {}): RAMBlock => {
      const { ramBlock } = regions.ram(name, byteLength(size), options);
      if (ramBlock === undefined) throw new Error(`${name} has no block`);
      return ramBlock;
    },
  };
}

export type MachineMemory = ReturnType<typeof makeMemory>;

/** The code of what a function throws; undefined when it does not. */
export function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
}
