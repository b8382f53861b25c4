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
  readonly fields: readonly StateField<S>[];
  readonly subsections?: readonly StateSubsection<S>[];
  /** Before the fields are read: brings what is computed up to date. */
  beforeSave?(state: S): void;
  /** After the fields were set: derives what is not carried. */
  afterLoad?(state: S): void;
}

/** Part of a state that is only sent when it is needed. */
export interface StateSubsection<S> extends StateDescription<S> {
  isNeeded(state: S): boolean;
}

export type StateField<S> =
  | {
      readonly kind: "scalar";
      readonly name: string;
      readonly type: ScalarType;
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
      /** The bytes themselves: read when saved, filled when loaded. */
      bytes(state: S): Uint8Array;
    }
  | { readonly kind: "unused"; readonly size: number }
  | {
      readonly kind: "struct";
      readonly name: string;
      readonly description: StateDescription<unknown>;
      of(state: S): unknown;
    };

/** A field that is a state of its own; ties the part's type to its description. */
export function structField<S, T>(name: string, description: StateDescription<T>, of: (state: S) => T): StateField<S> {
  return { kind: "struct", name, description, of };
}
