import type { QomType } from "backplane";
import { COMMON_PROPERTIES } from "./properties.ts";

type Common = keyof typeof COMMON_PROPERTIES;

/** In the order in which the peer's type gets them, which decides where equal hashes stand. */
const ORDER: readonly Common[] = [
  "merge",
  "dump",
  "prealloc",
  "prealloc-threads",
  "prealloc-context",
  "size",
  "host-nodes",
  "policy",
  "share",
  "reserve",
  "x-use-canonical-path-for-ramblock-id",
];

const TYPE_NAMES: { readonly [type: string]: string } = { size: "int", uint32: "int" };

/** What all backends descend from. */
export const MEMORY_BACKEND_TYPE: QomType = {
  name: "memory-backend",
  parent: "object",
  abstract: true,
  interfaces: ["user-creatable"],
  properties: () =>
    ORDER.map((name) => {
      const { type, description } = COMMON_PROPERTIES[name];
      return { name, type: TYPE_NAMES[type] ?? type, description };
    }),
};
