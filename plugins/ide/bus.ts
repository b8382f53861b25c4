import type { DeviceContext } from "backplane";
import type { AtaDrive, IdeBus, IdeBusRequest } from "./contract.ts";
import { ideErrors } from "./errors.ts";

/** What cables of old could hold; a Serial ATA port has one unit, and says so when a second comes. */
const CABLE_UNITS = 2;
const UNITS = 1;

export class SataBus implements IdeBus {
  readonly kinds = ["IDE"];
  readonly index: number;
  readonly device: DeviceContext;
  readonly #request: IdeBusRequest;
  readonly #release: () => void;
  #drive: AtaDrive | undefined;

  constructor(request: IdeBusRequest, release: () => void) {
    this.index = request.index;
    this.device = request.device;
    this.#request = request;
    this.#release = release;
  }

  get name(): string {
    return this.device.id === undefined ? `ide.${this.index}` : `${this.device.id}.${this.index}`;
  }

  get hasRoom(): boolean {
    return (this.#drive === undefined ? 0 : 1) < CABLE_UNITS;
  }

  get drive(): AtaDrive | undefined {
    return this.#drive;
  }

  /** Throws with the peer's text. */
  checkUnit(unit: number | undefined): void {
    const wanted = unit ?? (this.#drive === undefined ? 0 : 1);
    if (wanted >= UNITS) throw ideErrors.IDE_UNIT(wanted, UNITS);
  }

  attach(drive: AtaDrive): void {
    this.#drive = drive;
    drive.reset();
    this.#request.changed?.();
  }

  detach(): void {
    this.#drive = undefined;
    this.#request.changed?.();
  }

  dispose(): void {
    this.#release();
  }
}
