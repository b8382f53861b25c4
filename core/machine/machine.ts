import type { MachineDefinition } from "../config/definition.ts";
import { suggest } from "../config/suggest.ts";
import { Container } from "../di/index.ts";
import type { Token } from "../di/token.ts";
import { disposable, Ownership, type Disposable } from "../disposable.ts";
import { asBackplaneError } from "../errors.ts";
import { HOST_RESOURCES, HostResourceLedger } from "../host/index.ts";
import { createLogger, type Logger, type LogSink } from "../log.ts";
import {
  BLOCK_ACCESS,
  DIRTY_MEMORY,
  HOST_ADDRESS_SPACE,
  HOST_MAPPING_NOTIFIERS,
  MEMORY_REGIONS,
  provideMemory,
  RAM_BLOCK_NOTIFIERS,
  RAM_DISCARD,
  RAM_LIST,
  type Untold,
  SYSTEM_IO,
  SYSTEM_MEMORY,
} from "../memory/index.ts";
import { COMMANDS, EVENTS } from "../monitor/contract.ts";
import { CommandRegistry, EventBus } from "../monitor/registry.ts";
import { QOM } from "../qom/contract.ts";
import { machineObjectProperties } from "../qom/machine-properties.ts";
import { QomTree } from "../qom/tree.ts";
import { QomTypeTable, type TypesElsewhere } from "../qom/types.ts";
import { Registry } from "../registry.ts";
import { DEVICE_STATES, DeviceStateRegistry } from "../state/sections.ts";
import { attachPlugin, prepareOptions } from "../plugin/attach.ts";
import type { AnyPlugin } from "../plugin/define-plugin.ts";
import { orderPlugins } from "../plugin/order.ts";
import { boardDevices } from "./board.ts";
import { ACTIONS, actions, type Actions } from "./actions.ts";
import { BUSES, BusRegistry } from "./bus.ts";
import { CLOCK, VirtualClock, type TimeSource } from "./clock.ts";
import { DEVICES, USER_OBJECTS, type DeviceDefinition } from "./component.ts";
import { DeviceRegistry, UserObjectRegistry } from "./components.ts";
import { GlobalProperties, GLOBALS } from "./globals.ts";
import { GUEST, type Guest } from "./guest.ts";
import { GuestLoop } from "./guest-loop.ts";
import { LIFECYCLE, LifecyclePhases } from "./lifecycle.ts";
import { MACHINE_CONTROL, type MachineControl, type ShutdownReason } from "./machine-control.ts";
import { MACHINE, machineProperties, type MachineType } from "./machine-type.ts";
import { machineErrors } from "./errors.ts";
import { MACHINE_EVENTS } from "./machine-events.ts";
import { Preconfig } from "./preconfig.ts";
import { parseProperties } from "./property.ts";
import { POWER, PowerControl } from "./power.ts";
import { ResetRegistry, RESETS, type ResetReason } from "./reset.ts";
import { RUN_STATES, RunStateMachine, type RunState } from "./run-state.ts";

/** Tokens that every machine has without any plugin. */
export const CORE_TOKENS: ReadonlySet<Token<unknown>> = new Set<Token<unknown>>([
  RAM_LIST,
  RAM_BLOCK_NOTIFIERS,
  HOST_MAPPING_NOTIFIERS,
  HOST_ADDRESS_SPACE,
  HOST_RESOURCES,
  RAM_DISCARD,
  MEMORY_REGIONS,
  DIRTY_MEMORY,
  BLOCK_ACCESS,
  SYSTEM_MEMORY,
  SYSTEM_IO,
  ACTIONS,
  BUSES,
  CLOCK,
  COMMANDS,
  EVENTS,
  DEVICES,
  DEVICE_STATES,
  USER_OBJECTS,
  GLOBALS,
  LIFECYCLE,
  MACHINE,
  MACHINE_CONTROL,
  POWER,
  QOM,
  RESETS,
  RUN_STATES,
]);

