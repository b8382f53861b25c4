/** The test protocol: a client outside of the machine takes the processor's place. */
import { token, type Disposable } from "backplane";

/** The words of one line behind the verb, taken one by one. */
export interface VerbArguments {
  /** The next word as text; undefined behind the last. */
  text(): string | undefined;
  /** The next word as an unsigned number of 64 bits, in C's notation; undefined when it is none. */
  number(): bigint | undefined;
}

export interface Qtest {
  /** Adds a verb to the protocol. What it returns is the answer, without the line's end. */
  add(verb: string, run: (words: VerbArguments) => string): Disposable;
}

export const QTEST = token<Qtest>("QTEST");

/** Where the conversation is logged when no file was named: the composer of a machine provides it. */
export const QTEST_LOG = token<(text: string) => void>("QTEST_LOG");
