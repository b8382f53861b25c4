import type { DescribedState } from "./state-saver.ts";

/** What the JSON at the stream's end says of one device. */
export type DescribedDevice = { readonly name: string; readonly instance_id: number } & DescribedState;

/** Gathers the description of a stream while it is written. */
export class StreamDescription {
  readonly #devices: DescribedDevice[] = [];
  readonly #configuration: DescribedState;
  readonly #pageSize: number;

  constructor(configuration: DescribedState, pageSize: number) {
    this.#configuration = configuration;
    this.#pageSize = pageSize;
  }

  add(name: string, instanceId: number, state: DescribedState): void {
    this.#devices.push({ name, instance_id: instanceId, ...state });
  }

  /** In the peer's spelling: one line, a space after each colon and comma. */
  toBytes(): Uint8Array {
    return Buffer.from(
      spell({ configuration: this.#configuration, page_size: this.#pageSize, devices: this.#devices }),
    );
  }
}

function spell(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spell).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}: ${spell(member)}`)
    .join(", ")}}`;
}
