import { token } from "backplane";
import type { RandomSources } from "backplane/plugins/rng/contract";

/** Within this plugin: the user's sources of random bytes, on a machine that knows some. */
export interface OptionalRandomSources {
  readonly sources: RandomSources | undefined;
}

export const OPTIONAL_RANDOM_SOURCES = token<OptionalRandomSources>("OPTIONAL_RANDOM_SOURCES");
