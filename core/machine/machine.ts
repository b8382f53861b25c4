import type { MachineDefinition } from "../config/definition.ts";
import { suggest } from "../config/suggest.ts";
import { Container } from "../di/index.ts";
import { token, type Token } from "../di/token.ts";
import { disposable, Ownership, type Disposable } from "../disposable.ts";
import { asBackplaneError } from "../errors.ts";
import { createLogger, type Logger, type LogSink } from "../log.ts";
import {
  BLOCK_ACCESS,
  DIRTY_MEMORY,
  HOST_MAPPING_NOTIFIERS,
  MEMORY_REGIONS,
  provideMemory,
  RAM_BLOCK_NOTIFIERS,
  RAM_LIST,
  SYSTEM_IO,
  SYSTEM_MEMORY,
} from "../memory/index.ts";
import { COMMANDS, EVENTS } from "../monitor/contract.ts";
import { CommandRegistry, EventBus } from "../monitor/registry.ts";
import { Registry } from "../registry.ts";
import { attachPlugin, prepareOptions } from "../plugin/attach.ts";
import type { AnyPlugin } from "../plugin/define-plugin.ts";
import { orderPlugins } from "../plugin/order.ts";
import { BUSES, BusRegistry } from "./bus.ts";
import { CLOCK, VirtualClock } from "./clock.ts";
import { DEVICES, USER_OBJECTS } from "./component.ts";
import { DeviceRegistry, UserObjectRegistry } from "./components.ts";
import { GlobalProperties } from "./globals.ts";
import { GUEST } from "./guest.ts";
import { GuestLoop } from "./guest-loop.ts";
import { LIFECYCLE, LifecyclePhases } from "./lifecycle.ts";
import { MACHINE, machineProperties, type MachineType } from "./machine-type.ts";
import { machineErrors } from "./errors.ts";
import { parseProperties } from "./property.ts";
import { ResetRegistry, RESETS, type ResetReason } from "./reset.ts";
import { RUN_STATES, RunStateMachine } from "./run-state.ts";

/** What plugins may ask a running machine to do. */
export interface MachineControl {
  /** Starts or resumes the guest. */
  cont(): void;
  /** Halts the guest between two slices. */
  stop(): void;
  /** Runs the reset handlers and starts the guest over. */
  reset(reason: ResetReason): void;
  /** Presses the power button: tells the event, then whoever watches the button. What follows is the guest's doing. */
  powerdown(): void;
  onPowerdown(listener: () => void): Disposable;
  /** Ends the machine: `finished` resolves after everything has been released. */
  quit(reason: ShutdownReason): void;
  /** Set by `quit`: the machine is about to be released, and takes no more orders. */
  readonly leaving: ShutdownReason | undefined;
}
export type ShutdownReason =
  | "host-qmp-quit"
  | "host-qmp-system-reset"
  | "host-signal"
  | "host-error"
  | "guest-shutdown"
  | "guest-reset"
  | "guest-panic";

export const MACHINE_CONTROL = token<MachineControl>("MACHINE_CONTROL");

/** Tokens that every machine has without any plugin. */
export const CORE_TOKENS: ReadonlySet<Token<unknown>> = new Set<Token<unknown>>([
  RAM_LIST,
  RAM_BLOCK_NOTIFIERS,
  HOST_MAPPING_NOTIFIERS,
  MEMORY_REGIONS,
  DIRTY_MEMORY,
  BLOCK_ACCESS,
  SYSTEM_MEMORY,
  SYSTEM_IO,
  BUSES,
  CLOCK,
  COMMANDS,
  EVENTS,
  DEVICES,
  USER_OBJECTS,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  RESETS,
  RUN_STATES,
]);

export interface MachineOptions {
  readonly types: readonly MachineType[];
  /** Plugins beyond those of the machine type. */
  readonly plugins?: readonly AnyPlugin[];
  readonly log?: LogSink;
  /** Gives up making the machine, which may be waiting for a client: `create` rejects with `BUILD_ABORTED`. */
  readonly signal?: AbortSignal;
}

