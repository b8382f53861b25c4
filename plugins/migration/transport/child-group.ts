import type { ChildProcess } from "node:child_process";

/** Between being asked to end and being made to, in milliseconds. */
const TERM_GRACE = 500;

/** Groups that must not outlive this process, should it end without disposing its machines. */
const living = new Set<number>();

function killLiving(): void {
  for (const group of living) signal(group, "SIGKILL");
}

/** A child that leads a process group, with whatever it starts. */
export class ChildGroup {
  readonly #child: ChildProcess;
  /** Resolves when the leader has left. */
  readonly exited: Promise<void>;
  /** Resolves when nobody of the group is left, where that is known: after the leader, or by `end`. */
  readonly gone: Promise<void>;
  #nobodyLeft: () => void = () => undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.gone = new Promise((resolve) => {
      this.#nobodyLeft = resolve;
    });
    this.exited = new Promise((resolve) => {
      child.once("exit", () => {
        this.#leaderLeft();
        resolve();
      });
    });
    if (child.pid === undefined) return;
    if (living.size === 0) process.on("exit", killLiving);
    living.add(child.pid);
    // A child that outlives its migration does not keep the host's event loop alive.
    child.unref();
  }

  /** Resolves when the leader has left or the time has passed. */
  async exitWithin(milliseconds: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, milliseconds);
    });
    await Promise.race([this.exited, late]);
    clearTimeout(timer);
  }

  /** Ends the leader and everyone in its group. */
  async end(): Promise<void> {
    const group = this.#child.pid;
    if (group === undefined || !living.has(group)) return;
    this.#child.ref();
    signal(group, "SIGTERM");
    await this.exitWithin(TERM_GRACE);
    signal(group, "SIGKILL");
    await this.exited;
    this.#forget(group);
  }

  /** The group's number stays taken for as long as somebody is in it, so only then may it be signalled later. */
  #leaderLeft(): void {
    const group = this.#child.pid;
    if (group !== undefined && !signal(group, 0)) this.#forget(group);
  }

  #forget(group: number): void {
    living.delete(group);
    if (living.size === 0) process.off("exit", killLiving);
    this.#nobodyLeft();
  }
}

/** False when nobody of the group is left. */
function signal(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}
