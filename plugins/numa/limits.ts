/** Nodes have numbers below this one. */
export const MAX_NODES = 128;
/** ACPI 6.5 §5.2.17: a node's distance to itself, to which the others are relative. */
export const DISTANCE = { local: 10 } as const;
