import { colours } from "../colours.ts";
import { GUEST, RUN_STATES } from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { TIMELINE, type TimelineEntry } from "backplane/plugins/timeline/contract";
import type { Interruption } from "../run/interruption.ts";
import { isClaim, untoldLine, verdict } from "../run/report.ts";
import type { Built } from "../run/run.ts";
import { judgeHalt } from "../run/guest-halted.ts";
import { runScenario, type StepOutcome } from "../run/scenario.ts";
import { describeUntold } from "../untold.ts";
import { entryHead, isWatched, renderEntry } from "./entry-line.ts";
import { shorten } from "./wrap.ts";

/** Where lines go: a terminal, whose last line tells how things stand, or anything else. */
class Screen {
  readonly #stream: NodeJS.WriteStream;
  readonly #status: () => string;

  constructor(stream: NodeJS.WriteStream, status: () => string) {
    this.#stream = stream;
    this.#status = status;
  }

  get width(): number | undefined {
    return this.#stream.isTTY ? this.#stream.columns : undefined;
  }

  print(line: string): void {
    this.#stream.write(this.#stream.isTTY ? `\r\u001B[K${line}\n` : `${line}\n`);
    this.refresh();
  }

  refresh(): void {
    if (!this.#stream.isTTY) return;
    this.#stream.write(`\r\u001B[K${colours.dim(shorten(this.#status(), this.#stream.columns - 1))}`);
  }

  /** Takes the last line away. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write("\r\u001B[K");
  }
}

/**
 * Runs the machine and prints what is told, while it is told: what happened while it was built, then its scenario's steps
 * or, without any, the guest until it has nothing left to do. Returns the exit status: 1 when a step was not as expected.
 */
export async function watch(built: Built, interruption: Interruption, asJson: boolean): Promise<number> {
  const { machine, read, untold, manifests, lastError } = built;
  let count = 0;
  let step = "";
  const screen = new Screen(process.stdout, () => {
    const migration = machine.has(MIGRATION) ? `  migration ${machine.service(MIGRATION).status}` : "";
    return `  ${machine.service(RUN_STATES).current}  ${count} entries${migration}${step === "" ? "" : `  ${step}`}`;
  });
  const show = (entry: TimelineEntry): void => {
    if (!isWatched(entry)) return;
    count++;
    if (asJson) process.stdout.write(`${JSON.stringify(entry)}\n`);
    else screen.print(renderEntry(entry, screen.width));
  };
  if (!asJson) {
    for (const errand of describeUntold(untold, manifests)) screen.print(untoldLine(errand));
    screen.print(entryHead(screen.width));
  }
  const timeline = machine.service(TIMELINE);
  for (const entry of timeline.entries()) show(entry);
  const listening = timeline.listen(show);
  try {
    const steps =
      read.scenario.length === 0
        ? runGuest(built)
        : runScenario(machine, read.scenario, {
            progress: ({ title }) => {
              step = title;
              if (!asJson) screen.refresh();
            },
            lastError,
          }).then(({ outcomes }) => outcomes);
    const outcomes = await interruption.unlessCaught(steps);
    if (outcomes === undefined) return 1;
    const claims = outcomes.filter(isClaim);
    if (asJson)
      for (const { title, ok, observed } of claims)
        process.stdout.write(`${JSON.stringify({ kind: "step", title, ok, ...(ok ? {} : { observed }) })}\n`);
    else if (claims.length > 0) process.stdout.write(`\n${claims.map(verdict).join("\n")}\n`);
    return claims.every(({ ok }) => ok) ? 0 : 1;
  } finally {
    void listening.dispose();
    if (!asJson) screen.end();
  }
}

/** A guest that ends well is nothing to speak of; one that does not is a step that was not as expected. */
async function runGuest({ machine, lastError }: Built): Promise<readonly StepOutcome[]> {
  machine.cont();
  await Promise.race([machine.idle(), machine.finished]);
  if (!machine.has(GUEST)) return [];
  const halt = judgeHalt(machine, lastError);
  return halt.ok ? [] : [{ step: { wait: "guest-halted" }, title: "the guest has halted", ...halt }];
}
