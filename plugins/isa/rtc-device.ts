import {
  CLOCK,
  DEVICE,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RESETS,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
} from "backplane";
import type { IsaBoard } from "./board.ts";
import { CMOS, ISA, type Isa } from "./contract.ts";
import { RTC_BASE_DATE } from "./tokens.ts";
import { RealTimeClock } from "./rtc.ts";

export const rtcType = {
  name: "mc146818rtc",
  bus: "ISA",
  userCreatable: false,
  hotpluggable: false,
  properties: { iobase: prop.unsigned(16, 0x70), irq: prop.unsigned(8, 8) },
} satisfies DeviceType;

@injectable()
export class RtcDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof rtcType.properties>,
    @inject(ISA) private readonly isa: Isa,
    @inject(CMOS) private readonly board: IsaBoard,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RESETS) private readonly resets: Resets,
    @inject(RTC_BASE_DATE) private readonly base: Date,
  ) {}

  realize(): void {
    const { iobase, irq } = this.device.properties;
    const rtc = new RealTimeClock(this.regions, this.clock, this.base);
    this.board.clock = rtc;
    this.isa.plug({ device: this.device, ports: [{ base: iobase, region: rtc.region }], interrupts: [irq] });
    this.device.own(this.resets.add(() => rtc.reset()));
  }
}
