import { disposable, type Disposable, type ObjectContext, type UserObject } from "backplane";
import type { RandomSource } from "./contract.ts";

interface Request {
  readonly length: number;
  readonly receive: (bytes: Uint8Array) => void;
}

/** Serves requests one after the other. */
export abstract class RandomBackend implements UserObject, RandomSource {
  readonly id: string;
  readonly type: string;
  readonly #requests: Request[] = [];
  #users = 0;
  #isServing = false;
  #isGone = false;

  constructor(context: ObjectContext) {
    this.id = context.id;
    this.type = context.type.name;
    context.own(
      disposable(() => {
        this.#isGone = true;
        this.#requests.length = 0;
      }),
    );
  }

  /** Up to `length` bytes, at least one; undefined where there will be none any more. */
  protected abstract produce(length: number): Promise<Uint8Array | undefined>;

  request(length: number, receive: (bytes: Uint8Array) => void): Disposable {
    const request: Request = { length, receive };
    this.#requests.push(request);
    void this.#serve();
    return disposable(() => {
      const at = this.#requests.indexOf(request);
      if (at >= 0) this.#requests.splice(at, 1);
    });
  }

  claim(): Disposable {
    this.#users++;
    return disposable(() => {
      this.#users--;
    });
  }

  inUse(): string | undefined {
    return this.#users === 0 ? undefined : "a device takes its random bytes from it";
  }

  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (let next = this.#requests[0]; next !== undefined; next = this.#requests[0]) {
        const bytes = await this.produce(next.length);
        if (bytes === undefined || this.#isGone) return;
        // Given up while the bytes were on their way: they are dropped.
        if (this.#requests[0] !== next) continue;
        this.#requests.shift();
        next.receive(bytes);
      }
    } finally {
      this.#isServing = false;
    }
  }
}
