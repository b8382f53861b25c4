/** A single copy of a request's data; longer ones go in pieces. */
export const BOUNCE_LENGTH = 4 * 1024 * 1024;
/** All copies of a device together: what a guest asks for at once must not decide what the host needs. */
const BOUNCE_TOTAL = 64 * 1024 * 1024;

/** Lends memory for copies, in the order in which it is asked for. */
export class BouncePool {
  #left = BOUNCE_TOTAL;
  readonly #waiting: { readonly length: number; readonly go: () => void }[] = [];

  async take(length: number): Promise<Uint8Array> {
    if (this.#waiting.length > 0 || length > this.#left)
      await new Promise<void>((go) => this.#waiting.push({ length, go }));
    else this.#left -= length;
    return new Uint8Array(length);
  }

  giveBack({ length }: Uint8Array): void {
    this.#left += length;
    for (let next = this.#waiting[0]; next !== undefined && next.length <= this.#left; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#left -= next.length;
      next.go();
    }
  }
}