function unlessAborted(task: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (signal === undefined) return task;
  return new Promise((resolve, reject) => {
    const give = (): void => reject(machineErrors.BUILD_ABORTED());
    if (signal.aborted) give();
    signal.addEventListener("abort", give, { once: true });
    task.then(resolve, reject).finally(() => signal.removeEventListener("abort", give));
  });
}

/** A machine. Made by `createMachine`; whoever made it disposes it. */
export class Machine implements MachineControl {
  readonly definition: MachineDefinition;
  readonly type: MachineType;
  readonly #container: Container;
  readonly #ownership = new Ownership();
  readonly #runStates = new RunStateMachine();
  readonly #resets = new ResetRegistry();
  readonly #events = new EventBus();
  readonly #powerButton = new Registry<() => void>();
  readonly #loop: GuestLoop;
  readonly #finished: Promise<ShutdownReason>;
  #finish: (reason: ShutdownReason) => void = () => undefined;
  #leaving: ShutdownReason | undefined;

  private constructor(definition: MachineDefinition, type: MachineType, container: Container, log: Logger) {
    this.definition = definition;
    this.type = type;
    this.#container = container;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const clock = new VirtualClock();
    this.#loop = new GuestLoop(clock, this.#runStates, log.named("guest"));
    container.provideValue(CLOCK, clock);
    container.provideValue(RUN_STATES, this.#runStates);
    container.provideValue(RESETS, this.#resets);
    container.provideValue(EVENTS, this.#events);
    container.provideValue(COMMANDS, new CommandRegistry());
    container.provideValue(MACHINE_CONTROL, this);
  }

  /** Builds a machine up to its first reset. On failure nothing of it stays, and the error names where it came from. */
  static async create(definition: MachineDefinition, options: MachineOptions): Promise<Machine> {
    const type = options.types.find(
      (candidate) =>
        candidate.name === definition.machine.type || candidate.aliases?.includes(definition.machine.type) === true,
    );
    if (type === undefined) {
      const known = options.types.flatMap(({ name, aliases = [] }) => [name, ...aliases]);
      throw machineErrors
        .MACHINE_TYPE_UNKNOWN(definition.machine.type)
        .at(["type"])
        .advise(suggest(definition.machine.type, known))
        .from(definition.machine.origin);
    }
    const log = createLogger(options.log ?? (() => undefined), "machine");
    const machine = new Machine(definition, type, Container.create(), log);
    try {
      const lifecycle = machine.#build(options, log);
      await unlessAborted(lifecycle.start(), options.signal);
    } catch (failure) {
      try {
        await machine.dispose();
      } catch (teardown) {
        log.error("teardown after a failed build failed as well", { error: teardown });
      }
      throw asBackplaneError(failure);
    }
    return machine;
  }

  #build({ types, plugins: extra = [] }: MachineOptions, log: Logger): LifecyclePhases {
    const { definition, type } = this;
    const container = this.#container;
    const plugins = prepareOptions(orderPlugins([...type.plugins, ...extra], CORE_TOKENS), definition);
    let properties;
    try {
      const { properties: given, form } = definition.machine;
      properties = parseProperties(type.properties, given, `${type.name}-machine`, form);
    } catch (failure) {
      throw asBackplaneError(failure).from(definition.machine.origin);
    }
    const settings = machineProperties(properties);
    container.provideValue(MACHINE, { type, types, properties: settings });
    provideMemory(container, this.#ownership);
    const lifecycle = new LifecyclePhases();
    const buses = new BusRegistry();
    container.provideValue(LIFECYCLE, lifecycle);
    container.provideValue(BUSES, buses);
    const objects = new UserObjectRegistry(container, log);
    const globals = new GlobalProperties(definition.globals ?? []);
    const devices = new DeviceRegistry(container, buses, lifecycle, globals, log);
    container.provideValue(USER_OBJECTS, objects);
    container.provideValue(DEVICES, devices);
    this.#ownership.own(objects);
    this.#ownership.own(devices);
    for (const plugin of plugins) {
      attachPlugin(plugin, { container, coreTokens: CORE_TOKENS, definition, ownership: this.#ownership, log });
    }
    for (const object of definition.objects) objects.create(object);
    lifecycle.reach("objects");
    // Nobody accesses memory before the machine is laid out, so its map is rendered once, at the end.
    container.resolve(MEMORY_REGIONS).transaction(() => {
      lifecycle.reach("board");
      for (const { when, ...device } of type.devices) {
        if (when === undefined || settings.enabled(when)) devices.create(device, "machine");
      }
      for (const device of definition.devices) devices.create(device);
      lifecycle.reach("devices");
    });
    lifecycle.reach("done");
    globals.report(devices.types(), log);
    if (container.has(GUEST)) this.#loop.connect(container.resolve(GUEST));
    this.#ownership.own(disposable(() => this.#loop.stop()));
    this.#resets.run("startup");
    return lifecycle;
  }

  /** A service of this machine, for whoever composed it (a command, a test); plugins declare what they need instead. */
  service<T>(token: Token<T>): T {
    return this.#container.resolve(token);
  }

  has(token: Token<unknown>): boolean {
    return this.#container.has(token);
  }

  cont(): void {
    if (this.#runStates.isRunning) return;
    this.#runStates.set("running");
    this.#events.emit("RESUME");
    this.#loop.start();
  }

  stop(): void {
    if (!this.#runStates.isRunning) return;
    this.#runStates.set("paused");
    this.#events.emit("STOP");
  }

  reset(reason: ResetReason): void {
    const ends = this.definition.actions?.reboot === "shutdown";
    if (ends && (reason === "guest-reset" || reason === "host-qmp-system-reset")) return this.quit(reason);
    this.#resets.run(reason);
    this.#loop.resetGuest();
    this.#events.emit("RESET", { guest: reason === "guest-reset", reason });
    // A guest that is halted starts anew when it goes on, wherever it was halted.
    const state = this.#runStates.current;
    if (state !== "running" && state !== "inmigrate" && state !== "finish-migrate") this.#runStates.set("prelaunch");
  }

  powerdown(): void {
    this.#events.emit("POWERDOWN");
    for (const listener of this.#powerButton) listener();
  }

  onPowerdown(listener: () => void): Disposable {
    return this.#powerButton.add(listener);
  }

  quit(reason: ShutdownReason): void {
    if (this.#leaving !== undefined) return;
    const isAsked = reason === "host-qmp-quit" || reason === "host-signal" || reason === "host-error";
    if (!isAsked && this.definition.actions?.shutdown === "pause") return this.#pause(reason);
    this.#leaving = reason;
    this.#loop.stop();
    this.#events.emit("SHUTDOWN", { guest: reason.startsWith("guest-"), reason });
    this.#finish(reason);
  }

  /** Instead of leaving: the guest is halted where it switched itself off. */
  #pause(reason: ShutdownReason): void {
    this.#events.emit("SHUTDOWN", { guest: reason.startsWith("guest-"), reason });
    if (!this.#runStates.isRunning) return;
    this.#runStates.set("shutdown");
    this.#events.emit("STOP");
  }

  get leaving(): ShutdownReason | undefined {
    return this.#leaving;
  }

  /** Resolves with the reason when `quit` was asked for; the caller then disposes. */
  get finished(): Promise<ShutdownReason> {
    return this.#finished;
  }

  /** Resolves when the guest has nothing left to do (or there is none, or it is not running). */
  idle(): Promise<void> {
    return this.#loop.idle();
  }

  dispose(): Promise<void> {
    this.#loop.stop();
    if (this.#container.has(MEMORY_REGIONS)) this.#container.resolve(MEMORY_REGIONS).freeze();
    return this.#ownership.dispose();
  }
}
