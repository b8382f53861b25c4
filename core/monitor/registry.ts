import { disposable, type Disposable } from "../disposable.ts";
import { Registry } from "../registry.ts";
import type { Command, Commands, Events, JsonObject, MonitorEvent } from "./contract.ts";
import { monitorErrors } from "./errors.ts";
import type { StructSchema } from "./schema.ts";

export class CommandRegistry implements Commands {
  readonly #commands = new Map<string, Command>();

  add<A extends StructSchema>(command: Command<A>): Disposable {
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
  readonly #listeners = new Registry<(event: MonitorEvent) => void>();

  emit(name: string, data?: JsonObject): void {
    for (const listener of this.#listeners) listener({ name, data });
  }

  listen(listener: (event: MonitorEvent) => void): Disposable {
    return this.#listeners.add(listener);
  }
}
