// What a machine can be told and what it tells. Transports (QMP, HMP, qtest) are plugins.
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { StructSchema, ValueOf } from "./schema.ts";

/** What travels over a monitor. Whole numbers beyond 2^53 are bigint. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/**
 * A monitor command: its schema, and what it does. On the wire a result's members come in the order of the peer's
 * dictionaries; where that leaves a choice it depends on the order in which they were made, which is the schema's.
 */
export interface Command<A extends StructSchema = StructSchema> {
  readonly name: string;
  /** One line for the docs page and `help`. */
  readonly summary: string;
  readonly arguments: A;
  /** May be executed out of band. */
  readonly oob?: boolean;
  /** May be executed before the machine is built. */
  readonly preconfig?: boolean;
  /** Marked unstable in the schema. */
  readonly unstable?: boolean;
  /** Arguments are checked by then. Throws `BackplaneError`; the monitor turns it into an error reply. */
  run(args: ValueOf<A>, client: MonitorClient): JsonValue | void | Promise<JsonValue | void>;
}

/** The connection a command came through. */
export interface MonitorClient {
  readonly id: string;
  /** Runs when the connection ends. */
  readonly onClose: (callback: () => void) => Disposable;
}

export interface Commands {
  add<A extends StructSchema>(command: Command<A>): Disposable;
  find(name: string): Command | undefined;
  all(): readonly Command[];
}

/** An asynchronous message to all monitors. */
export interface MonitorEvent {
  readonly name: string;
  readonly data: JsonObject | undefined;
}

export interface Events {
  emit(name: string, data?: JsonObject): void;
  listen(listener: (event: MonitorEvent) => void): Disposable;
}

export const COMMANDS = token<Commands>("COMMANDS");
export const EVENTS = token<Events>("EVENTS");
