import { HostCallError, type HostCalls, type PosixMemory } from "backplane";
import type { HostMemoryCall } from "./contract.ts";

/** The host's own calls, counted, and failing where a definition says so. */
export function faultyPosix(posix: PosixMemory, calls: HostCalls<HostMemoryCall>): PosixMemory {
  return {
    map(request) {
      calls.enter("mmap");
      return posix.map(request);
    },
    unmap: (pointer, length) => posix.unmap(pointer, length),
    view: (pointer, offset, length) => posix.view(pointer, offset, length),
    sync(pointer, offset, length) {
      calls.enter("msync");
      posix.sync(pointer, offset, length);
    },
    advise(pointer, length, advice) {
      calls.enter("madvise");
      posix.advise(pointer, length, advice);
    },
    bind(pointer, length, mode, nodes, flags) {
      calls.enter("mbind");
      posix.bind(pointer, length, mode, nodes, flags);
    },
    punchHole(fd, offset, length) {
      try {
        calls.enter("fallocate");
      } catch (failure) {
        // Whoever wants a hole writes zeros where the file system has none.
        if (failure instanceof HostCallError) return false;
        throw failure;
      }
      return posix.punchHole(fd, offset, length);
    },
    processors: () => posix.processors(),
    useProcessors: (processors) => posix.useProcessors(processors),
    nextData: (fd, offset) => posix.nextData(fd, offset),
    memfd(name, flags) {
      calls.enter("memfdCreate");
      return posix.memfd(name, flags);
    },
    seal(fd, seals) {
      calls.enter("addSeals");
      posix.seal(fd, seals);
    },
  };
}
