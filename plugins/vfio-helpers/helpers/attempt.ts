import { hostErrorText, type BackplaneError } from "backplane";

/** What the host refuses leaves as an error with its words in it. */
export function attempt<T>(call: () => T, error: (reason: string) => BackplaneError): T {
  try {
    return call();
  } catch (failure) {
    throw error(hostErrorText(failure));
  }
}
