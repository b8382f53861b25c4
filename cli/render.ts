import { renderError as render, type BackplaneError } from "backplane";

/** An error as `backplane` prints it. */
export function renderError(error: BackplaneError): string {
  return render(error, "backplane", process.cwd());
}
