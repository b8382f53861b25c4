/** Where something in a machine definition was written down, so that an error can point at it. */
export type Origin =
  | { readonly kind: "command-line"; readonly text: string }
  | {
      readonly kind: "file";
      readonly file: string;
      /** 1-based; 0 where code gave the value, which then was written nowhere. */
      readonly line: number;
      /** 1-based. */
      readonly column: number;
      /** Dotted path of the key, e.g. `devices[0].slot`. */
      readonly path: string;
      readonly sourceLine: string;
      /** The origin of something further in, by its path from here; of the nearest part that was written down. */
      readonly locate?: (path: readonly PropertyKey[]) => Origin;
    };

/** The origin of a part of what an origin stands for: the item of a list, the value of a key. */
export function originBelow(origin: Origin | undefined, path: readonly PropertyKey[]): Origin | undefined {
  return origin?.kind === "file" ? (origin.locate?.(path) ?? origin) : origin;
}

/** The peer's classes of monitor errors; all but the first say more than the text does. */
export type ErrorClass = "GenericError" | "CommandNotFound" | "DeviceNotActive" | "DeviceNotFound" | "KVMMissingCap";

/** An error of the host's user (or of a plugin's author), never of the guest: it has a code that `docs/errors.md` explains. */
export class BackplaneError extends Error {
  override readonly name = "BackplaneError";
  readonly code: string;
  /** The plugin in whose code the error arose; the plugin context fills it in. */
  plugin: string | undefined;
  /** Where the definition asked for what failed; the machine builder fills it in. */
  origin: Origin | undefined;
  /** Where below `origin` the fault is, e.g. `["label-size"]`. */
  path: readonly PropertyKey[] = [];
  /** Lines of advice that the peer prints below the message. */
  readonly hints: readonly string[];
  /** What to write instead. For whoever wrote a definition file: on a command line the peer has the word. */
  advice: string | undefined;
  /** What a monitor answers as the error's class. */
  readonly errorClass: ErrorClass;

  constructor(code: string, message: string, options: BackplaneErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.hints = options.hints ?? [];
    this.advice = options.advice;
    if (options.at !== undefined) this.path = [options.at];
    this.errorClass = options.errorClass ?? "GenericError";
  }

  /** Notes the origin unless a more precise one is known. Returns the error, to be thrown on. */
  from(origin: Origin | undefined): this {
    this.origin ??= origin;
    return this;
  }

  /** Says where below its origin the fault is, unless that is known. */
  at(path: readonly PropertyKey[]): this {
    if (this.path.length === 0) this.path = path;
    return this;
  }

  /** Says what to write instead, unless that is known. */
  advise(advice: string | undefined): this {
    this.advice ??= advice;
    return this;
  }

  inPlugin(id: string): this {
    this.plugin ??= id;
    return this;
  }
}

export interface BackplaneErrorOptions extends ErrorOptions {
  readonly hints?: readonly string[];
  readonly advice?: string | undefined;
  readonly at?: string | undefined;
  readonly errorClass?: ErrorClass;
}

/** Several failures of one act (a teardown, a notification round): all of them are kept, in order. */
export class BackplaneAggregateError extends BackplaneError {
  readonly errors: readonly unknown[];

  constructor(code: string, message: string, errors: readonly unknown[]) {
    super(code, `${message}: ${errors.map(messageOf).join("; ")}`, { cause: errors[0] });
    this.errors = errors;
  }
}

type ErrorEntry = {
  // The parameters differ from entry to entry; `never[]` lets each state its own.
  readonly text: (...values: never[]) => string;
  /** When it happens and what to do: the sentence that stands in docs/errors.md. */
  readonly help: string;
  /** Lines of advice that the peer prints below the message. */
  readonly hints?: readonly string[];
  /** What to write instead, where a definition file is at fault; needed where the peer's text does not say. */
  readonly advice?: string;
  /** The key of a device, object or part of a definition that is at fault, where it is always the same one. */
  readonly at?: string;
  readonly errorClass?: ErrorClass;
};

export type ErrorCatalogue<E extends Record<string, ErrorEntry>> = {
  readonly [K in keyof E]: (...values: Parameters<E[K]["text"]>) => BackplaneError;
} & { readonly entries: E };

/**
 * Declares errors: `const errors = defineErrors({ RAM_BLOCK_DUPLICATE: { text: (idstr: string) => …, help: "…" } })`
 * makes `errors.RAM_BLOCK_DUPLICATE("pc.ram")` a BackplaneError with that code. Where the peer has the same error,
 * `text` is the peer's text. Every folder keeps its catalogue in a file named `errors.ts`.
 */
export function defineErrors<const E extends Record<string, ErrorEntry>>(entries: E): ErrorCatalogue<E> {
  const catalogue: Record<string | symbol, unknown> = { entries };
  // There are hundreds of errors, and most runs need none: each is made when somebody asks for it.
  return new Proxy(catalogue, {
    get(made, code) {
      const entry = typeof code === "string" && Object.hasOwn(entries, code) ? entries[code] : undefined;
      if (entry === undefined || typeof code === "symbol") return made[code];
      return (made[code] ??= (...values: never[]) => new BackplaneError(code, entry.text(...values), entry));
    },
  }) as ErrorCatalogue<E>;
}

/** The text of anything that was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** What was thrown, as a BackplaneError; a foreign error keeps its text and becomes the cause. */
export function asBackplaneError(thrown: unknown, code = "INTERNAL"): BackplaneError {
  return thrown instanceof BackplaneError ? thrown : new BackplaneError(code, messageOf(thrown), { cause: thrown });
}
