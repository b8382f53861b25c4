import {
  checkArguments,
  COMMANDS,
  RAM_LIST,
  RUN_STATES,
  parseSize,
  type JsonObject,
  type JsonValue,
  type Machine,
  type RAMBlockNotification,
  type ScenarioStep,
} from "backplane";
import { MIGRATION } from "backplane/plugins/migration/contract";
import { TIMELINE } from "backplane/plugins/timeline/contract";
import { cliErrors } from "../errors.ts";
import { judgeHalt } from "./guest-halted.ts";
import { loadAsGuest, storeAsGuest } from "./guest-access.ts";
import { ramBlockRows, type RAMBlockRow } from "./ram-block-rows.ts";

/** A step as it went. */
export interface StepOutcome {
  readonly step: ScenarioStep;
  readonly title: string;
  readonly ok: boolean;
  /** What was observed instead, or the reply of a command. */
  readonly observed?: JsonValue;
}

export interface Snapshot {
  readonly name: string;
  readonly blocks: readonly RAMBlockRow[];
}

/** Real time after which a wait is given up: nothing here takes longer than a stuck transport's set-up. */
const WAIT_MS = 20_000;

const MONITOR = { id: "scenario", onClose: () => ({ dispose: () => undefined }) };

export interface ScenarioObservers {
  readonly progress?: ((outcome: StepOutcome) => void) | undefined;
  /** What the machine complained of last. */
  readonly lastError?: () => string | undefined;
}

/** Takes the steps in order. A step that fails does not end the run: what follows is observed all the same. */
export async function runScenario(
  machine: Machine,
  steps: readonly ScenarioStep[],
  { progress = () => undefined, lastError = () => undefined }: ScenarioObservers = {},
): Promise<{ readonly outcomes: readonly StepOutcome[]; readonly snapshots: readonly Snapshot[] }> {
  const outcomes: StepOutcome[] = [];
  const snapshots: Snapshot[] = [];
  for (const step of steps) {
    const outcome = await take(machine, step, snapshots, lastError);
    outcomes.push(outcome);
    progress(outcome);
  }
  return { outcomes, snapshots };
}

async function take(
  machine: Machine,
  step: ScenarioStep,
  snapshots: Snapshot[],
  lastError: () => string | undefined,
): Promise<StepOutcome> {
  if ("qmp" in step) return command(machine, step);
  if ("snapshot" in step) {
    snapshots.push({ name: step.snapshot, blocks: ramBlockRows(machine.service(RAM_LIST).blocks()) });
    return { step, title: `RAM blocks ${step.snapshot}`, ok: true };
  }
  if ("guest" in step) return { step, title: storeAsGuest(machine, step.guest.write), ok: true };
  if ("wait" in step)
    return step.wait === "guest-halted" ? guestHalted(machine, step, lastError) : wait(machine, step, step.wait);
  return expectation(machine, step);
}

async function command(machine: Machine, step: Extract<ScenarioStep, { qmp: string }>): Promise<StepOutcome> {
  const title = step.qmp;
  const found = machine.service(COMMANDS).find(step.qmp);
  if (found === undefined) throw cliErrors.SCENARIO_COMMAND(step.qmp);
  try {
    const given = checkArguments(found.arguments, (step.arguments ?? {}) as JsonObject);
    const reply = await found.run(given, MONITOR);
    return { step, title, ok: true, observed: reply ?? {} };
  } catch (failure) {
    return { step, title, ok: false, observed: failure instanceof Error ? failure.message : String(failure) };
  }
}

/** A guest that somebody else halted, the machine's failure among them, is not what was waited for. */
async function guestHalted(
  machine: Machine,
  step: ScenarioStep,
  lastError: () => string | undefined,
): Promise<StepOutcome> {
  const title = "the guest has halted";
  const isIdle = await within(machine.idle().then(() => true));
  if (!isIdle) return { step, title, ok: false, observed: "it goes on" };
  return { step, title, ...judgeHalt(machine, lastError) };
}

type Awaited = Exclude<Extract<ScenarioStep, { wait: unknown }>["wait"], "guest-halted">;

async function wait(machine: Machine, step: ScenarioStep, awaited: Awaited): Promise<StepOutcome> {
  if ("transferred" in awaited) return transferred(machine, step, bytes(awaited.transferred) ?? 0);
  const wanted = awaited.migration;
  const migration = machine.service(MIGRATION);
  const title = `migration is ${wanted}`;
  // A machine that waits for one has no other; what came with it is told to all before this is.
  const status = (): string =>
    migration.incoming === undefined || migration.status !== "none" ? migration.status : migration.incoming.status;
  if (status() === wanted) return { step, title, ok: true, observed: wanted };
  const reached = new Promise<boolean>((resolve) => {
    const look = (): void => {
      if (status() !== wanted) return;
      void outgoing.dispose();
      void incoming.dispose();
      setImmediate(() => resolve(true));
    };
    const outgoing = migration.onChange(look);
    const incoming = migration.onIncoming(look);
  });
  const ok = await within(reached);
  return { step, title, ok, observed: status() };
}

