import {
  alignUp,
  asBackplaneError,
  BLOCK_ACCESS,
  definePlugin,
  guestAddress,
  LIFECYCLE,
  MACHINE,
  MEMORY_REGIONS,
  QOM,
  RAM_LIST,
  SYSTEM_MEMORY,
  type Origin,
} from "backplane";
import { FW_CFG, FW_CFG_KEYS } from "backplane/plugins/fw-cfg/contract";
import { MEMORY_BACKENDS } from "backplane/plugins/memory-backend/contract";
import { NUMA } from "backplane/plugins/numa/contract";
import { ROM_LOADER } from "backplane/plugins/rom-loader/contract";
import { MEASURED_FIRMWARE } from "backplane/plugins/sev/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { PC_MEMORY } from "./contract.ts";
import { encodeE820 } from "./e820.ts";
import { checkLayout, checkRequest, layOut } from "./layout.ts";
import { BIOS_SIZE, FOUR_GIB, PcMemoryMap } from "./memory-map.ts";

/** The guest that boots as the firmware does is a program of the host: its image is empty, but takes its place. */
const FIRMWARE = { name: "bios-256k.bin", address: guestAddress(FOUR_GIB - BIOS_SIZE), size: BIOS_SIZE } as const;

/** RAM comes in pairs of pages. */
const RAM_GRANULE = 8192;

/** Errors point at the part of the definition that asked for what failed. */
function pointing<T>(origin: Origin | undefined, act: () => T): T {
  try {
    return act();
  } catch (failure) {
    throw asBackplaneError(failure).from(origin);
  }
}

export default definePlugin({
  id: "pc-memory",
  apiVersion: 1,
  summary: "the PC's memory map: RAM around the PCI hole, BIOS and option ROM areas, room for memory devices",
  requires: [FW_CFG, CPUS, ROM_LOADER],
  uses: [MEMORY_BACKENDS, NUMA, MEASURED_FIRMWARE],
  provides: [PC_MEMORY],
  attach(machine) {
    const { memory } = machine.definition;
    const { properties, type } = machine.use(MACHINE);
    const fromMemory = <T>(act: () => T): T => pointing(memory.origin, act);
    const size = alignUp(memory.size, RAM_GRANULE);
    // A definition without maxmem says its size again, before the rounding.
    const request = { size, maxSize: memory.maxSize === memory.size ? size : memory.maxSize, slots: memory.slots };
    fromMemory(() => checkRequest(request));
    const cpus = machine.use(CPUS);
    const wanted = {
      ...request,
      maxBelowFourGiB: properties.number("max-ram-below-4g"),
      cpu: cpus,
      avoidsHyperTransport: type.quirks?.includes("ram-over-hyper-transport") !== true,
    };
    const layout = fromMemory(() => layOut(wanted, machine.log));
    // A map of such a size cannot even be written down.
    if (!Number.isSafeInteger(layout.pciHole64Start)) fromMemory(() => checkLayout(wanted, layout));
    const map = new PcMemoryMap(request, layout);
    machine.provideValue(PC_MEMORY, map);

    const fwCfg = machine.use(FW_CFG);
    const roms = machine.use(ROM_LOADER);
    const services = {
      regions: machine.use(MEMORY_REGIONS),
      objects: machine.use(QOM).resolve("/objects"),
      machine: machine.use(QOM).resolve("/machine"),
      ramList: machine.use(RAM_LIST),
      backends: machine.optional(MEMORY_BACKENDS),
      numa: machine.optional(NUMA),
      backendId: properties.string("memory-backend"),
      own: (resource: Parameters<typeof machine.own>[0]) => void machine.own(resource),
    };
    const memorySpace = machine.use(SYSTEM_MEMORY);
    const blocks = machine.use(BLOCK_ACCESS);
    const measured = machine.optional(MEASURED_FIRMWARE);
    const lifecycle = machine.use(LIFECYCLE);
    machine.own(
      lifecycle.on("board", () => {
        cpus.start();
        fromMemory(() => checkLayout(wanted, layout));
        // What RAM is made of is said either with the machine or with the nodes.
        const { machine: type, options } = machine.definition;
        const origin = services.backendId === undefined ? options["numa"]?.origin : type.origin;
        const image = measured?.isWanted === true ? (measured.image ?? new Uint8Array(BIOS_SIZE)) : undefined;
        const area = image === undefined ? undefined : { size: image.length, isRom: false };
        pointing(origin, () => map.lay(memorySpace, services, area));
        if (image === undefined) {
          roms.addAtAddress(FIRMWARE.name, FIRMWARE.address, new Uint8Array(FIRMWARE.size));
        } else {
          const block = map.bios.ramBlock;
          if (block !== undefined) blocks.write(block, 0, image);
          measured?.laid(map.bios, guestAddress(FOUR_GIB - image.length));
        }
        fwCfg.addNumber(FW_CFG_KEYS.ramSize, map.ramSize, 8);
        const { reservedMemoryEnd } = map;
        if (reservedMemoryEnd === undefined) return;
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(BigInt(reservedMemoryEnd));
        fwCfg.addFile("etc/reserved-memory-end", bytes);
      }),
    );
    machine.own(lifecycle.on("done", () => void fwCfg.addFile("etc/e820", encodeE820(map.e820))));
  },
});
