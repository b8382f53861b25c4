/**
 * ATA and ATAPI drives on IDE buses. A host bus adapter adds its buses, and hands commands to what is plugged into them:
 *
 *     this.bus = ide.addBus({ name: "ide.0", device });
 *     this.bus.drive?.execute(host);
 */
import { token, type Bus, type DeviceContext, type Disposable } from "backplane";
import type { BlockBackend } from "backplane/plugins/block/contract";
import type { TaskFile } from "./task-file.ts";

export { ATA_STATUS, ATA_ERROR, TaskFile } from "./task-file.ts";

/** The adapter's side of a command: where its data comes from and goes to. */
export interface AtaHost {
  /** The packet of an ATAPI command. */
  packet(): Uint8Array;
  /** A block of data by PIO, to the guest. The registers are as the guest sees them meanwhile. */
  pioIn(data: Uint8Array): void;
  /** A block of data by PIO, from the guest. `false` where the adapter has no data for it. */
  pioOut(into: Uint8Array): void;
  /** How many bytes of at most `limit` the guest's memory for DMA has left. */
  dmaRoom(limit: number): number;
  dmaIn(data: Uint8Array): void;
  dmaOut(into: Uint8Array): void;
  /** The command has ended, well or not; the registers say how. */
  done(): void;
}

/** What a migration carries of a drive besides its registers. */
export interface AtaDriveState {
  /** Sectors of a block of READ MULTIPLE and WRITE MULTIPLE. */
  multiple: number;
  /** What the last IDENTIFY told the guest; it keeps the modes and the write cache that the guest chose. */
  identity: Uint8Array | undefined;
  sense: number;
  senseCode: number;
  mediumChanged: number;
  trayOpen: boolean;
  trayLocked: boolean;
  newMedium: boolean;
  ejectRequested: boolean;
}

/** A plugged drive. */
export interface AtaDrive {
  readonly kind: "disk" | "cdrom";
  readonly registers: TaskFile;
  readonly backend: BlockBackend;
  /** Begins a command of the register `command`; it ends with `host.done()`. */
  execute(command: number, host: AtaHost): void;
  /** A queued read or write, as its own command: fault or none. The registers say nothing of it. */
  queued(kind: "read" | "write", sector: number, data: Uint8Array): Promise<QueuedOutcome>;
  /** Power on, or COMRESET: the registers show the signature. Commands that are under way end without a word. */
  reset(): void;
  captureState(): AtaDriveState;
  restoreState(state: AtaDriveState): void;
}

/** `dropped`: the drive was reset meanwhile, and nobody waits any more. */
export type QueuedOutcome = "done" | "failed" | "dropped";

export interface IdeBus extends Bus {
  readonly index: number;
  readonly drive: AtaDrive | undefined;
}

export interface IdeBusRequest {
  readonly device: DeviceContext;
  readonly index: number;
  /** A drive was plugged in or taken out. */
  changed?(): void;
}

export interface Ide {
  addBus(request: IdeBusRequest): IdeBus & Disposable;
  /** Makes the devices for drives that the machine itself has places for (`-hda`, `-drive if=ide`). */
  makeDrives(buses: readonly IdeBus[]): void;
}

export const IDE = token<Ide>("IDE");
