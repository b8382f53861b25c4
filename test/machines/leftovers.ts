import { createHook } from "node:async_hooks";
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

/** What a process holds that outlives a careless machine. */
export interface Held {
  /** What the open file descriptors lead to. */
  readonly descriptors: readonly string[];
  /** Process ids. */
  readonly children: readonly string[];
  /** Node's own count: sockets, pipes, processes. */
  readonly resources: readonly string[];
  /** By the line that made them. */
  readonly timers: readonly string[];
  /** Everything within the folder. */
  readonly files: readonly string[];
}

const PATIENCE_MS = 2000;

/** What there is more of in one list than in another. */
function beyond(list: readonly string[], than: readonly string[]): string[] {
  const rest = [...than];
  return list.filter((item) => {
    const at = rest.indexOf(item);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

/** A folder for what a test makes, and for what the machine takes for temporary. */
export class Watched {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "backplane-test-"));
  readonly #temporary = process.env["TMPDIR"];
  readonly #timers = new Map<number, string>();
  readonly #hook = createHook({
    init: (id, type) => {
      const maker = type === "Timeout" ? makerOfTimer() : undefined;
      if (maker !== undefined) this.#timers.set(id, maker);
    },
    destroy: (id) => void this.#timers.delete(id),
  }).enable();

  constructor() {
    process.env["TMPDIR"] = this.folder;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  held(): Held {
    return {
      descriptors: descriptors(),
      children: children(),
      // Requests come and go with the test's own work, timers with its runner's.
      resources: process
        .getActiveResourcesInfo()
        .filter((name) => !name.endsWith("Req") && name !== "Immediate" && name !== "Timeout")
        .sort(),
      timers: [...this.#timers.values()].sort(),
      files: readdirSync(this.folder, { recursive: true, encoding: "utf8" }).sort(),
    };
  }

  /**
   * What is held now and was not before, once the event loop has closed what was let go of.
   */
  async surplus(before: Held): Promise<readonly string[]> {
    const started = performance.now();
    for (;;) {
      const now = this.held();
      const found = Object.keys(now).flatMap((kind) => beyond(now[kind as keyof Held], before[kind as keyof Held]));
      if (found.length === 0 || performance.now() - started > PATIENCE_MS) return found;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  remove(): void {
    this.#hook.disable();
    if (this.#temporary === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = this.#temporary;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The line of ours that makes a timer just now; none when the test's runner makes one. */
function makerOfTimer(): string | undefined {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 50;
  const lines = new Error("a timer").stack?.split("\n") ?? [];
  Error.stackTraceLimit = limit;
  const ours = lines.find((line) => /\/(?:core|plugins|cli)\//.test(line) && !/node_modules|\/test\//.test(line));
  return ours === undefined ? undefined : `timer made ${ours.trim()}`;
}

function descriptors(): string[] {
  const targets = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // The one that lists the folder is closed by now.
      return undefined;
    }
  });
  return targets.filter((target) => target !== undefined).sort();
}

function children(): string[] {
  return readdirSync("/proc/self/task").flatMap((task) => {
    const file = `/proc/self/task/${task}/children`;
    return existsSync(file)
      ? readFileSync(file, "utf8")
          .split(" ")
          .filter((id) => id !== "")
      : [];
  });
}
