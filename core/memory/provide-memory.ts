import type { Container } from "../di/container.ts";
import type { Ownership } from "../disposable.ts";
import { MarkingBlockAccess } from "./block-access.ts";
import { BLOCK_ACCESS, DIRTY_MEMORY, MEMORY_REGIONS, RAM_LIST, SYSTEM_IO, SYSTEM_MEMORY } from "./contract.ts";
import { MachineDirtyMemory } from "./dirty-memory.ts";
import { HOST_ADDRESS_SPACE, MachineHostAddressSpace } from "./host-address-space.ts";
import { HostMappingPublisher } from "./host-mapping-publisher.ts";
import { HOST_MAPPING_NOTIFIERS } from "./host-mapping.ts";
import { MachineMemoryRegions } from "./memory-regions.ts";
import { RAMBlockDirectory } from "./ram-block-directory.ts";
import { RAM_BLOCK_NOTIFIERS, type Untold } from "./ram-block-notifier.ts";
import { RAMBlockPublisher } from "./ram-block-publisher.ts";
import { MachineRAMDiscard, RAM_DISCARD } from "./ram-discard.ts";
import { MachineRAMList } from "./ram-list.ts";
import { systemIoRoot, systemMemoryRoot } from "./system-spaces.ts";

/** Makes the memory of one machine and provides its tokens. What it owns goes last, after every device. */
export function provideMemory(container: Container, ownership: Ownership, untold: readonly Untold[] = []): void {
  const dirty = new MachineDirtyMemory();
  const directory = new RAMBlockDirectory();
  const notifiers = new RAMBlockPublisher(directory, untold);
  const list = ownership.own(new MachineRAMList(directory, notifiers, dirty));
  const discard = new MachineRAMDiscard();
  const access = new MarkingBlockAccess(dirty, discard);
  const regions = new MachineMemoryRegions(list, access, dirty);
  container.provideValue(DIRTY_MEMORY, dirty);
  container.provideValue(RAM_BLOCK_NOTIFIERS, notifiers);
  container.provideValue(HOST_MAPPING_NOTIFIERS, new HostMappingPublisher(untold));
  container.provideValue(HOST_ADDRESS_SPACE, new MachineHostAddressSpace(directory, access));
  container.provideValue(RAM_DISCARD, discard);
  container.provideValue(RAM_LIST, list);
  container.provideValue(BLOCK_ACCESS, access);
  container.provideValue(MEMORY_REGIONS, regions);
  container.provideValue(SYSTEM_MEMORY, ownership.own(regions.addressSpace("memory", systemMemoryRoot(regions))));
  container.provideValue(SYSTEM_IO, ownership.own(regions.addressSpace("I/O", systemIoRoot(regions))));
}
