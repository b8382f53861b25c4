import { disposable, type Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";
import type { Command, Commands, EventDeclaration, Events, JsonObject, MonitorEvent } from "./contract.ts";
import { monitorErrors } from "./errors.ts";
import type { ObjectSchema } from "./schema.ts";

export class CommandRegistry implements Commands {
  readonly #commands = new Map<string, Command>();

  add<A extends ObjectSchema>(command: Command<A>): Disposable {
    if (this.#commands.has(command.name)) throw monitorErrors.COMMAND_DUPLICATE(command.name);
    // Checked against its own schema before it runs, so the general signature is safe.
    this.#commands.set(command.name, command);
    return disposable(() => {
      this.#commands.delete(command.name);
    });
  }

  find(name: string): Command | undefined {
    return this.#commands.get(name);
  }

  all(): readonly Command[] {
    return [...this.#commands.values()];
  }
}

export class EventBus implements Events {
  readonly #declared = new Map<string, EventDeclaration>();
  readonly #listeners = new Registry<(event: MonitorEvent) => void>();

  constructor(declared: readonly EventDeclaration[] = []) {
    for (const event of declared) this.declare(event);
  }

  declare(event: EventDeclaration): Disposable {
    if (this.#declared.has(event.name)) throw monitorErrors.EVENT_DUPLICATE(event.name);
    this.#declared.set(event.name, event);
    return disposable(() => {
      this.#declared.delete(event.name);
    });
  }

  declared(): readonly EventDeclaration[] {
    return [...this.#declared.values()];
  }

  emit(name: string, data?: JsonObject): void {
    for (const listener of this.#listeners) listener({ name, data });
  }

  listen(listener: (event: MonitorEvent) => void): Disposable {
    return this.#listeners.add(listener);
  }
}