/** Bytes of RAM handed to the transport: with a destination that does not read, what the transport holds. */
async function transferred(machine: Machine, step: ScenarioStep, wanted: number): Promise<StepOutcome> {
  const title = `the migration has transferred ${wanted} bytes`;
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const reply = (await machine.service(COMMANDS).find("query-migrate")?.run({}, MONITOR)) as JsonObject | undefined;
    const ram = reply?.["ram"] as JsonObject | undefined;
    const sofar = Number(ram?.["transferred"] ?? 0);
    if (sofar >= wanted) return { step, title, ok: true, observed: sofar };
    if (Date.now() > deadline) return { step, title, ok: false, observed: sofar };
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

async function within(event: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), WAIT_MS);
  });
  try {
    return await Promise.race([event, expired]);
  } finally {
    clearTimeout(timer);
  }
}

async function expectation(machine: Machine, step: Extract<ScenarioStep, { expect: unknown }>): Promise<StepOutcome> {
  const { migration, ramblock, notified, reply: wanted, guest, "run-state": runState } = step.expect;
  if (migration !== undefined) {
    const reply = (await machine.service(COMMANDS).find("query-migrate")?.run({}, MONITOR)) as JsonObject | undefined;
    const observed = { status: reply?.["status"] ?? "none", "error-desc": reply?.["error-desc"] };
    const reason = migration["error-desc"];
    const ok = observed.status === migration.status && (reason === undefined || observed["error-desc"] === reason);
    return { step, title: `migration ${migration.status}${reason === undefined ? "" : `: ${reason}`}`, ok, observed };
  }
  if (ramblock !== undefined) {
    const block = machine.service(RAM_LIST).byIdstr(ramblock.name);
    const used = bytes(ramblock.used);
    return {
      step,
      title: `${ramblock.name} uses 0x${used?.toString(16)}`,
      ok: block !== undefined && block.usedLength === used,
      observed: block?.usedLength ?? null,
    };
  }
  if (notified !== undefined) return notification(machine, step, notified);
  if (wanted !== undefined) return answer(machine, step, wanted);
  if (guest !== undefined) return { step, ...loadAsGuest(machine, guest) };
  const current = machine.service(RUN_STATES).current;
  return { step, title: `the machine is ${runState}`, ok: current === runState, observed: current };
}

type Reply = NonNullable<Extract<ScenarioStep, { expect: unknown }>["expect"]["reply"]>;

async function answer(machine: Machine, step: ScenarioStep, wanted: Reply): Promise<StepOutcome> {
  const { qmp, arguments: given, has, error } = wanted;
  const { ok, observed } = await command(machine, { qmp, ...(given === undefined ? {} : { arguments: given }) });
  const title = `${qmp} ${error === undefined ? "answers so" : `is refused: ${error}`}`;
  const fits = error === undefined ? ok && (has === undefined || contains(observed, has)) : !ok && observed === error;
  return { step, title, ok: fits, ...(observed === undefined ? {} : { observed }) };
}

/** Whether everything that is wanted is there: members of objects, and items of lists in whatever place. */
function contains(observed: unknown, wanted: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return observed === wanted;
  if (typeof observed !== "object" || observed === null) return false;
  if (Array.isArray(wanted)) {
    return Array.isArray(observed) && wanted.every((one) => observed.some((other) => contains(other, one)));
  }
  const members = new Map(Object.entries(observed));
  return Object.entries(wanted).every(([name, value]) => contains(members.get(name), value));
}

function notification(
  machine: Machine,
  step: ScenarioStep,
  wanted: {
    kind: RAMBlockNotification;
    block: string;
    from?: string | number | undefined;
    to?: string | number | undefined;
  },
): StepOutcome {
  const found = machine
    .service(TIMELINE)
    .entries()
    .some(
      (entry) =>
        entry.kind === "ram-block" &&
        entry.notice.kind === wanted.kind &&
        entry.notice.idstr === wanted.block &&
        (wanted.from === undefined || entry.notice.from === wanted.from || entry.notice.from === bytes(wanted.from)) &&
        (wanted.to === undefined || entry.notice.to === wanted.to || entry.notice.to === bytes(wanted.to)) &&
        entry.notice.subscribers.length > 0,
    );
  return { step, title: `subscribers are told ${wanted.kind} of ${wanted.block}`, ok: found };
}

function bytes(value: string | number): number | undefined {
  return typeof value === "number" ? value : parseSize(value);
}
