// The package root: everything that a plugin, a machine type or an embedding program may use.
export * from "./di/index.ts";
export * from "./disposable.ts";
export { errnoOf, hostErrorText } from "./errno.ts";
export * from "./errors.ts";
export { hostMilliseconds, hostTimestamp } from "./host-time.ts";
export { hashOrder } from "./hash-order.ts";
export * from "./host/index.ts";
export * from "./log.ts";
export * from "./registry.ts";
export { PEER_VERSION } from "./version.ts";
export * from "./memory/index.ts";
export * from "./machine/index.ts";
export * from "./state/index.ts";
export * from "./qom/index.ts";
export * from "./plugin/index.ts";
export * from "./monitor/index.ts";
export * from "./config/index.ts";
