import type { DeviceContext } from "backplane";
import type { PossibleCpu } from "./contract.ts";
import { cpuErrors } from "./errors.ts";

export type Level = "socket" | "die" | "module" | "core" | "thread";
/** In the order in which the peer looks at them. */
export const LEVELS: readonly Level[] = ["socket", "die", "module", "core", "thread"];
export type Coordinates = { readonly [L in Level]: number };

/** A place that a processor is put into and taken out of. */
export class CpuPlace implements PossibleCpu {
  readonly index: number;
  readonly apicId: number;
  readonly socketId: number;
  readonly dieId: number;
  readonly moduleId: number;
  readonly coreId: number;
  readonly threadId: number;
  /** Set while a processor is there. */
  device: DeviceContext | undefined;
  #isExpected: boolean;

  constructor(index: number, apicId: number, at: Coordinates, isExpected: boolean) {
    this.index = index;
    this.apicId = apicId;
    this.socketId = at.socket;
    this.dieId = at.die;
    this.moduleId = at.module;
    this.coreId = at.core;
    this.threadId = at.thread;
    this.#isExpected = isExpected;
  }

  get present(): boolean {
    return this.#isExpected || this.device !== undefined;
  }

  get path(): string | undefined {
    return this.device?.path;
  }

  get id(): string | undefined {
    return this.device?.id;
  }

  /** Throws `CPU_PLACE_TAKEN`. */
  occupy(device: DeviceContext): void {
    if (this.device !== undefined) throw cpuErrors.CPU_PLACE_TAKEN(this.index, this.apicId);
    this.device = device;
    this.#isExpected = false;
  }

  vacate(): void {
    this.device = undefined;
  }

  at(level: Level): number {
    switch (level) {
      case "socket":
        return this.socketId;
      case "die":
        return this.dieId;
      case "module":
        return this.moduleId;
      case "core":
        return this.coreId;
      case "thread":
        return this.threadId;
    }
  }
}
