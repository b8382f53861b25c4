// Admin commands (NVM Express 1.4 §5). None of them takes time.
import {
  ADMIN,
  CREATE_CONTIGUOUS,
  CREATE_INTERRUPTS,
  DO_NOT_RETRY,
  IDENTIFY_LENGTH,
  STATUS,
} from "../../nvm-express.ts";
import type { DeviceBus } from "../function.ts";
import { SUCCESS, type Command, type Completion } from "./command.ts";
import type { Features } from "./features.ts";
import { ASYNC_EVENTS, identify, logPage, type ControllerFacts, type Usage } from "./identify.ts";
import { transfer } from "./prp.ts";
import { CompletionQueue, SubmissionQueue } from "./queues.ts";

export interface AdminContext {
  readonly facts: ControllerFacts;
  readonly features: Features;
  readonly usage: Usage;
  readonly bus: DeviceBus;
  readonly pageSize: number;
  /** CC says so: queue entries have the only sizes there are. */
  readonly hasEntrySizes: () => boolean;
  readonly queueEntries: number;
  readonly queuePairs: number;
  readonly vectors: number;
  readonly submissions: Map<number, SubmissionQueue>;
  readonly completions: Map<number, CompletionQueue>;
  /** Asynchronous event requests that wait for an event. */
  readonly waitingEvents: Command[];
}

const refuse = (status: number): Completion => ({ status: status | DO_NOT_RETRY });
const at = (status: number): Completion => (status === STATUS.success ? SUCCESS : refuse(status));

/** Undefined: it is completed later, when there is an event. */
export function runAdminCommand(command: Command, context: AdminContext): Completion | undefined {
  if (command.flags !== 0) return refuse(STATUS.invalidField);
  switch (command.opcode) {
    case ADMIN.deleteSq:
      return deleteSubmissions(command, context);
    case ADMIN.createSq:
      return createSubmissions(command, context);
    case ADMIN.getLogPage:
      return getLogPage(command, context);
    case ADMIN.deleteCq:
      return deleteCompletions(command, context);
    case ADMIN.createCq:
      return createCompletions(command, context);
    case ADMIN.identify:
      return runIdentify(command, context);
    // Commands here are done before anybody could abort them: bit 0 says that nothing was.
    case ADMIN.abort:
      return { status: STATUS.success, result: 1 };
    case ADMIN.setFeatures:
      return context.features.set(command);
    case ADMIN.getFeatures:
      return context.features.get(command);
    case ADMIN.asyncEvent:
      if (context.waitingEvents.length >= ASYNC_EVENTS) return refuse(STATUS.asyncEventLimit);
      context.waitingEvents.push(command);
      return undefined;
    default:
      return refuse(STATUS.invalidOpcode);
  }
}

function runIdentify(command: Command, { facts, pageSize, bus }: AdminContext): Completion {
  const data = identify(command.dword(10) & 0xff, command.namespace, facts);
  if (data === undefined) return refuse(STATUS.invalidField);
  if (data === "namespace") return refuse(STATUS.invalidNamespace);
  return at(transfer(command, data.subarray(0, IDENTIFY_LENGTH), "to-host", pageSize, bus));
}

/** Dword offset and number of dwords are the host's; what lies beyond the page reads as zeroes. */
function getLogPage(command: Command, { usage, pageSize, bus, facts }: AdminContext): Completion {
  const page = logPage(command.dword(10) & 0xff, usage);
  if (page === undefined) return refuse(STATUS.logPageInvalid);
  const dwords = (command.dword(10) >>> 16) + (command.dword(11) & 0xffff) * 0x10000 + 1;
  const offset = command.wide(12);
  if (offset % 4 !== 0 || offset > page.length) return refuse(STATUS.invalidField);
  if (dwords * 4 > pageSize * 2 ** facts.mdts) return refuse(STATUS.invalidField);
  const bytes = new Uint8Array(dwords * 4);
  bytes.set(page.subarray(offset, offset + bytes.length));
  return at(transfer(command, bytes, "to-host", pageSize, bus));
}

/** The fields that both kinds of queue have; a status when they are wrong. */
function queueFields(command: Command, context: AdminContext, exists: ReadonlyMap<number, unknown>) {
  const id = command.dword(10) & 0xffff;
  const entries = (command.dword(10) >>> 16) + 1;
  const { prp1: base, flags } = command;
  const isContiguous = (command.dword(11) & CREATE_CONTIGUOUS) !== 0;
  if (id === 0 || id > context.queuePairs || exists.has(id)) return STATUS.queueIdentifierInvalid;
  if (entries < 2 || entries > context.queueEntries) return STATUS.queueSizeInvalid;
  if (!isContiguous || flags !== 0 || !context.hasEntrySizes()) return STATUS.invalidField;
  if (base % context.pageSize !== 0) return STATUS.prpOffsetInvalid;
  return { id, entries, base };
}

function createCompletions(command: Command, context: AdminContext): Completion {
  const fields = queueFields(command, context, context.completions);
  if (typeof fields === "number") return refuse(fields);
  const vector = command.dword(11) >>> 16;
  const interrupts = (command.dword(11) & CREATE_INTERRUPTS) !== 0;
  if (interrupts && vector >= context.vectors) return refuse(STATUS.vectorInvalid);
  const { id, base, entries } = fields;
  context.completions.set(id, new CompletionQueue(id, base, entries, interrupts ? vector : undefined));
  context.features.queuesExist = true;
  return SUCCESS;
}

function createSubmissions(command: Command, context: AdminContext): Completion {
  const completions = context.completions.get(command.dword(11) >>> 16);
  if (completions === undefined || completions.id === 0) return refuse(STATUS.cqInvalid);
  const fields = queueFields(command, context, context.submissions);
  if (typeof fields === "number") return refuse(fields);
  const { id, base, entries } = fields;
  context.submissions.set(id, new SubmissionQueue(id, base, entries, completions));
  return SUCCESS;
}

function deleteSubmissions(command: Command, { submissions }: AdminContext): Completion {
  const id = command.dword(10) & 0xffff;
  const queue = submissions.get(id);
  if (id === 0 || queue === undefined) return refuse(STATUS.queueIdentifierInvalid);
  submissions.delete(id);
  for (const pending of queue.pending) {
    queue.completions.post(queue, pending, { status: STATUS.abortedByDeletion });
  }
  queue.pending.clear();
  return SUCCESS;
}

function deleteCompletions(command: Command, { submissions, completions }: AdminContext): Completion {
  const id = command.dword(10) & 0xffff;
  const queue = completions.get(id);
  if (id === 0 || queue === undefined) return refuse(STATUS.queueIdentifierInvalid);
  const isUsed = [...submissions.values()].some((one) => one.completions === queue);
  if (isUsed) return refuse(STATUS.queueDeletionInvalid);
  completions.delete(id);
  return SUCCESS;
}
