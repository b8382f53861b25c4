/** What other plugins may know of migrations, out of and into the machine, and how their state gets into a stream. */
import {
  token,
  type ByteLength,
  type CapturedSection,
  type DeviceSection,
  type Disposable,
  type SectionIdentity,
} from "backplane";

export {
  fieldsOf,
  SCALAR_SIZES,
  structField,
  structsField,
  type CapturedSection,
  type DescriptionSource,
  type DeviceSection,
  type FieldsOf,
  type ScalarType,
  type ScalarValue,
  type StateDescription,
  type StateField,
  type StateSubsection,
} from "backplane";
export { PAGE_FLAG } from "./stream-format.ts";

/** The peer's states that a source without postcopy and COLO goes through. */
export type MigrationStatus =
  | "none"
  | "setup"
  | "active"
  | "pre-switchover"
  | "device"
  | "completed"
  | "failed"
  | "cancelling"
  | "cancelled";

export interface MigrationChange {
  readonly from: MigrationStatus;
  readonly to: MigrationStatus;
  /** `error-desc` at that moment: why it failed or was aborted. */
  readonly reason?: string;
}

/** Where a migration goes: what `migrate` takes, parsed. */
export type MigrationAddress =
  | { readonly transport: "exec"; readonly args: readonly string[] }
  | { readonly transport: "file"; readonly filename: string; readonly offset: number | bigint }
  | { readonly transport: "socket"; readonly type: "unix"; readonly path: string }
  | {
      readonly transport: "socket";
      readonly type: "inet";
      readonly host: string;
      readonly port: string;
      readonly ipv4?: boolean;
      readonly ipv6?: boolean;
    }
  | { readonly transport: "socket"; readonly type: "vsock"; readonly cid: string; readonly port: string }
  | { readonly transport: "socket"; readonly type: "fd"; readonly str: string }
  | { readonly transport: "rdma"; readonly host: string; readonly port: string };

/** How a stream reaches a machine that waits for one. A file or a program brings a machine back; a socket brings it over. */
export type IncomingTransport = "file" | "exec" | "fd" | "unix" | "tcp";

/**
 * - `deferred`: nobody has said yet where the stream comes from (`migrate-incoming` will)
 * - `setup`: waits for the stream, or for its end
 * - `active`: the stream is being read
 * - `completed`: everything is loaded; the guest goes on after all who listen have heard of it
 * - `failed`: the machine holds a part of a stream and will never run
 */
export type IncomingStatus = "deferred" | "setup" | "active" | "completed" | "failed";

/** The stream that a machine was started with, or waits for. */
export interface IncomingMigration {
  readonly status: IncomingStatus;
  /** Undefined while `deferred`. */
  readonly transport: IncomingTransport | undefined;
  /** Why it has failed. */
  readonly error?: string;
}

/** The outgoing migration of a machine. There is one at a time; the latest stays readable. */
export interface Migration {
  readonly status: MigrationStatus;
  /** Between `setup` and its end: blocks of RAM must not change, a second migration is refused. */
  readonly isRunning: boolean;
  /** Why the latest migration failed or was aborted; the first reason stands. */
  readonly error: string | undefined;
  /**
   * Begins a migration. Resolves when the transport is there or still connecting (`setup`), the stream follows in the
   * background. Throws what the peer's `migrate` answers with; a transport that cannot be opened at once leaves `failed`.
   */
  start(address: MigrationAddress): Promise<void>;
  /** Asks a running migration to end; nothing when none runs. Over a pipe that nobody reads it stays `cancelling`. */
  cancel(): void;
  /** Cancels a running migration for a reason, which `query-migrate` gives as `error-desc`. */
  abort(reason: string): void;
  /** Tells every change of `status`, after it; a repeated cancel tells `cancelling` again. */
  onChange(listener: (change: MigrationChange) => void): Disposable;
  /** Resolves with the state in which the running migration ends; at once when none runs. */
  settled(): Promise<MigrationStatus>;
  /** Forbids migration for a reason until disposed: `migrate` is refused with it, `query-migrate` lists it. */
  block(reason: string): Disposable;
  /** Undefined for a machine that was started afresh. */
  readonly incoming: IncomingMigration | undefined;
  /**
   * Tells every change of `incoming.status`, after it. At `completed` all devices have their loaded state and the guest
   * does not run yet: the moment for a device to tell the guest that it was restored.
   */
  onIncoming(listener: (incoming: IncomingMigration) => void): Disposable;
}

