import { Registry, type Clock, type Disposable, type Logger } from "backplane";
import type { Reporter } from "./boot-context.ts";
import type { FirmwareEvent, FirmwareStage, FirmwareTrace } from "./contract.ts";

type Untimed<E> = E extends FirmwareEvent ? Omit<E, "at"> : never;

/** Events that are kept: a hostile script can be refused more often than anyone wants to read. */
const KEPT = 4096;

/** Remembers what the firmware does, and tells whoever watches. */
export class RecordedTrace implements FirmwareTrace, Reporter {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #observers = new Registry<(event: FirmwareEvent) => void>();
  #events: FirmwareEvent[] = [];
  #stage: FirmwareStage = "reset";
  #rsdp: number | undefined;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  get stage(): FirmwareStage {
    return this.#stage;
  }

  get events(): readonly FirmwareEvent[] {
    return this.#events;
  }

  get rsdp(): number | undefined {
    return this.#rsdp;
  }

  observe(observer: (event: FirmwareEvent) => void): Disposable {
    return this.#observers.add(observer);
  }

  /** Another boot begins: memory was not cleared, but nothing is installed any more. */
  restart(): void {
    this.#events = [];
    this.#stage = "reset";
    this.#rsdp = undefined;
  }

  stageReached(stage: FirmwareStage): void {
    this.#stage = stage;
    this.#record({ kind: "stage", stage });
  }

  selected(key: number, name: string): void {
    this.#record({ kind: "select", key, name });
  }

  rejected(command: string, reason: string): void {
    this.#record({ kind: "rejected", command, reason });
  }

  acpi(installed: boolean, rsdp: number | undefined, reason?: string): void {
    this.#rsdp = rsdp;
    this.#record({ kind: "acpi", installed, rsdp, ...(reason === undefined ? {} : { reason }) });
  }

  halted(reason: string): void {
    this.#stage = "halted";
    this.#record({ kind: "halted", reason });
  }

  #record(untimed: Untimed<FirmwareEvent>): void {
    const event: FirmwareEvent = { ...untimed, at: this.#clock.now };
    if (this.#events.length < KEPT) this.#events.push(event);
    const { kind, ...details } = untimed;
    this.#log.debug(kind, details);
    for (const observer of this.#observers) observer(event);
  }
}
