import { defineErrors } from "../errors.ts";

export const configErrors = defineErrors({
  SIZE_INVALID: {
    text: (text: string) => `'${text}' is not a size; write a number with an optional suffix K, M, G or T`,
    help: "A size in a definition is not a number with an optional binary suffix.",
  },
  CONFIG_SYNTAX: {
    text: (message: string) => message,
    help: "A definition file is not well-formed YAML, JSON or TOML.",
  },
  CONFIG_NOT_FOUND: {
    text: (where: string) => `no definition found in ${where} or above; write backplane.yaml, or name a file`,
    help: "No file was named and the search for `backplane.yaml` (or .json, .toml, `.config/…`, a `backplane` key in package.json) found none.",
  },
  CONFIG_UNREADABLE: {
    text: (file: string, reason: string) => `cannot read ${file}: ${reason}`,
    help: "The named definition file does not exist or cannot be read.",
  },
  CONFIG_KIND: {
    text: (file: string) =>
      `${file}: a definition is a .yaml, .yml, .json or .toml file (or .js, .mjs, .cjs, when named)`,
    help: "The named definition file has an ending that nothing reads.",
  },
  CONFIG_KEY_UNKNOWN: {
    text: (key: string, instead: string | undefined) =>
      `unknown key '${key}'${instead === undefined ? "" : `; did you mean '${instead}'?`}`,
    help: "A definition has a key that means nothing. Keys are those of the definition and the ids of plugins.",
  },
  CONFIG_KEY_MISSING: {
    text: (key: string) => `the key '${key}' is missing`,
    help: "A part of a definition lacks a key that it needs.",
  },
  CONFIG_ID_DUPLICATE: {
    text: (id: string) => `the id '${id}' stands here for the second time; give each its own`,
    help: "Two objects, or two devices, of one definition file have the same id. A file that `extends` another may repeat an id to change what stands there.",
  },
  CONFIG_STEP: {
    text: (keys: string) => `a step has one of the keys ${keys}`,
    help: "A step of a scenario has none of the keys that say what it does.",
  },
  CONFIG_VALUE: {
    text: (expected: string, received: string) => `expected ${expected}, found ${received}`,
    help: "A value in a definition has the wrong type or shape.",
  },
  CONFIG_EXTENDS_CYCLE: {
    text: (files: readonly string[]) => `definitions extend each other in a circle: ${files.join(" → ")}`,
    help: "The `extends` of some files lead back to where they start.",
  },
});
