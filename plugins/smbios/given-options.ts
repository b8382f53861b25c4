import { asBackplaneError, type Origin } from "backplane";
import { TYPE_OF_KEY, type SmbiosOptions } from "./options.ts";
import { UserFields } from "./user-fields.ts";

interface Given {
  readonly path: readonly PropertyKey[];
  readonly origin: Origin | undefined;
  readonly pairs: readonly { readonly key: string; readonly value: string | number | boolean }[];
}

type FieldKey = keyof typeof TYPE_OF_KEY;

function pairsOf(type: number, values: { readonly [name: string]: string | number | boolean }): Given["pairs"] {
  return [{ key: "type", value: type }, ...Object.entries(values).map(([key, value]) => ({ key, value }))];
}

/** Files come first: they decide which types cannot be given by fields any more. */
function inOrder(options: SmbiosOptions, origin: Origin | undefined): Given[] {
  const fieldsOf = (key: FieldKey): Given[] => {
    const values = options[key];
    return values === undefined ? [] : [{ path: [key], origin, pairs: pairsOf(TYPE_OF_KEY[key], values) }];
  };
  const list = (key: string, pairs: readonly Given["pairs"][]): Given[] =>
    pairs.map((pairs, at) => ({ path: [key, at], origin, pairs }));
  return [
    ...list(
      "files",
      options.files.map((file) => [{ key: "file", value: file }]),
    ),
    ...(Object.keys(TYPE_OF_KEY) as FieldKey[]).flatMap(fieldsOf),
    ...list(
      "connectors",
      options.connectors.map((values) => pairsOf(8, values)),
    ),
    ...list(
      "oem-strings",
      options["oem-strings"].map((value) => pairsOf(11, { value })),
    ),
    ...options.commandLine.map(({ text, pairs }): Given => ({
      path: [],
      origin: { kind: "command-line", text },
      pairs,
    })),
  ];
}

/** What the user gave, in order; an error says which of it was wrong. */
export function readOptions(options: SmbiosOptions, origin: Origin | undefined): UserFields {
  const fields = new UserFields();
  for (const { path, origin: from, pairs } of inOrder(options, origin)) {
    try {
      fields.add(pairs);
    } catch (failure) {
      throw asBackplaneError(failure).at(path).from(from);
    }
  }
  return fields;
}
