import { token } from "backplane";
import type { RandomSources } from "backplane/plugins/rng/contract";

/** Within this plugin: the user's sources of random bytes, on a machine that knows some. */
export interface OptionalRandomSources {
  readonly sources: RandomSources | undefined;
}

export const OPTIONAL_RANDOM_SOURCES = token<OptionalRandomSources>("OPTIONAL_RANDOM_SOURCES");

/** Within this plugin: how many processors the machine starts with; 1 where it has none. */
export interface ProcessorCount {
  readonly count: number;
}

export const PROCESSOR_COUNT = token<ProcessorCount>("PROCESSOR_COUNT");
