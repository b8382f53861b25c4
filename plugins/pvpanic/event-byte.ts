// The peer's panic protocol (docs/specs/pvpanic): reading tells which events the host understands, writing reports them.
import { byteLength, type Logger, type MemoryRegion, type MemoryRegions } from "backplane";

export const PANIC_EVENT = { panicked: 0x1, crashLoaded: 0x2, shutdown: 0x4 } as const;
const KNOWN = PANIC_EVENT.panicked | PANIC_EVENT.crashLoaded | PANIC_EVENT.shutdown;

export interface PanicListener {
  panicked(): void;
  crashLoaded(): void;
  shutdown(): void;
}

export function panicRegion(
  regions: MemoryRegions,
  size: number,
  events: number,
  log: Logger,
  listener: PanicListener,
): MemoryRegion {
  return regions.io("pvpanic", byteLength(size), {
    impl: { min: 1, max: 1 },
    read: () => events,
    write: (_offset, value) => {
      if ((value & ~KNOWN) !== 0) log.warn("unknown panic events", { events: value });
      if ((value & PANIC_EVENT.panicked) !== 0) listener.panicked();
      else if ((value & PANIC_EVENT.crashLoaded) !== 0) listener.crashLoaded();
      else if ((value & PANIC_EVENT.shutdown) !== 0) listener.shutdown();
    },
  });
}
