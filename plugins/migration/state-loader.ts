import type { StateDescription, StateField } from "./contract.ts";
import type { ByteReader } from "./byte-reader.ts";
import { StateFault } from "./state-fault.ts";
import { readScalar } from "./scalar.ts";
import { nextSubsection, takeSubsectionHead } from "./subsection-head.ts";

/** Puts what was read into the state. Throws a `StateFault` when a value is not acceptable. */
export type Assignment = () => void;

/** Reads what `saveState` wrote into a state. Throws when the stream holds something else, naming the offset. */
export function loadState<S>(
  input: ByteReader,
  description: StateDescription<S>,
  state: S,
  version = description.version,
): void {
  for (const assign of readState(input, description, state, version)) assign();
}

/** Reads a whole state and changes nothing: that is left to the assignments, in order. */
export function readState<S>(
  input: ByteReader,
  description: StateDescription<S>,
  state: S,
  version = description.version,
): Assignment[] {
  const assignments: Assignment[] = [];
  read(input, description, state, version, assignments);
  return assignments;
}

function read<S>(
  input: ByteReader,
  description: StateDescription<S>,
  state: S,
  version: number,
  into: Assignment[],
): void {
  const { name, minimumVersion = description.version } = description;
  if (version > description.version) {
    throw new StateFault(
      `${name}: incoming version_id ${version} is too new for local version_id ${description.version}`,
    );
  }
  if (version < minimumVersion) {
    throw new StateFault(
      `${name}: incoming version_id ${version} is too old for local minimum version_id  ${minimumVersion}`,
    );
  }
  if (description.beforeLoad !== undefined) into.push(() => description.beforeLoad?.(state));
  const zeros = new Set<string>();
  for (const field of description.fields) {
    if ((field.since ?? 0) > version || field.exists?.(state) === false) continue;
    if (field.follows !== undefined && zeros.has(field.follows)) continue;
    try {
      readField(input, field, state, into, zeros);
    } catch (failure) {
      throw StateFault.of(failure).within(`Failed to load ${name}:${fieldName(field)}`);
    }
  }
  readSubsections(input, description, state, into);
  if (description.afterLoad !== undefined) into.push(() => description.afterLoad?.(state));
}

function fieldName<S>(field: StateField<S>): string {
  return field.kind === "unused" ? (field.name ?? "unused") : field.name;
}

function readSubsections<S>(input: ByteReader, description: StateDescription<S>, state: S, into: Assignment[]): void {
  for (let name = nextSubsection(input); name !== undefined; name = nextSubsection(input)) {
    // The names of a state's subsections begin with its own; another's belongs to the state around this one.
    if (!name.startsWith(description.name) || name.length === description.name.length) return;
    const subsection = description.subsections?.find((known) => known.name === name);
    if (subsection === undefined) throw StateFault.unknownSubsection(name, description.name, input.offset);
    read(input, subsection, state, takeSubsectionHead(input), into);
  }
}

/** `zeros` gets the names of the numbers that are 0. */
function readField<S>(input: ByteReader, field: StateField<S>, state: S, into: Assignment[], zeros: Set<string>): void {
  switch (field.kind) {
    case "scalar": {
      const value = readScalar(input, field.type);
      if (Number(value) === 0) zeros.add(field.name);
      check(field.check?.(state, value));
      into.push(() => field.set(state, value));
      return;
    }
    case "array": {
      // Read at once, so that what is not there makes no room for itself.
      const values = Array.from({ length: field.length }, () => readScalar(input, field.type));
      into.push(() => values.forEach((value, index) => field.set(state, index, value)));
      return;
    }
    case "buffer": {
      const bytes = input.bytes(field.size).slice();
      check(field.check?.(state, bytes));
      into.push(() => field.bytes(state).set(bytes));
      return;
    }
    case "unused":
      input.bytes(field.size);
      return;
    case "struct":
      return read(input, field.description, field.of(state), field.description.version, into);
    case "structs":
      for (let index = 0; index < field.length; index++) {
        read(input, field.description, field.of(state, index), field.description.version, into);
      }
  }
}

function check(fault: string | undefined): void {
  if (fault !== undefined) throw new StateFault(fault);
}
