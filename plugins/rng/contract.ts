/** Sources of random bytes that the host's user provides with `-object rng-builtin` and `-object rng-random`. */
import { token, type Disposable } from "backplane";

export interface RandomSource {
  readonly id: string;
  /** `rng-builtin`, `rng-random`. */
  readonly type: string;
  /**
   * Asks for up to `length` bytes. They come later, in the order of the requests; fewer come where the source has no more
   * for now, never none. Disposing the request gives it up.
   */
  request(length: number, receive: (bytes: Uint8Array) => void): Disposable;
  /** Keeps the object from being deleted while somebody uses it. */
  claim(): Disposable;
}

export interface RandomSources {
  find(id: string): RandomSource | undefined;
}

export const RANDOM_SOURCES = token<RandomSources>("RANDOM_SOURCES");