/** What `query-migrate` shows of RAM. Counted by the RAM section, kept by the migration. */
export interface MigrationCounters {
  /** Pages sent as zero. */
  duplicate: number;
  /** Pages sent with their bytes. */
  normal: number;
  dirtySyncCount: number;
  /** Pages a second that the guest made dirty, over the latest second. */
  dirtyPagesRate: number;
  /** Bytes still to send at the latest sync. */
  dirtyBytesLastSync: number;
  /** Stream bytes for RAM that were handed over while the guest ran, and while it did not. */
  precopyBytes: number;
  downtimeBytes: number;
}

/** The stream that a section writes into. Integers are big-endian. Nothing blocks: see `full`. */
export interface MigrationOutput {
  u8(value: number): void;
  u16(value: number): void;
  u32(value: number): void;
  /** Exact below 2^53. */
  u64(value: number | bigint): void;
  bytes(bytes: Uint8Array): void;
  /** A page of guest memory. Copied now; the peer hands pages over by reference, which decides where its buffers end. */
  page(bytes: Uint8Array): void;
  /**
   * True when a full buffer waits for the transport. A live section then awaits `room()` before it goes on; a device's
   * state is small and may be written to its end.
   */
  readonly full: boolean;
  /** Resolves when the transport has taken what was full. Throws when the transport failed, or when it was aborted. */
  room(): Promise<void>;
  /** Hands over what is buffered. */
  flush(): Promise<void>;
  /** Bytes that the transport has taken. */
  readonly transferred: number;
}

/** The stream that a live section is loaded from. Integers are big-endian. */
export interface MigrationInput {
  /** Undefined when so many bytes are at hand; otherwise resolves when they are. Rejects when the stream ends before. */
  need(count: number): Promise<void> | undefined;
  u8(): number;
  u32(): number;
  /** Exact below 2^53, where the values of a well-formed stream are. */
  u64(): number;
  /** A view that is good until the next `need`. */
  bytes(count: number): Uint8Array;
  text(count: number): string;
  /** What is wrong with the stream, in the peer's words, and what was found to be wrong before: to be thrown. */
  fault(text?: string, before?: unknown): Error;
  /** Lets monitors and other migrations run when the slice is used up; undefined when there is time left. */
  pause(): Promise<void> | undefined;
}

/** How pages that hold only zeros are found: `none` sends them like any other. */
export type ZeroPageDetection = "none" | "legacy" | "multifd";

/** What a live section is told of the migration it is part of. */
export interface MigrationRound {
  readonly output: MigrationOutput;
  readonly counters: MigrationCounters;
  /** True when this period's bandwidth is used up: end the part. */
  readonly rateExceeded: boolean;
  /** False once it was cancelled or has failed: stop at the next page. */
  readonly isRunning: boolean;
  /** True while the guest runs. */
  readonly guestRuns: boolean;
  readonly zeroPageDetection: ZeroPageDetection;
  /** Announces a sync of dirty pages (`MIGRATION_PASS`). */
  passed(): void;
  /** Lets guest and monitors run when the slice is used up; undefined when there is time left. */
  pause(): Promise<void> | undefined;
}

/** State that is sent while the guest runs, in rounds. */
export interface LiveSection extends SectionIdentity {
  readonly kind: "live";
  /** False: the section is silent in this migration. Asked at every phase. Default true. */
  isActive?(): boolean;
  /** Writes the set-up part. */
  setup(round: MigrationRound): Promise<void>;
  /** Bytes still to send, as far as is known without looking. 0 outside of a migration. */
  pending(): number;
  /** Looks at what the guest wrote meanwhile, then as `pending`. */
  pendingExact(round: MigrationRound): number;
  /** Writes one part. */
  iterate(round: MigrationRound): Promise<void>;
  /** Writes the end part: the guest has stopped. */
  complete(round: MigrationRound): Promise<void>;
  /** The migration is over, whichever way. Called once for every `setup` that was begun. */
  cleanup(): void;
  /** For `query-migrate`. */
  total(): ByteLength;
  /** Reads one part, whichever: up to its footer. Without it the section cannot be loaded. */
  load?(input: MigrationInput, version: number): Promise<void>;
}

/** A device that cannot migrate: its presence forbids migration. */
export interface UnmigratableSection extends SectionIdentity {
  readonly kind: "unmigratable";
}

export type MigrationSection = DeviceSection<never> | CapturedSection<never> | LiveSection | UnmigratableSection;

/** The registry of what a migration carries. */
export interface MigrationSections {
  /** Numbers the section. A device's is numbered in the order of the peer, i.e. when the device is made. */
  add<S>(section: DeviceSection<S> | CapturedSection<S> | LiveSection | UnmigratableSection): Disposable;
}

export const MIGRATION = token<Migration>("MIGRATION");
export const MIGRATION_STATE = token<MigrationSections>("MIGRATION_STATE");
