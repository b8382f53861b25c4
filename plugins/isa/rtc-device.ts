import {
  DEVICE,
  EVENTS,
  inject,
  injectable,
  MEMORY_REGIONS,
  POWER,
  prop,
  QOM,
  RESETS,
  type Device,
  type DeviceContext,
  type DeviceType,
  type Events,
  type JsonObject,
  type MemoryRegions,
  type Power,
  type Qom,
  type Resets,
  UNCONNECTED,
} from "backplane";
import type { IsaBoard } from "./board.ts";
import { CMOS, ISA, type Isa } from "./contract.ts";
import { isaErrors } from "./errors.ts";
import { RealTimeClock } from "./rtc.ts";
import { RTC_SETTINGS, type RtcSettings } from "./tokens.ts";

/** With this one the century register holds the century; with others it is an offset to them. */
const YEAR_WITH_CENTURY = 2000;

export const rtcType = {
  name: "mc146818rtc",
  bus: "ISA",
  category: "misc",
  userCreatable: false,
  hotpluggable: false,
  properties: {
    base_year: prop.signed(32, 1980),
    iobase: prop.unsigned(16, 0x70),
    irq: prop.unsigned(8, 8),
    lost_tick_policy: prop.unmodelled(
      prop.choice("LostTickPolicy", ["discard", "delay", "slew"], "discard", {
        description: "Policy for handling lost ticks (discard/delay/slew)",
      }),
    ),
  },
} satisfies DeviceType;

/** A date as C has it: years from 1900, months from 0. */
function brokenDown(date: Date): JsonObject {
  return {
    tm_year: date.getUTCFullYear() - 1900,
    tm_mon: date.getUTCMonth(),
    tm_mday: date.getUTCDate(),
    tm_hour: date.getUTCHours(),
    tm_min: date.getUTCMinutes(),
    tm_sec: date.getUTCSeconds(),
  };
}

@injectable()
export class RtcDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof rtcType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RTC_SETTINGS) private readonly settings: RtcSettings,
    @inject(RESETS) private readonly resets: Resets,
    @inject(POWER) private readonly power: Power,
    @inject(EVENTS) private readonly events: Events,
    @inject(QOM) private readonly qom: Qom,
  ) {}

  realize(): void {
    const { device, isa, power } = this;
    const { source, base: start } = this.settings;
    const { base_year: baseYear, iobase, irq } = device.properties;
    if (irq >= 16) throw isaErrors.IRQ_RANGE("irq");
    const base = baseYear === YEAR_WITH_CENTURY ? 0 : baseYear;
    device.object.add({ name: "base_year", type: "int32", get: () => base });
    const [pin = UNCONNECTED] = device.gpio.outputs(undefined, 1);
    const rtc = device.own(
      new RealTimeClock(this.regions, {
        source,
        seconds: start.seconds,
        baseYear: base,
        irq: pin,
        alarmed: () => power.wake("rtc"),
        timeSet: (seconds) =>
          this.events.emit("RTC_CHANGE", { offset: seconds - start.reference(source.now), "qom-path": device.path }),
      }),
    );
    this.board.clock = rtc;
    const time = { type: "struct tm", get: () => brokenDown(rtc.date) };
    device.object.add({ name: "date", ...time });
    device.own(this.qom.resolve("/machine").add({ name: "rtc-time", ...time }));
    isa.plug({ device, ports: [{ base: iobase, region: rtc.region }], interrupts: [irq] });
    device.gpio.list(undefined)?.outputs[0]?.connect(isa.irq(irq));
    device.own(this.resets.add(() => rtc.reset()));
    device.carry({
      kind: "captured",
      idstr: "mc146818rtc",
      version: 3,
      description: async () => (await import("./late/rtc-state.ts")).RTC_STATE,
      capture: () => rtc.captureState(),
      restore: (state) => rtc.restoreState(state),
    });
    device.own(power.onSuspend(() => rtc.suspend()));
  }
}
