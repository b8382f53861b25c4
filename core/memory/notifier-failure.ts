import { BackplaneAggregateError, BackplaneError, messageOf } from "../errors.ts";
import { memoryErrors } from "./errors.ts";

/** What a subscriber threw, with its name, the kind of notification, and what it was told of. */
export function notifierFailure(notifier: string, kind: string, subject: string, thrown: unknown): BackplaneError {
  const { code, message } = memoryErrors.NOTIFIER_FAILED(notifier, kind, subject, messageOf(thrown));
  const hints = thrown instanceof BackplaneError ? thrown.hints : [];
  return new BackplaneError(code, message, { cause: thrown, hints });
}

/** The one error that leaves a round: the failure itself, or all of them together, in order. */
export function joinFailures(failures: readonly BackplaneError[] | undefined): BackplaneError | undefined {
  if (failures === undefined) return undefined;
  const [first] = failures;
  if (first === undefined) return undefined;
  if (failures.length === 1) return first;
  return new BackplaneAggregateError(first.code, `${failures.length} notifiers failed`, failures);
}
