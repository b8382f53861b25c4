/** A part of the firmware's work. It yields wherever monitors and migrations may come between. */
export type Steps<T = void> = Generator<undefined, T, undefined>;
