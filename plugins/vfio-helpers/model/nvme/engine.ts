// A controller between being enabled and being disabled: its queues, and the commands that are under way.
import { STATUS } from "../../nvm-express.ts";
import type { DeviceBus } from "../function.ts";
import { runAdminCommand, type AdminContext } from "./admin.ts";
import type { Command, Completion } from "./command.ts";
import { Features } from "./features.ts";
import type { ControllerFacts, Usage } from "./identify.ts";
import { runIoCommand, type IoContext } from "./io.ts";
import { CompletionQueue, SubmissionQueue } from "./queues.ts";

export const QUEUE_PAIRS = 8;
export const VECTORS = QUEUE_PAIRS + 1;
/** Commands under way at once; the others stay in their rings. */
const CONCURRENT = 32;
const TRANSFER_UNIT = 4096;

/** Information of an asynchronous event whose type is "error status" (NVM Express 1.4 §5.2.1). */
const EVENT_ERROR = { invalidDoorbell: 0x00, invalidDoorbellValue: 0x01 } as const;
const ERROR_LOG = 0x01 << 16;

export interface EngineParts {
  readonly bus: DeviceBus;
  readonly facts: ControllerFacts;
  readonly usage: Usage;
  readonly pageSize: number;
  readonly queueEntries: number;
  readonly hasEntrySizes: () => boolean;
  /** Runs what takes time; the controller's files stay open meanwhile. */
  readonly busy: <T>(task: () => Promise<T>) => Promise<T>;
}

export interface AdminRings {
  readonly submissions: { readonly base: number; readonly entries: number };
  readonly completions: { readonly base: number; readonly entries: number };
}

export class CommandEngine {
  /** Its rings cannot be reached: nothing goes on until a reset. */
  isFatal = false;
  readonly #parts: EngineParts;
  readonly #submissions = new Map<number, SubmissionQueue>();
  readonly #completions = new Map<number, CompletionQueue>();
  readonly #events: Command[] = [];
  readonly #features: Features;
  readonly #admin: AdminContext;
  readonly #io: Omit<IoContext, "isWriteCached">;
  #running = 0;
  #isServing = false;
  #isStopped = false;

  constructor(parts: EngineParts, { submissions, completions }: AdminRings) {
    const { bus, facts, usage, pageSize, queueEntries } = parts;
    this.#parts = parts;
    this.#features = new Features({ queuePairs: QUEUE_PAIRS, vectors: VECTORS, writeCache: facts.writeCache });
    const queue = new CompletionQueue(0, completions.base, completions.entries, 0);
    this.#completions.set(0, queue);
    this.#submissions.set(0, new SubmissionQueue(0, submissions.base, submissions.entries, queue));
    this.#admin = {
      facts,
      features: this.#features,
      usage,
      bus,
      pageSize,
      hasEntrySizes: parts.hasEntrySizes,
      queueEntries,
      queuePairs: QUEUE_PAIRS,
      vectors: VECTORS,
      submissions: this.#submissions,
      completions: this.#completions,
      waitingEvents: this.#events,
    };
    this.#io = {
      namespaces: facts.namespaces,
      pageSize,
      maxTransfer: TRANSFER_UNIT * 2 ** facts.mdts,
      bus,
      usage,
      isGone: () => this.#isStopped,
    };
  }

  /** What is under way ends unseen. */
  stop(): void {
    this.#isStopped = true;
  }

  /** A doorbell was written. */
  ring(queueId: number, kind: "sq" | "cq", value: number): void {
    if (this.isFatal) return;
    const queue = kind === "sq" ? this.#submissions.get(queueId) : this.#completions.get(queueId);
    if (queue === undefined) this.#tell(EVENT_ERROR.invalidDoorbell);
    else if (!queue.ring(value)) this.#tell(EVENT_ERROR.invalidDoorbellValue);
    this.#serve();
  }

  #tell(information: number): void {
    const request = this.#events.shift();
    const queue = this.#submissions.get(0);
    if (request === undefined || queue === undefined) return;
    this.#complete(queue, request, { status: STATUS.success, result: (information << 8) | ERROR_LOG });
  }

  /** Takes commands out of the rings, one of each in turn, as long as there is room for more under way. */
  #serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    for (let isBusy = true; isBusy;) {
      isBusy = false;
      for (const queue of this.#submissions.values()) {
        if (queue.isEmpty || this.#running >= CONCURRENT || this.isFatal) continue;
        isBusy = true;
        this.#take(queue);
      }
    }
    this.#isServing = false;
    this.#flush();
  }

  #take(queue: SubmissionQueue): void {
    const command = queue.fetch(this.#parts.bus);
    if (command === undefined) {
      this.isFatal = true;
      return;
    }
    if (queue.pending.has(command.id)) {
      queue.completions.post(queue, command.id, { status: STATUS.cidConflict });
      return;
    }
    queue.pending.add(command.id);
    if (queue.id !== 0) {
      this.#runIo(queue, command);
      return;
    }
    const completion = runAdminCommand(command, this.#admin);
    if (completion !== undefined) this.#complete(queue, command, completion);
  }

  #runIo(queue: SubmissionQueue, command: Command): void {
    const context = { ...this.#io, isWriteCached: this.#features.isWriteCached };
    this.#running++;
    const finish = (completion: Completion): void => {
      this.#running--;
      if (this.#isStopped) return;
      this.#complete(queue, command, completion);
      this.#serve();
    };
    const failed = (): void => finish({ status: STATUS.internalError });
    void this.#parts.busy(() => runIoCommand(command, context)).then(finish, failed);
  }

  /** A deleted queue's commands were completed when it went. */
  #complete(queue: SubmissionQueue, command: Command, completion: Completion): void {
    if (queue.pending.delete(command.id)) queue.completions.post(queue, command.id, completion);
  }

  /** Writes completions and interrupts for them. */
  #flush(): void {
    const { bus } = this.#parts;
    if (this.isFatal) return;
    for (const queue of this.#completions.values()) {
      const posted = queue.flush(bus);
      if (posted === undefined) this.isFatal = true;
      else if (posted > 0 && queue.vector !== undefined) bus.signal(queue.vector);
    }
  }
}
