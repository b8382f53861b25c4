import {
  hostMilliseconds,
  asBackplaneError,
  BackplaneError,
  checkArguments,
  JsonReader,
  monitorErrors,
  PEER_VERSION,
  q,
  Registry,
  writeJson,
  type Commands,
  type JsonMessage,
  type JsonObject,
  type JsonValue,
  type Logger,
  type MonitorClient,
} from "backplane";
import type { CharConnection } from "backplane/plugins/chardev/contract";
import type { QmpClient } from "./contract.ts";
import { qmpErrors } from "./errors.ts";
import { idOf, isOutOfBand, readRequest } from "./request.ts";

/** Commands that may wait while one runs. Without out-of-band execution there is nothing to hurry for, and none waits. */
const QUEUE_LIMIT = 8;

/** Others have their turn when so many messages of a client have been read and so many milliseconds have passed. */
const TURN = { messages: 32, milliseconds: 10 };

/** Output that a client leaves unread. Commands stop at the first; at the second, which only events reach, the client is cut off. */
const OUTPUT_PAUSE = 256 * 1024;
const OUTPUT_LIMIT = 16 * 1024 * 1024;

export const capabilitiesArguments = q.struct("qmp_capabilities", {
  "enable?": q.array(q.enum("QMPCapability", ["oob"])),
});

export interface SessionServices {
  readonly id: string;
  readonly commands: Commands;
  readonly log: Logger;
  readonly pretty: boolean;
  /** The machine is complete; before, only commands that say so may run. */
  readonly isBuilt: () => boolean;
  /** The machine takes no more orders. */
  readonly isLeaving: () => boolean;
}

/** One client of a monitor, from the greeting to its end. */
export class QmpSession implements QmpClient {
  readonly #services: SessionServices;
  readonly #connection: CharConnection;
  readonly #reader = new JsonReader();
  readonly #closing = new Registry<() => void>();
  readonly #client: MonitorClient;
  #input: Uint8Array[] = [];
  #queue: JsonMessage[] = [];
  #running = false;
  #negotiated = false;
  #outOfBand = false;
  /** Nothing more will be received; some of what was may not have been read yet. */
  #ended = false;
  #closed = false;
  #pumping = false;
  /** The rest of the input is read in a later turn of the event loop. */
  #resting = false;

  constructor(services: SessionServices, connection: CharConnection) {
    this.#services = services;
    this.#connection = connection;
    this.#client = { id: services.id, onClose: (callback) => this.#closing.add(callback) };
    const { qemu, package: packaged } = PEER_VERSION;
    this.#send({ QMP: { version: { qemu, package: packaged }, capabilities: ["oob"] } });
  }

  receive(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#input.push(bytes);
    this.#pump();
  }

  drained(): void {
    this.#pump();
  }

