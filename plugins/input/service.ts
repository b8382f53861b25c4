import type { Input, InputEvent, InputHandler, InputKind, InputRegistration, PointerInfo } from "./contract.ts";

export class InputService implements Input {
  /** The first that understands an event gets it. */
  #handlers: InputHandler[] = [];
  readonly #indexes = new WeakMap<InputHandler, number>();
  #count = 0;

  add(handler: InputHandler): InputRegistration {
    this.#handlers.push(handler);
    this.#indexes.set(handler, ++this.#count);
    const without = (): InputHandler[] => this.#handlers.filter((other) => other !== handler);
    return {
      activate: () => {
        this.#handlers = [handler, ...without()];
      },
      deactivate: () => {
        this.#handlers = [...without(), handler];
      },
      dispose: () => {
        this.#handlers = without();
      },
    };
  }

  get pointers(): readonly PointerInfo[] {
    return this.#handlers
      .filter(({ kinds }) => kinds.includes("rel") || kinds.includes("abs"))
      .map((handler, position) => ({
        name: handler.name,
        index: this.#indexes.get(handler) ?? 0,
        current: position === 0,
        absolute: handler.kinds.includes("abs"),
      }));
  }

  takes(kind: InputKind): boolean {
    return this.#find(kind) !== undefined;
  }

  send(events: readonly InputEvent[]): void {
    const touched = new Set<InputHandler>();
    for (const given of events) {
      // "sysrq" is the key "print" with Alt, by another name; devices know the key.
      const event = given.kind === "key" && given.key === "sysrq" ? { ...given, key: "print" } : given;
      const handler = this.#find(event.kind);
      if (handler === undefined) continue;
      handler.event(event);
      touched.add(handler);
    }
    for (const handler of touched) handler.sync();
  }

  #find(kind: InputKind): InputHandler | undefined {
    return this.#handlers.find(({ kinds }) => kinds.includes(kind));
  }
}
