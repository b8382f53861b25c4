import {
  BLOCK_ACCESS,
  byteLength,
  DEVICE,
  disposable,
  inject,
  injectable,
  MEMORY_REGIONS,
  prop,
  RAM_LIST,
  type BlockAccess,
  type Device,
  type DeviceContext,
  type DeviceType,
  type MemoryRegions,
  type RAMBlock,
  type RAMList,
} from "backplane";
import { MEMORY_BACKENDS, type MemoryBackend, type MemoryBackends } from "backplane/plugins/memory-backend/contract";
import { CLASS, PCI, pciProperties, type Pci } from "backplane/plugins/pci/contract";
import { ACPI_ERST } from "./contract.ts";
import { erstErrors } from "./errors.ts";
import { ErstRegisters } from "./registers.ts";
import type { ErstService } from "./service.ts";
import { RecordStore } from "./store.ts";

const VENDOR_REDHAT = 0x1b36;
const DEVICE_ERST = 0x0012;
const DEFAULT_RECORD_SIZE = 8192;

export const erstType = {
  name: "acpi-erst",
  bus: "PCI",
  description: "ACPI Error Record Serialization Table (ERST) device",
  category: "misc",
  hotpluggable: false,
  properties: {
    memdev: prop.link("memory-backend"),
    record_size: prop.unsigned(32, DEFAULT_RECORD_SIZE),
    ...pciProperties,
  },
} satisfies DeviceType;

@injectable()
export class ErstDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof erstType.properties>,
    @inject(ACPI_ERST) private readonly service: ErstService,
    @inject(PCI) private readonly pci: Pci,
    @inject(MEMORY_BACKENDS) private readonly backends: MemoryBackends,
    @inject(MEMORY_REGIONS) private readonly regions: MemoryRegions,
    @inject(RAM_LIST) private readonly ramList: RAMList,
    @inject(BLOCK_ACCESS) private readonly access: BlockAccess,
  ) {}

  realize(): void {
    const { device, pci, regions, access } = this;
    const { memdev, record_size: recordSize } = device.properties;
    const backend = memdev === undefined || memdev === "" ? undefined : this.backends.require(memdev);
    const card = pci.plug({
      device,
      vendorId: VENDOR_REDHAT,
      deviceId: DEVICE_ERST,
      classId: CLASS.other,
      reset: () => registers.reset(),
    });
    const block = backend?.region.ramBlock;
    if (backend === undefined || block === undefined) throw erstErrors.ERST_MEMDEV_UNSET();
    if (backend.mapped) throw erstErrors.ERST_MEMDEV_BUSY(backend.id);
    const store = new RecordStore(access, block, backend.size, recordSize);
    this.#takeBackend(backend, block);
    const exchange = regions.ram("erst.exchange", byteLength(store.recordSize), { idstrPrefix: card.path });
    device.own(disposable(() => regions.destroy(exchange)));
    const registers = new ErstRegisters(regions, {
      store,
      access,
      exchange,
      exchangeAddress: () => buffer.address,
    });
    const bar = card.addBar(0, "memory", registers.region);
    const buffer = card.addBar(1, "memory", exchange);
    const described = {
      get registers(): number | undefined {
        return bar.address;
      },
      get count(): number {
        return store.count;
      },
    };
    device.own(this.service.add(described));
    device.carry({
      kind: "captured",
      idstr: `${card.path}/acpi-erst`,
      version: 1,
      description: async () => (await import("./late/state.ts")).ERST,
      capture: () => registers.captureState(),
      restore: (state) => registers.restoreState(state),
    });
  }

  /** The records migrate with the machine. */
  #takeBackend(backend: MemoryBackend, block: RAMBlock): void {
    const { ramList, device } = this;
    ramList.setIdstr(block, backend.blockName);
    ramList.setMigratable(block, true);
    const claim = backend.claim();
    device.own(
      disposable(() => {
        ramList.unsetIdstr(block);
        ramList.setMigratable(block, false);
        return claim.dispose();
      }),
    );
  }
}