export interface MachineOptions {
  readonly types: readonly MachineType[];
  /** Plugins beyond those of the machine type. */
  readonly plugins?: readonly AnyPlugin[];
  readonly log?: LogSink;
  /** What moves the machine's time; default the guest, which makes runs repeatable. */
  readonly time?: TimeSource;
  /** Notifications that somebody is not told of, from the start: what breaks without them? */
  readonly untold?: readonly Untold[];
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

/** Types of machines that have plugins which `here` and the ones before have not. */
function differing(types: readonly MachineType[], here: MachineType): MachineType[] {
  const seen = new Set(here.plugins);
  return types.filter(({ plugins }) => {
    const isNew = plugins.some((plugin) => !seen.has(plugin));
    for (const plugin of plugins) seen.add(plugin);
    return isNew;
  });
}

function emptyDefinition(type: MachineType): MachineDefinition {
  const size = type.defaultMemory;
  return {
    machine: { type: type.name, properties: {} },
    memory: { size, slots: 0, maxSize: size },
    cpu: { topology: {} },
    plugins: [],
    objects: [],
    devices: [],
    options: {},
    paused: true,
  };
}

/** A machine. Made by `Machine.create`; whoever made it disposes it. */
export class Machine implements MachineControl {
  readonly definition: MachineDefinition;
  readonly type: MachineType;
  readonly #container: Container;
  readonly #ownership = new Ownership();
  readonly #runStates = new RunStateMachine();
  readonly #resets = new ResetRegistry();
  readonly #events = new EventBus(MACHINE_EVENTS);
  readonly #powerButton = new Registry<() => void>();
  readonly #loop: GuestLoop;
  readonly #actions: Actions;
  readonly #states = new DeviceStateRegistry();
  readonly #hostResources = new HostResourceLedger();
  /** Stopped while it slept: it goes on sleeping. */
  #wasSuspended = false;
  #autostart: boolean;
  readonly #finished: Promise<ShutdownReason>;
  #finish: (reason: ShutdownReason) => void = () => undefined;
  #leaving: ShutdownReason | undefined;
  #preconfig: Preconfig | undefined;

