// How a device's state is declared (the peer's VMState, docs/devel/migration/main.rst): one declaration is what is
// written to the stream, what is read from it, and what the JSON at the stream's end says.

/** Scalars and their size in bytes. The names are those of the description at the stream's end. */
export const SCALAR_SIZES = {
  uint8: 1,
  int8: 1,
  bool: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  timer: 8,
} as const;
export type ScalarType = keyof typeof SCALAR_SIZES;

/** 64-bit scalars are loaded as bigint; to save one, either will do. */
export type ScalarValue = number | bigint | boolean;

export interface StateDescription<S> {
  readonly name: string;
  readonly version: number;
  /** The oldest version that is still understood; default: only `version` itself. */
  readonly minimumVersion?: number;
  readonly fields: readonly StateField<S>[];
  readonly subsections?: readonly StateSubsection<S>[];
  /** Before the fields are read: brings what is computed up to date. */
  beforeSave?(state: S): void;
  /** Before the fields are set: what a stream may leave out gets what it then stands for. */
  beforeLoad?(state: S): void;
  /** After the fields were set: derives what is not carried. */
  afterLoad?(state: S): void;
}

/** Part of a state that is only sent when it is needed. */
export interface StateSubsection<S> extends StateDescription<S> {
  isNeeded(state: S): boolean;
}

/** When a field is there, beyond always. */
interface FieldPresence<S> {
  /** The version of the state that brought the field; older streams go without it. Default: it was always there. */
  readonly since?: number;
  /** Asked of the state as it was before the section; what the same section loads is not in it yet. */
  exists?(state: S): boolean;
  /** The name of an earlier number of the same state: where that one is 0, in the state or in the stream, this is not there. */
  readonly follows?: string;
}

export type StateField<S> = FieldPresence<S> & StateFieldKind<S>;

type StateFieldKind<S> =
  | {
      readonly kind: "scalar";
      readonly name: string;
      readonly type: ScalarType;
      /** What the description at the stream's end calls it, where that is not `type`: `int32 equal`. */
      readonly described?: string;
      /** What is wrong with a loaded value, in the peer's words; undefined when nothing is. */
      check?(state: S, value: ScalarValue): string | undefined;
      get(state: S): ScalarValue;
      set(state: S, value: ScalarValue): void;
    }
  | {
      readonly kind: "array";
      readonly name: string;
      readonly type: ScalarType;
      readonly length: number;
      get(state: S, index: number): ScalarValue;
      set(state: S, index: number, value: ScalarValue): void;
    }
  | {
      readonly kind: "buffer";
      readonly name: string;
      readonly size: number;
      /** What the description at the stream's end calls it; default `buffer`. */
      readonly described?: string;
      check?(state: S, value: Uint8Array): string | undefined;
      /** The bytes themselves: read when saved, filled when loaded. */
      bytes(state: S): Uint8Array;
    }
  | {
      readonly kind: "unused";
      readonly size: number;
      /** Default `unused`. */
      readonly name?: string;
    }
  | {
      readonly kind: "struct";
      readonly name: string;
      /** The peer makes it from other fields while it saves: the description at the stream's end shows it in another way. */
      readonly isTemporary?: boolean;
      /** The peer writes it by hand: the description at the stream's end gives but its length, and calls it this. */
      readonly opaque?: string;
      readonly description: StateDescription<unknown>;
      of(state: S): unknown;
    }
  | {
      readonly kind: "structs";
      readonly name: string;
      readonly description: StateDescription<unknown>;
      readonly length: number;
      of(state: S, index: number): unknown;
    };

/** A field that is a state of its own; ties the part's type to its description. */
export function structField<S, T>(name: string, description: StateDescription<T>, of: (state: S) => T): StateField<S> {
  return { kind: "struct", name, description, of };
}

/** A row of states of one kind. */
export function structsField<S, T>(
  name: string,
  description: StateDescription<T>,
  length: number,
  of: (state: S, index: number) => T,
): StateField<S> {
  return { kind: "structs", name, description, length, of };
}