  /** Tells an event, once capabilities have been negotiated. */
  event(event: JsonObject): void {
    if (!this.#negotiated) return;
    this.#send(event);
    if (this.#connection.buffered <= OUTPUT_LIMIT) return;
    this.#services.log.warn(`client of ${this.#services.id} does not read; it is cut off`);
    this.dispose();
    this.#connection.close();
  }

  /**
   * The client sends no more. What it has sent is read first, as far as messages may be taken; what still waits in the
   * queue then is dropped. Events go on if it still listens.
   */
  inputEnded(): void {
    this.#ended = true;
    this.#pump();
  }

  dispose(): void {
    this.#close();
    this.#negotiated = false;
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#input = [];
    this.#queue = [];
    for (const callback of this.#closing) callback();
  }

  /** Reads as far as messages may be taken now; the rest of the input waits, and so does the client. */
  #pump(): void {
    if (this.#pumping || this.#resting) return;
    this.#pumping = true;
    const end = hostMilliseconds() + TURN.milliseconds;
    let count = 0;
    while (this.#mayRead()) {
      const bytes = this.#input[0];
      if (bytes === undefined) break;
      const { message, next } = this.#reader.read(bytes, 0);
      if (next === bytes.length) this.#input.shift();
      else this.#input[0] = bytes.subarray(next);
      if (message === undefined) continue;
      this.#take(message);
      if (++count >= TURN.messages && hostMilliseconds() > end) {
        this.#rest();
        break;
      }
    }
    this.#pumping = false;
    if (this.#closed) return;
    if (this.#resting || !this.#mayRead()) this.#connection.pause();
    else if (this.#ended) this.#close();
    else this.#connection.resume();
  }

  #rest(): void {
    this.#resting = true;
    setImmediate(() => {
      this.#resting = false;
      this.#pump();
    });
  }

  #mayRead(): boolean {
    if (this.#closed || this.#services.isLeaving() || this.#connection.buffered > OUTPUT_PAUSE) return false;
    return this.#outOfBand ? this.#queue.length < QUEUE_LIMIT : !this.#running;
  }

  #take(message: JsonMessage): void {
    if (this.#outOfBand && "value" in message && isOutOfBand(message.value)) {
      const running = this.#execute(message.value);
      // An out-of-band command must not wait; one that does is answered when it is done, as others are.
      if (running !== undefined) void running.then((reply) => this.#send(reply));
      return;
    }
    this.#queue.push(message);
    this.#runNext();
  }

  /** Commands run one after the other, in the order in which they came. */
  #runNext(): void {
    while (!this.#running && !this.#services.isLeaving()) {
      const message = this.#queue.shift();
      if (message === undefined) return;
      const running =
        "error" in message ? this.#refuse(qmpErrors.QMP_INPUT(message.error), undefined) : this.#execute(message.value);
      if (running === undefined) continue;
      this.#running = true;
      void running.then((reply) => {
        this.#running = false;
        this.#send(reply);
        this.#runNext();
        this.#pump();
      });
    }
  }

  /** Runs a command. Answers at once if it is done at once; else the reply is what the promise resolves with. */
  #execute(message: JsonValue): Promise<JsonObject> | undefined {
    const id = idOf(message);
    try {
      const result = this.#dispatch(message);
      if (!(result instanceof Promise)) return this.#answer(result, id);
      return result.then(
        (value) => success(value, id),
        (failure: unknown) => this.#failure(failure, id),
      );
    } catch (failure) {
      return this.#refuse(failure, id);
    }
  }

  #dispatch(message: JsonValue): JsonValue | void | Promise<JsonValue | void> {
    const request = readRequest(message, this.#outOfBand);
    if (!this.#negotiated) {
      if (request.command !== "qmp_capabilities") throw qmpErrors.QMP_NOT_NEGOTIATED();
      return this.#negotiate(request.arguments);
    }
    const command = this.#services.commands.find(request.command);
    if (command === undefined) throw monitorErrors.COMMAND_NOT_FOUND(request.command);
    if (request.outOfBand && command.oob !== true) throw monitorErrors.COMMAND_NOT_OOB(request.command);
    if (command.preconfig !== true && !this.#services.isBuilt()) throw monitorErrors.COMMAND_TOO_EARLY(request.command);
    return command.run(checkArguments(command.arguments, request.arguments), this.#client);
  }

  #negotiate(given: JsonObject): void {
    const { enable = [] } = checkArguments(capabilitiesArguments, given);
    this.#outOfBand = enable.includes("oob");
    this.#negotiated = true;
  }

  #answer(value: JsonValue | void, id: JsonValue | undefined): undefined {
    this.#send(success(value, id));
    return undefined;
  }

  #refuse(failure: unknown, id: JsonValue | undefined): undefined {
    this.#send(this.#failure(failure, id));
    return undefined;
  }

  #failure(failure: unknown, id: JsonValue | undefined): JsonObject {
    if (!(failure instanceof BackplaneError)) this.#services.log.error("a monitor command failed", { error: failure });
    const error = asBackplaneError(failure);
    return { error: { class: error.errorClass, desc: error.message }, id };
  }

  #send(message: JsonObject): void {
    this.#connection.write(`${writeJson(message, this.#services.pretty).replaceAll("\n", "\r\n")}\r\n`);
  }
}

function success(value: JsonValue | void, id: JsonValue | undefined): JsonObject {
  return { return: value === undefined ? {} : value, id };
}
