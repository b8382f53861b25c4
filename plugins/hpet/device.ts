import {
  CLOCK,
  DEVICE,
  disposable,
  guestAddress,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RESETS,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
  UNCONNECTED,
} from "backplane";
import { SYSTEM_INTERRUPTS, type SystemInterrupts } from "backplane/plugins/apic/contract";
import { FW_CFG, FW_CFG_KEYS, type FwCfg } from "backplane/plugins/fw-cfg/contract";
import { HPET, type Hpet } from "./contract.ts";
import { HpetBlock, TIMERS } from "./registers.ts";
import { HPET_BASE } from "./hpet-table.ts";
import { ROUTES } from "./timer.ts";

export const hpetType = {
  name: "hpet",
  category: "misc",
  userCreatable: false,
  parent: "sys-bus-device",
  parts: { "hpet[0]": "child<memory-region>" },
  properties: {
    timers: prop.unsigned(8, TIMERS.fewest),
    msi: prop.bool(false),
    "hpet-intcap": prop.readonly<number>("uint32", 0),
    "hpet-offset-saved": prop.unmodelled(prop.bool(true)),
  },
} satisfies DeviceType;

/** Of which a timer can choose. */
const INTERRUPTS = 32;
/** Of which the item can describe eight. */
const ITEM_LENGTH = 121;

/** The machine's timers, once they are made. */
export class HpetService implements Hpet {
  block: Hpet["block"];
  pins: Hpet["pins"];
}

@injectable()
export class HpetDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof hpetType.properties>,
    @inject(HPET) private readonly service: HpetService,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(SYSTEM_MEMORY) private readonly system: AddressSpace,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(RESETS) private readonly resets: Resets,
    @inject(SYSTEM_INTERRUPTS) private readonly interrupts: SystemInterrupts,
    @inject(FW_CFG) private readonly fwCfg: FwCfg,
  ) {}

  realize(): void {
    const { device, service } = this;
    const { timers, msi } = device.properties;
    const outputs = device.gpio.outputs("sysbus-irq", INTERRUPTS);
    for (const [line, output] of outputs.entries()) output.connect(this.interrupts.line(line));
    const [intervalTimerEnabled = UNCONNECTED] = device.gpio.outputs(undefined, 1);
    const block = new HpetBlock({
      regions: this.regions,
      clock: this.clock,
      timers: Math.min(Math.max(timers, TIMERS.fewest), TIMERS.most),
      messages: msi,
      line: (line) => outputs[line] ?? UNCONNECTED,
      send: (address, data) => this.system.store(guestAddress(address), data, 4),
      intervalTimerEnabled,
    });
    device.gpio.inputs(undefined, 2, (pin, level) =>
      pin === 0 ? block.setIntervalTimer(level) : block.setClock(level),
    );
    const { root } = this.system;
    root.addSubregion(guestAddress(HPET_BASE), block.region);
    device.window(block.region);
    device.object.add({ name: "hpet-intcap", type: "uint32", get: () => ROUTES });
    device.own(disposable(() => root.removeSubregion(block.region)));
    device.own(block);
    device.own(this.resets.add(() => block.reset()));
    device.carry({
      kind: "captured",
      idstr: "hpet",
      version: 2,
      description: async () => (await import("./late/state.ts")).hpetState(block.captureState().timerCount),
      capture: () => block.captureState(),
      restore: (state) => block.restoreState(state),
    });
    service.block = { base: HPET_BASE, eventTimerBlockId: block.eventTimerBlockId };
    service.pins = device.gpio;
    device.own(
      disposable(() => {
        service.block = undefined;
        service.pins = undefined;
      }),
    );
    this.fwCfg.addBytes(FW_CFG_KEYS.hpet, describe(service.block));
  }
}

/** The fw_cfg item: a count, then block id, address, minimum tick and page protection of each block. */
function describe({ base, eventTimerBlockId }: NonNullable<Hpet["block"]>): Uint8Array {
  const item = Buffer.alloc(ITEM_LENGTH);
  item.writeUInt8(1, 0);
  item.writeUInt32LE(eventTimerBlockId, 1);
  item.writeBigUInt64LE(BigInt(base), 5);
  return item;
}
