/**
 * The host's steady clock in milliseconds since some moment of the past. `performance.now()` would do the same, but its
 * module takes a millisecond to load, and every start of a machine needs the time.
 */
export function hostMilliseconds(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

let epoch: number | undefined;

/** The host's calendar time in microseconds, which goes on as steadily as `hostMilliseconds`. */
export function hostTimestamp(): number {
  const now = hostMilliseconds();
  epoch ??= Date.now() - now;
  return Math.round((epoch + now) * 1000);
}
