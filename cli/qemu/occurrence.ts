import type { BackplaneError, Origin } from "backplane";

/** One option as it stands on the command line. */
export interface Occurrence {
  /** Without dashes. */
  readonly name: string;
  /** The option's word and its argument, as written. */
  readonly text: string;
  readonly argument: string;
  /** Where it stands in a file of `-readconfig`. */
  readonly place?: { readonly file: string; readonly line: number };
}

export function originOf({ text, place }: Occurrence): Origin {
  if (place === undefined) return { kind: "command-line", text };
  return { kind: "file", ...place, column: 0, path: "", sourceLine: "" };
}

/** Leaves the process: help was printed, or an error whose text is not of the usual form. */
export class Exit extends Error {
  override readonly name = "Exit";
  readonly status: number;

  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** Runs something; what it throws points at the option unless it knows better. */
export function at<T>(occurrence: Occurrence, act: () => T): T {
  try {
    return act();
  } catch (failure) {
    if (isBackplaneError(failure)) throw failure.from(originOf(occurrence));
    throw failure;
  }
}

function isBackplaneError(failure: unknown): failure is BackplaneError {
  return failure instanceof Error && failure.name === "BackplaneError";
}