  private constructor(
    definition: MachineDefinition,
    type: MachineType,
    container: Container,
    log: Logger,
    time: TimeSource = "guest",
  ) {
    this.definition = definition;
    this.type = type;
    this.#container = container;
    this.#autostart = !definition.paused;
    this.#finished = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const clock = new VirtualClock(time);
    this.#loop = new GuestLoop(clock, this.#runStates, log.named("guest"));
    container.provideValue(CLOCK, clock);
    container.provideValue(RUN_STATES, this.#runStates);
    container.provideValue(RESETS, this.#resets);
    container.provideValue(EVENTS, this.#events);
    container.provideValue(COMMANDS, new CommandRegistry());
    this.#actions = actions(definition.actions);
    container.provideValue(ACTIONS, this.#actions);
    const power = new PowerControl({
      runStates: this.#runStates,
      reset: (reason) => this.#resets.run(reason),
      resumeGuest: () => this.#loop.resetGuest(),
      emit: (event) => this.#events.emit(event),
    });
    container.provideValue(POWER, power);
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
    const machine = new Machine(definition, type, Container.create(), log, options.time);
    try {
      const offers = (type.offers ?? []).filter(({ id }) => definition.options[id] !== undefined);
      // A machine without any is begun at once: its monitors may be spoken to as soon as this returns a promise.
      const offered = offers.length === 0 ? [] : await Promise.all(offers.map((offer) => offer.load()));
      const plugins = [...offered, ...(options.plugins ?? [])];
      const { lifecycle, complete } = machine.#begin({ ...options, plugins }, log);
      await unlessAborted(lifecycle.start(), options.signal);
      if (definition.preconfig === true) await unlessAborted(machine.#pauseBefore(complete), options.signal);
      else complete();
      await unlessAborted(lifecycle.complete(), options.signal);
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

  /**
   * What a machine of the type can be made of: its plugins register in a machine that is let go of before anything is laid
   * out.
   */
  static typesOf(type: MachineType): TypesElsewhere {
    const log = createLogger(() => undefined, "machine");
    const machine = new Machine(emptyDefinition(type), type, Container.create(), log);
    machine.#begin({ types: [type] }, log);
    const devices = machine.service(DEVICES).types();
    const objects = machine.service(USER_OBJECTS).types();
    const added = [...machine.service(QOM).types.added()];
    void machine.dispose();
    return { devices: () => devices, objects: () => objects, added: () => added };
  }

  static #typesElsewhere(types: readonly MachineType[], here: MachineType): TypesElsewhere {
    const known = differing(types, here).map((type) => Machine.typesOf(type));
    const byName = <T extends { readonly name: string }>(all: readonly T[]): readonly T[] => [
      ...new Map(all.map((type) => [type.name, type])).values(),
    ];
    return {
      devices: () => byName(known.flatMap((types) => types.devices())),
      objects: () => byName(known.flatMap((types) => types.objects())),
      added: () => known.flatMap((types) => [...types.added()]),
    };
  }

  /** Plugins and objects are there, and so is what monitors need; what is left is `complete`. */
  #begin(
    { types, plugins: extra = [], untold = [] }: MachineOptions,
    log: Logger,
  ): { readonly lifecycle: LifecyclePhases; readonly complete: () => void } {
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
    container.provideValue(DEVICE_STATES, this.#states);
    container.provideValue(HOST_RESOURCES, this.#hostResources);
    provideMemory(container, this.#ownership, untold);
    const lifecycle = new LifecyclePhases();
    const regions = container.resolve(MEMORY_REGIONS);
    const tree: QomTree = new QomTree({
      types: new QomTypeTable({ devices: () => devices.types(), objects: () => objects.types() }, types, () =>
        Machine.#typesElsewhere(types, type),
      ),
      machineType: `${type.name}-machine`,
      machine: {
        properties: () => tree.types.properties(`${type.name}-machine`, machineObjectProperties(type, properties)),
      },
      unowned: regions.unowned,
    });
    for (const property of machineObjectProperties(type, properties, true)) tree.machine.add(property);
    const buses = new BusRegistry(tree.systemBus, tree.unattached);
    container.provideValue(LIFECYCLE, lifecycle);
    container.provideValue(BUSES, buses);
    container.provideValue(QOM, tree);
    const objects = new UserObjectRegistry({ container, tree, regions, log });
    const globals = new GlobalProperties(definition.globals ?? [], type.compatibility, (name, ancestor) =>
      tree.types.is(name, ancestor),
    );
    const devices = new DeviceRegistry({
      container,
      buses,
      lifecycle,
      globals,
      tree,
      regions,
      states: this.#states,
      events: this.#events,
      log,
    });
    container.provideValue(USER_OBJECTS, objects);
    container.provideValue(DEVICES, devices);
    container.provideValue(GLOBALS, globals);
    this.#ownership.own(objects);
    this.#ownership.own(devices);
    for (const plugin of plugins) {
      attachPlugin(plugin, { container, coreTokens: CORE_TOKENS, definition, ownership: this.#ownership, log });
    }
    for (const object of definition.objects) objects.create(object);
    lifecycle.reach("objects");
    const complete = (): void => {
      this.#layOut(lifecycle, devices, boardDevices(type, settings, definition));
      globals.report(devices.types(), log);
      // Where a client of the test protocol moves the clock, it takes the guest's place.
      const { source } = container.resolve(CLOCK);
      if (source !== "client" && container.has(GUEST)) this.#loop.connect(container.resolve(GUEST));
      this.#ownership.own(disposable(() => this.#loop.stop()));
      this.#resets.run("startup");
    };
    return { lifecycle, complete };
  }

  #layOut(lifecycle: LifecyclePhases, devices: DeviceRegistry, board: readonly DeviceDefinition[]): void {
    // Nobody accesses memory before the machine is laid out, so its map is rendered once, at the end.
    this.#container.resolve(MEMORY_REGIONS).transaction(() => {
      lifecycle.reach("board");
      for (const device of board) devices.create(device, "machine");
      for (const device of this.definition.devices) devices.create(device);
      lifecycle.reach("devices");
    });
    this.#states.complete();
    lifecycle.reach("done");
  }

  /** Resolves when somebody has had the rest built, or has ended the machine. */
  async #pauseBefore(complete: () => void): Promise<void> {
    const preconfig = new Preconfig(() => {
      complete();
      if (!this.definition.paused) this.cont();
    });
    this.#preconfig = preconfig;
    await preconfig.over;
  }

  async exitPreconfig(): Promise<void> {
    if (this.#preconfig === undefined) throw machineErrors.PRECONFIG_OVER();
    await this.#preconfig.exit();
  }

  /** A service of this machine, for whoever composed it (a command, a test); plugins declare what they need instead. */
  service<T>(token: Token<T>): T {
    return this.#container.resolve(token);
  }

  has(token: Token<unknown>): boolean {
    return this.#container.has(token);
  }

  get autostart(): boolean {
    return this.#autostart;
  }

  resumeAsleep(): void {
    this.#wasSuspended = true;
  }

  cont(): void {
    if (this.#runStates.current === "inmigrate") {
      this.#autostart = true;
      return;
    }
    this.#resume();
  }

  goOn(): void {
    this.#resume();
  }

  get guest(): Guest | undefined {
    return this.#loop.guest;
  }

  #resume(): void {
    if (this.#runStates.isRunning) return;
    this.#runStates.set(this.#wasSuspended ? "suspended" : "running");
    this.#wasSuspended = false;
    this.#events.emit("RESUME");
    if (this.#runStates.isRunning) this.#loop.start();
  }

  stop(): void {
    if (this.#runStates.current === "inmigrate") this.#autostart = false;
    this.halt("paused");
  }

  halt(state: RunState): void {
    const isAsleep = this.#runStates.current === "suspended";
    if (!this.#runStates.isRunning && !isAsleep) return;
    this.#wasSuspended = isAsleep;
    this.#runStates.set(state);
    this.#events.emit("STOP");
  }

  reset(reason: ResetReason): void {
    const ends = this.#actions.reboot === "shutdown";
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
    const isSilent = reason === "watchdog" || reason === "load-failed";
    const isAsked = reason === "host-qmp-quit" || reason === "host-signal" || reason === "host-error" || isSilent;
    if (!isAsked && this.#actions.shutdown === "pause") return this.#pause(reason);
    this.#leaving = reason;
    this.#preconfig?.abandon();
    this.#loop.stop();
    if (!isSilent) this.#events.emit("SHUTDOWN", { guest: reason.startsWith("guest-"), reason });
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
