import {
  BUSES,
  CLOCK,
  definePlugin,
  DEVICES,
  EVENTS,
  guestAddress,
  LIFECYCLE,
  MEMORY_REGIONS,
  RESETS,
  SYSTEM_IO,
} from "backplane";
import { ACPI_DSDT } from "backplane/plugins/acpi/contract";
import { INTERRUPT_CONTROLLERS, LOCAL_APICS, SYSTEM_INTERRUPTS } from "backplane/plugins/apic/contract";
import { BOOT_ORDER } from "backplane/plugins/fw-cfg/contract";
import { HPET } from "backplane/plugins/hpet/contract";
import { INPUT } from "backplane/plugins/input/contract";
import { PC_MEMORY } from "backplane/plugins/pc-memory/contract";
import { CPUS } from "backplane/plugins/x86-cpu/contract";
import { IsaBoard } from "./board.ts";
import { IsaService } from "./bus.ts";
import { CMOS, ISA, ISA_DMA } from "./contract.ts";
import { DmaChannels } from "./dma-channels.ts";
import {
  DmaDevice,
  dmaType,
  KeyboardDevice,
  keyboardType,
  PicDevice,
  picType,
  PitDevice,
  pitType,
  Port92Device,
  port92Type,
  SpeakerDevice,
  speakerType,
  VmportDevice,
  vmportType,
} from "./devices.ts";
import {
  Ps2KeyboardDevice,
  ps2KeyboardType,
  Ps2MouseDevice,
  ps2MouseType,
  VmmouseDevice,
  vmmouseType,
} from "./pointing-devices.ts";
import { RTC_EVENTS } from "./events.ts";
import { connectLegacyTimers } from "./legacy-timers.ts";
import { isaOptions } from "./options.ts";
import { baseOf } from "./rtc-base.ts";
import { HostSource, virtualSource } from "./rtc-source.ts";
import { setBootOrder } from "./boot-order.ts";
import { describePc } from "./pc-cmos.ts";
import { RtcDevice, rtcType } from "./rtc-device.ts";
import { coprocessorPort, diagnosticPort } from "./small-ports.ts";
import { OPTIONAL_INPUT, RTC_SETTINGS } from "./tokens.ts";

const DIAGNOSTIC_PORT = 0x80;
const COPROCESSOR_PORT = 0xf0;
/** Floppy-less as the machine is, the firmware is told the peer's order. */
const DEFAULT_BOOT_ORDER = "cad";

export default definePlugin({
  id: "isa",
  apiVersion: 1,
  summary: "the ISA bus and a PC's fixed devices: clock, timer, interrupt and DMA controllers, keyboard controller",
  requires: [SYSTEM_INTERRUPTS, LOCAL_APICS, INTERRUPT_CONTROLLERS, PC_MEMORY, CPUS],
  uses: [ACPI_DSDT, BOOT_ORDER, INPUT, HPET],
  provides: [ISA, ISA_DMA, CMOS, RTC_SETTINGS, OPTIONAL_INPUT],
  options: isaOptions,
  attach(machine, { rtc }) {
    const regions = machine.use(MEMORY_REGIONS);
    const { root: io } = machine.use(SYSTEM_IO);
    const board = new IsaBoard();
    machine.provideValue(ISA, new IsaService(machine.use(BUSES), io, machine.optional(ACPI_DSDT)));
    machine.provideValue(ISA_DMA, new DmaChannels());
    machine.provideValue(CMOS, board);
    const source = rtc.clock === "vm" ? virtualSource(machine.use(CLOCK)) : new HostSource();
    machine.provideValue(RTC_SETTINGS, { base: baseOf(rtc.base), source });
    for (const event of RTC_EVENTS) machine.own(machine.use(EVENTS).declare(event));
    machine.provideValue(OPTIONAL_INPUT, { input: machine.optional(INPUT) });
    const devices = machine.use(DEVICES);
    machine.own(devices.register(picType, PicDevice));
    machine.own(devices.register(pitType, PitDevice));
    machine.own(devices.register(speakerType, SpeakerDevice));
    machine.own(devices.register(keyboardType, KeyboardDevice));
    machine.own(devices.register(rtcType, RtcDevice));
    machine.own(devices.register(dmaType, DmaDevice));
    machine.own(devices.register(port92Type, Port92Device));
    machine.own(devices.register(vmportType, VmportDevice));
    machine.own(devices.register(vmmouseType, VmmouseDevice));
    machine.own(devices.register(ps2KeyboardType, Ps2KeyboardDevice));
    machine.own(devices.register(ps2MouseType, Ps2MouseDevice));
    const lifecycle = machine.use(LIFECYCLE);
    const boot = machine.optional(BOOT_ORDER);
    const order = boot?.order ?? DEFAULT_BOOT_ORDER;
    machine.own(
      lifecycle.on("board", () => {
        io.addSubregion(guestAddress(DIAGNOSTIC_PORT), diagnosticPort(regions));
        io.addSubregion(guestAddress(COPROCESSOR_PORT), coprocessorPort(regions));
        machine.own(machine.use(SYSTEM_INTERRUPTS).connect((line, level) => board.interrupt(line, level)));
      }),
    );
    machine.own(
      lifecycle.on("devices", () => {
        connectLegacyTimers(machine.use(DEVICES), machine.optional(HPET)?.pins);
        machine.own(machine.use(RESETS).add(() => board.resetControllers()));
      }),
    );
    machine.own(
      lifecycle.on("done", () => {
        const { belowFourGiB, aboveFourGiB } = machine.use(PC_MEMORY);
        const { cpus } = machine.use(CPUS).topology;
        describePc(board, {
          belowFourGiB,
          aboveFourGiB,
          cpus,
          hasMouse: board.keyboard,
        });
        setBootOrder(board, order);
        if (boot?.once === undefined) return;
        setBootOrder(board, boot.once);
        // The first reset belongs to the first boot.
        machine.own(
          machine.use(RESETS).add((reason) => {
            if (reason !== "startup") setBootOrder(board, order);
          }),
        );
      }),
    );
  },
});
