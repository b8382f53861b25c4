import {
  AnonymousMemory,
  byteLength,
  disposable,
  type Disposable,
  type HostAddress,
  type HostAddressSpace,
  type HostMemory,
} from "backplane";

/** Memory of the driver's own that the controller reaches: rings, lists of pages, bounce buffers. */
export interface DriverMemory extends Disposable {
  readonly memory: HostMemory;
  readonly host: HostAddress;
  readonly length: number;
}

export function allocateMemory(space: HostAddressSpace, length: number): DriverMemory {
  const memory = new AnonymousMemory(byteLength(length));
  const placement = space.place(memory);
  const release = disposable(() => {
    void placement.dispose();
    memory.dispose();
  });
  return { memory, host: placement.address, length, dispose: () => release.dispose() };
}
