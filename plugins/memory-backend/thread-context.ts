// Which of the host's processors allocate memory in advance, and so from which of its nodes it comes where no policy says.
import { readFileSync } from "node:fs";
import {
  HostCallError,
  inject,
  injectable,
  OBJECT,
  posixMemory,
  qomErrors,
  type ObjectContext,
  type OptionValue,
  type PosixMemory,
  type UserObject,
} from "backplane";
import { memoryBackendErrors } from "./errors.ts";
import { numberList } from "./number-list.ts";
import type { THREAD_CONTEXT_PROPERTIES } from "./properties.ts";

const NUMBERS = numberList(undefined);

/** The processors of nodes (Documentation/ABI/stable/sysfs-devices-node of the kernel); nodes that do not exist have none. */
function processorsOf(nodes: readonly number[]): readonly number[] {
  return nodes.flatMap((node) => {
    try {
      const text = readFileSync(`/sys/devices/system/node/node${node}/cpulist`, "utf8").trim();
      return text === "" ? [] : NUMBERS.parse(text.split(","), "cpulist", "", "opts");
    } catch {
      return [];
    }
  });
}

/** A choice of processors. The peer has a thread that runs on them; here it is this process's own, for as long as it allocates. */
@injectable()
export class ThreadContext implements UserObject {
  readonly id: string;
  readonly path: string;
  readonly #posix: PosixMemory;
  /** Undefined: those of the process. */
  #processors: readonly number[] | undefined;

  constructor(@inject(OBJECT) context: ObjectContext<typeof THREAD_CONTEXT_PROPERTIES>) {
    this.id = context.id;
    this.path = context.path;
    const cpus = context.properties["cpu-affinity"];
    const nodes = context.properties["node-affinity"];
    if (cpus !== undefined && nodes !== undefined) throw memoryBackendErrors.THREAD_CONTEXT_MIXED();
    this.#posix = posixMemory();
    if (cpus !== undefined) this.#choose(cpus);
    if (nodes !== undefined) this.#chooseNodes(nodes);
    const affinity = (name: "cpu-affinity" | "node-affinity", choose: (numbers: readonly number[]) => void) => ({
      name,
      type: "int",
      set: (value: unknown) => choose(NUMBERS.parse(value as OptionValue, name, context.type.name, "json")),
    });
    const { object } = context;
    object.add({ ...affinity("cpu-affinity", (cpu) => this.#choose(cpu)), get: () => [...this.#current()] });
    object.add({
      ...affinity("node-affinity", (node) => this.#chooseNodes(node)),
      get() {
        throw qomErrors.QOM_NOT_READABLE(context.type.name, "node-affinity");
      },
    });
    object.add({ name: "thread-id", type: "int", get: () => process.pid });
  }

  /** Those who use it go on doing so when it has been deleted. */
  inUse(): undefined {
    return undefined;
  }

  /** Does something on the chosen processors. */
  run(task: () => void): void {
    const before = this.#posix.processors();
    this.#posix.useProcessors(this.#processors ?? before);
    try {
      task();
    } finally {
      this.#posix.useProcessors(before);
    }
  }

  #choose(processors: readonly number[]): void {
    if (processors.length === 0) throw memoryBackendErrors.THREAD_CONTEXT_EMPTY("CPU");
    this.#take(processors);
  }

  #chooseNodes(nodes: readonly number[]): void {
    if (nodes.length === 0) throw memoryBackendErrors.THREAD_CONTEXT_EMPTY("Node");
    const processors = processorsOf(nodes);
    if (processors.length === 0) throw memoryBackendErrors.THREAD_CONTEXT_NO_CPUS();
    this.#take(processors);
  }

  /** The host says whether it has them. */
  #take(processors: readonly number[]): void {
    const previous = this.#processors;
    this.#processors = processors;
    try {
      this.run(() => undefined);
    } catch (failure) {
      this.#processors = previous;
      if (failure instanceof HostCallError) throw memoryBackendErrors.THREAD_CONTEXT_AFFINITY(failure.text);
      throw failure;
    }
  }

  #current(): readonly number[] {
    let current: readonly number[] = [];
    this.run(() => {
      current = this.#posix.processors();
    });
    return current;
  }
}
