import {
  DEVICE,
  disposable,
  EVENTS,
  inject,
  injectable,
  type Device,
  type DeviceContext,
  type DeviceType,
  type Events,
} from "backplane";
import {
  BLOCK,
  configureBackend,
  givenGeometry,
  readBlockSizes,
  type Block,
  type BlockUser,
} from "backplane/plugins/block/contract";
import { SataBus } from "./bus.ts";
import { Cdrom } from "./cdrom.ts";
import { Disk } from "./disk.ts";
import { ideErrors } from "./errors.ts";
import { showDrive, showGeometry } from "./drive-object.ts";
import type { DriveIdentity } from "./identify.ts";
import { diskProperties, ideDriveProperties, ideUnitProperties, UNSET } from "./properties.ts";
import { DRIVE_NUMBERS, type DriveNumbers } from "./tokens.ts";

const SECTOR = 512;
const FIRMWARE = "2.5+";
const LIMITS = { cyls: 65535, heads: 16, secs: 255 } as const;

export const diskType = {
  name: "ide-hd",
  bus: "IDE",
  description: "virtual IDE disk",
  category: "storage",
  hotpluggable: false,
  properties: { ...ideDriveProperties, ...diskProperties, ...ideUnitProperties },
} satisfies DeviceType;

export const cdromType = {
  name: "ide-cd",
  bus: "IDE",
  description: "virtual IDE CD-ROM",
  category: "storage",
  hotpluggable: false,
  properties: { ...ideDriveProperties, ...ideUnitProperties },
} satisfies DeviceType;

type Values = DeviceContext<typeof cdromType.properties>["properties"];

function busOf({ bus }: DeviceContext, unit: number): SataBus {
  if (!(bus instanceof SataBus)) throw ideErrors.IDE_NO_DRIVE();
  bus.checkUnit(unit === UNSET ? undefined : unit);
  return bus;
}

function checkSizes(values: Values): void {
  if (values.discard_granularity !== UNSET && values.discard_granularity !== 0 && values.discard_granularity !== SECTOR)
    throw ideErrors.IDE_DISCARD();
  const { logical } = readBlockSizes(values);
  if (logical !== SECTOR) throw ideErrors.IDE_LOGICAL_BLOCK();
}

function identityOf(
  device: DeviceContext,
  values: Values,
  bus: SataBus,
  numbers: DriveNumbers,
  model: string,
): DriveIdentity {
  const identity = {
    serial: values.serial ?? `QM${String(numbers.of(bus)).padStart(5, "0")}`,
    model: values.model ?? model,
    version: values.ver ?? FIRMWARE,
    worldWideName: values.wwn,
  };
  showDrive(device, {
    identity,
    logical: values.logical_block_size,
    physical: values.physical_block_size,
    discard: values.discard_granularity === UNSET ? SECTOR : values.discard_granularity,
    unit: 0,
  });
  return identity;
}

@injectable()
export class DiskDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof diskType.properties>,
    @inject(BLOCK) private readonly block: Block,
    @inject(DRIVE_NUMBERS) private readonly numbers: DriveNumbers,
  ) {}

  realize(): void {
    const { device } = this;
    const { properties: values } = device;
    if (values.drive !== undefined) this.block.check(values.drive, device);
    const bus = busOf(device, values.unit);
    if (values.drive === undefined) throw ideErrors.IDE_NO_DRIVE();
    checkSizes(values);
    const user: BlockUser = { device, writable: true, shareWrite: values["share-rw"] };
    const backend = this.block.attach(values.drive, user);
    device.own(backend);
    if (!backend.inserted) throw ideErrors.IDE_EMPTY();
    configureBackend(backend, values);
    const disk = new Disk({
      backend,
      log: device.log,
      identity: identityOf(device, values, bus, this.numbers, "QEMU HARDDISK"),
      physicalExponent: Math.max(0, Math.log2((values.physical_block_size || SECTOR) / SECTOR)),
      rotationRate: values.rotation_rate,
      trims: values.discard_granularity !== 0,
      geometry: givenGeometry(values, LIMITS),
    });
    showGeometry(device, disk);
    bus.attach(disk);
    device.own(disposable(() => bus.detach()));
  }
}

@injectable()
export class CdromDevice implements Device {
  constructor(
    @inject(DEVICE) private readonly device: DeviceContext<typeof cdromType.properties>,
    @inject(BLOCK) private readonly block: Block,
    @inject(DRIVE_NUMBERS) private readonly numbers: DriveNumbers,
    @inject(EVENTS) private readonly events: Events,
  ) {}

  realize(): void {
    const { device, events } = this;
    const { properties: values } = device;
    let drive: Cdrom | undefined;
    const user: BlockUser = {
      device,
      writable: false,
      shareWrite: values["share-rw"],
      removable: true,
      get tray() {
        return { open: drive?.tray.open ?? false, locked: drive?.tray.locked ?? false };
      },
      mediumChanged: (present) => {
        if (drive === undefined) return;
        Object.assign(drive.tray, { open: !present, changed: 1, newMedium: true, ejectRequested: false });
      },
      ejectRequested: (force) => {
        if (drive === undefined) return;
        drive.tray.ejectRequested = true;
        if (force) drive.tray.locked = false;
      },
    };
    if (values.drive !== undefined) this.block.check(values.drive, device);
    const bus = busOf(device, values.unit);
    checkSizes(values);
    const backend = values.drive === undefined ? this.block.attachEmpty(user) : this.block.attach(values.drive, user);
    device.own(backend);
    configureBackend(backend, values);
    drive = new Cdrom({
      backend,
      log: device.log,
      identity: identityOf(device, values, bus, this.numbers, "QEMU DVD-ROM"),
      trayMoved: (open) =>
        events.emit("DEVICE_TRAY_MOVED", { device: backend.name, id: device.id ?? device.path, "tray-open": open }),
    });
    bus.attach(drive);
    device.own(disposable(() => bus.detach()));
  }
}
