import type { StateDescription, StateField } from "./contract.ts";
import { migrationErrors } from "./errors.ts";
import type { ByteReader } from "./byte-reader.ts";
import { readScalar } from "./scalar.ts";
import { nextSubsection, takeSubsectionHead } from "./subsection-head.ts";

/** Reads what `saveState` wrote into a state. Throws when the stream holds something else, naming the offset. */
export function loadState<S>(input: ByteReader, description: StateDescription<S>, state: S): void {
  for (const field of description.fields) loadField(input, field, state);
  for (let name = nextSubsection(input); name !== undefined; name = nextSubsection(input)) {
    // The names of a state's subsections begin with its own; another's belongs to the state around this one.
    if (!name.startsWith(description.name)) break;
    loadSubsection(input, description, name, state);
  }
  description.afterLoad?.(state);
}

function loadSubsection<S>(input: ByteReader, description: StateDescription<S>, name: string, state: S): void {
  const at = input.offset;
  const subsection = description.subsections?.find((known) => known.name === name);
  if (subsection === undefined)
    throw migrationErrors.STREAM_MALFORMED(at, `${description.name} has no subsection '${name}'`);
  const version = takeSubsectionHead(input);
  if (version > subsection.version) {
    throw migrationErrors.STREAM_MALFORMED(
      at,
      `subsection '${name}' has version ${version}, known is ${subsection.version}`,
    );
  }
  loadState(input, subsection, state);
}

function loadField<S>(input: ByteReader, field: StateField<S>, state: S): void {
  switch (field.kind) {
    case "scalar":
      return field.set(state, readScalar(input, field.type));
    case "array":
      for (let index = 0; index < field.length; index++) field.set(state, index, readScalar(input, field.type));
      return undefined;
    case "buffer":
      field.bytes(state).set(input.bytes(field.size));
      return undefined;
    case "unused":
      input.bytes(field.size);
      return undefined;
    case "struct":
      return loadState(input, field.description, field.of(state));
  }
}
