// What a machine can be told and what it tells. Transports (QMP, HMP, qtest) are plugins.
import { token } from "../di/token.ts";
import type { Disposable } from "../disposable.ts";
import type { ObjectSchema, Schema, StructSchema, ValueOf } from "./schema.ts";

/** What travels over a monitor. Whole numbers beyond 2^53 are bigint. */
export type JsonValue = null | boolean | number | bigint | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue | undefined;
}

/**
 * A monitor command: its schema, and what it does. On the wire a result's members come in the order of the peer's
 * dictionaries; where that leaves a choice it depends on the order in which they were made, which is the schema's.
 */
export interface Command<A extends ObjectSchema = ObjectSchema> {
  readonly name: string;
  /** One line for the docs page and `help`. */
  readonly summary: string;
  /** A struct; or a union, for a command whose arguments depend on one of them (`object-add`, `blockdev-add`). */
  readonly arguments: A;
  /** What the command answers with: `q.none` when there is nothing to say. */
  readonly result?: Schema;
  /** May be executed out of band: while another command waits. It must not wait itself. */
  readonly oob?: boolean;
  /** May be executed before the machine is built. */
  readonly preconfig?: boolean;
  /** Marked unstable, or deprecated, in the schema. */
  readonly unstable?: boolean;
  readonly deprecated?: boolean;
  /** Further features that the schema lists, ahead of the two above. */
  readonly features?: readonly string[];
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
  add<A extends ObjectSchema>(command: Command<A>): Disposable;
  find(name: string): Command | undefined;
  all(): readonly Command[];
}

/** An asynchronous message to all monitors. */
export interface MonitorEvent {
  readonly name: string;
  readonly data: JsonObject | undefined;
}

/** An event that monitors may be told. Everything that is emitted is declared: the schema and the docs list it. */
export interface EventDeclaration {
  readonly name: string;
  /** One line for the docs page. */
  readonly summary: string;
  /** `q.none` for an event without data. */
  readonly data: StructSchema;
  readonly rateLimit?: RateLimit;
  readonly unstable?: boolean;
  readonly deprecated?: boolean;
}

/**
 * Monitors are told one such event at once and then none until the period has passed; of those that come meanwhile
 * they are told the last, at the period's end.
 */
export interface RateLimit {
  readonly milliseconds: number;
  /** The member of the data, a text, by which events are told apart, each limited by itself. */
  readonly by?: string;
}

export interface Events {
  /** Throws `EVENT_DUPLICATE`. */
  declare(event: EventDeclaration): Disposable;
  declared(): readonly EventDeclaration[];
  emit(name: string, data?: JsonObject): void;
  listen(listener: (event: MonitorEvent) => void): Disposable;
}

export const COMMANDS = token<Commands>("COMMANDS");
export const EVENTS = token<Events>("EVENTS");
