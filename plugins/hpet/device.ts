import {
  CLOCK,
  DEVICE,
  disposable,
  guestAddress,
  inject,
  injectable,
  MEMORY_REGIONS,
  RESETS,
  SYSTEM_MEMORY,
  type AddressSpace,
  type Clock,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type Resets,
} from "backplane";
import { SYSTEM_INTERRUPTS, type SystemInterrupts } from "backplane/plugins/apic/contract";
import { FW_CFG, FW_CFG_KEYS, type FwCfg } from "backplane/plugins/fw-cfg/contract";
import { HPET, type Hpet } from "./contract.ts";
import { HpetBlock } from "./registers.ts";
import { HPET_BASE } from "./hpet-table.ts";

export const hpetType = {
  name: "hpet",
  category: "misc",
  userCreatable: false,
  properties: {},
} satisfies DeviceType;

/** Of which the item can describe eight. */
const ITEM_LENGTH = 121;

/** The machine's timers, once they are made. */
export class HpetService implements Hpet {
  block: Hpet["block"];
}

@injectable()
export class HpetDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext,
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
    const block = new HpetBlock(this.regions, this.clock, (line) => this.interrupts.line(line));
    const { root } = this.system;
    root.addSubregion(guestAddress(HPET_BASE), block.region);
    device.own(disposable(() => root.removeSubregion(block.region)));
    device.own(block.stop());
    device.own(this.resets.add(() => block.reset()));
    service.block = { base: HPET_BASE, eventTimerBlockId: block.eventTimerBlockId };
    device.own(
      disposable(() => {
        service.block = undefined;
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
