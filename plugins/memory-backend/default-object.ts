import type { QomProperty } from "backplane";

/** What the object of a machine's own memory shows: nobody set anything but its size. */
export function defaultBackendProperties(size: number): readonly QomProperty[] {
  return [
    { name: "share", type: "bool", get: () => false },
    { name: "size", type: "int", get: () => size },
    { name: "dump", type: "bool", get: () => true },
    { name: "prealloc-threads", type: "int", get: () => 1 },
    { name: "x-use-canonical-path-for-ramblock-id", type: "bool", get: () => false },
    { name: "policy", type: "HostMemPolicy", get: () => "default" },
    { name: "prealloc-context", type: "link<thread-context>", get: () => "" },
    { name: "prealloc", type: "bool", get: () => false },
    { name: "reserve", type: "bool", get: () => true },
    { name: "host-nodes", type: "int", get: () => [] },
    { name: "merge", type: "bool", get: () => true },
  ];
}
