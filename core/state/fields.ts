import { structField, structsField, type ScalarType, type StateDescription, type StateField } from "./description.ts";

/** The keys of `S` whose values are of a kind. */
type KeysOf<S, V> = { [K in keyof S]: S[K] extends V ? K : never }[keyof S];

type Numbers = number[] | Uint8Array | Uint16Array | Uint32Array | Int32Array;

/** Declares the fields of a state that is plain data: each is a property of the object. */
export interface FieldsOf<S> {
  u8(name: string, key: KeysOf<S, number>): StateField<S>;
  u16(name: string, key: KeysOf<S, number>): StateField<S>;
  u32(name: string, key: KeysOf<S, number>): StateField<S>;
  i32(name: string, key: KeysOf<S, number>): StateField<S>;
  /** Exact: a bigint. */
  u64(name: string, key: KeysOf<S, bigint>): StateField<S>;
  i64(name: string, key: KeysOf<S, bigint>): StateField<S>;
  /** When a timer is due; all ones where it is not armed. */
  timer(name: string, key: KeysOf<S, bigint>): StateField<S>;
  bool(name: string, key: KeysOf<S, boolean>): StateField<S>;
  array(name: string, type: ScalarType, key: KeysOf<S, Numbers>, length: number): StateField<S>;
  array64(
    name: string,
    type: "uint64" | "int64",
    key: KeysOf<S, BigUint64Array | bigint[]>,
    length: number,
  ): StateField<S>;
  bytes(name: string, key: KeysOf<S, Uint8Array>, size: number): StateField<S>;
  struct<K extends keyof S>(name: string, key: K, description: StateDescription<S[K]>): StateField<S>;
  structs<T>(
    name: string,
    key: KeysOf<S, readonly T[]>,
    description: StateDescription<T>,
    length: number,
  ): StateField<S>;
  unused(size: number, name?: string): StateField<S>;
}

type Data = { [key: PropertyKey]: unknown };

function scalar(type: ScalarType) {
  return (name: string, key: PropertyKey): StateField<Data> => ({
    kind: "scalar",
    name,
    type,
    get: (state) => state[key] as number,
    set: (state, value) => {
      state[key] = value;
    },
  });
}

function array(name: string, type: ScalarType, key: PropertyKey, length: number): StateField<Data> {
  return {
    kind: "array",
    name,
    type,
    length,
    get: (state, index) => (state[key] as number[])[index] ?? 0,
    set: (state, index, value) => {
      (state[key] as (typeof value)[])[index] = value;
    },
  };
}

const FIELDS: FieldsOf<Data> = {
  u8: scalar("uint8"),
  u16: scalar("uint16"),
  u32: scalar("uint32"),
  i32: scalar("int32"),
  u64: scalar("uint64"),
  i64: scalar("int64"),
  timer: scalar("timer"),
  bool: scalar("bool"),
  array,
  array64: array,
  bytes: (name, key, size) => ({ kind: "buffer", name, size, bytes: (state) => state[key] as Uint8Array }),
  struct: (name, key, description) => structField(name, description, (state) => state[key]),
  structs: <T>(name: string, key: PropertyKey, description: StateDescription<T>, length: number) =>
    structsField<Data, T>(name, description, length, (state, index) => (state[key] as T[])[index] as T),
  unused: (size, name) => ({ kind: "unused", size, ...(name === undefined ? {} : { name }) }),
};

/** The makers of fields for a kind of state. */
export function fieldsOf<S>(): FieldsOf<S> {
  return FIELDS as unknown as FieldsOf<S>;
}
