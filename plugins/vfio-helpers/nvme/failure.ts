import { messageOf, type BackplaneError } from "backplane";
import { vfioErrors } from "../errors.ts";

/** A failure to bring the controller up, with the driver's words before those of the helpers. */
export function nvmeFailure(text: string, cause?: unknown): BackplaneError {
  return vfioErrors.NVME_FAILED(cause === undefined ? text : text + messageOf(cause));
}
