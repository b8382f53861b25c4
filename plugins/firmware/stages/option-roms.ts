// Expansion ROMs: PCI 3.0 §6.3.1. Only the images are copied; no code of theirs runs.
import { alignUp, KiB } from "backplane";
import type { BootContext } from "../boot-context.ts";
import { view } from "../bytes.ts";
import { IDE_CLASS, SCSI_CLASS, VGA_CLASS, VIRTIO_VENDOR } from "../pci/classes.ts";
import { REG } from "../pci/config-access.ts";
import type { PciFunction } from "../pci/functions.ts";
import type { Steps } from "../steps.ts";

const ENABLE = 1;
const ADDRESS = 0xffff_f800;
const SIGNATURE = 0xaa55;
const AREA = { start: 0xc_0000, end: 0xe_0000 } as const;
const BLOCK = 512;
const ROM_ALIGNMENT = 2 * KiB;
const HEADER_BYTES = 3;
const APIC_ROM = { file: "genroms/kvmvapic.bin", port: 0x7e, state: 0x10 } as const;
/** Behind a bridge there is no header's place for a ROM that the firmware would run. */
const PLAIN_HEADER = 0;

/** First the display's, so that the others could print; then those of functions that the firmware has no driver for. */
export function* scanOptionRoms(context: BootContext, which: "display" | "others"): Steps {
  for (const fn of context.functions) {
    if (fn.headerType !== PLAIN_HEADER || context.driven.has(fn.at) || hasDriver(fn)) continue;
    if ((fn.classCode === VGA_CLASS) !== (which === "display")) continue;
    copyRom(context, fn);
    yield undefined;
  }
  if (which === "others") loadGeneratedRoms(context);
}

/** Drivers whose controllers this guest leaves alone: there is nothing to boot from behind them. */
function hasDriver({ classCode, vendor }: PciFunction): boolean {
  return classCode === IDE_CLASS || (classCode === SCSI_CLASS && vendor === VIRTIO_VENDOR);
}

function copyRom(context: BootContext, { at }: PciFunction): void {
  const { config, platform } = context;
  const before = config.read(at, REG.rom, 4);
  config.write(at, REG.rom, 0xffff_fffe, 4);
  const mask = config.read(at, REG.rom, 4);
  const address = (before & ADDRESS) >>> 0;
  if ((mask & ADDRESS) !== 0 && address !== 0) {
    config.write(at, REG.rom, (address | ENABLE) >>> 0, 4);
    const header = view(platform.read(address, HEADER_BYTES));
    const length = header.readUInt8(2) * BLOCK;
    if (header.readUInt16LE(0) === SIGNATURE && length > 0) {
      const target = reserve(context, length);
      if (target !== undefined) platform.write(target, platform.read(address, length));
    }
  }
  config.write(at, REG.rom, before, 4);
}

function reserve(context: BootContext, length: number): number | undefined {
  const start = context.optionRomEnd ?? AREA.start;
  const end = alignUp(start + length, ROM_ALIGNMENT);
  if (end > AREA.end) return undefined;
  context.optionRomEnd = end;
  return start;
}

/** Its initialization offers the ROM to the machine, and says where in it its state lies. */
function initializeApicRom({ platform }: BootContext, start: number): void {
  if (view(platform.read(start, HEADER_BYTES)).readUInt16LE(0) !== SIGNATURE) return;
  platform.outFrom(start + HEADER_BYTES, APIC_ROM.port, APIC_ROM.state, 2);
}

/** ROMs that the machine brings as files. */
function loadGeneratedRoms(context: BootContext): void {
  for (const file of context.fwCfg.filesBelow("genroms/")) {
    const target = reserve(context, file.size);
    if (target === undefined) continue;
    context.fwCfg.load(file, target);
    if (file.name === APIC_ROM.file) initializeApicRom(context, target);
  }
}
