import { hostErrorText } from "backplane";

/** `Input/output error` for `EIO`. */
export function errorWords(code: string): string {
  return hostErrorText(Object.assign(new Error(code), { code }));
}
