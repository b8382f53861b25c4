// Modelled hosts: what plugins talk to where this host has no such hardware. Faults, errnos, accounts.
export * from "./errno-numbers.ts";
export * from "./errors.ts";
export * from "./host-call-error.ts";
export * from "./host-calls.ts";
export { hostFaultsOption } from "./host-faults-options.ts";
export { HOST_RESOURCES, HostResourceLedger, type HostResource, type HostResources } from "./host-resources.ts";
