import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { ERRNO, HOST_ERRNOS, HostCallError, HostCalls, hostFaultsOption, type HostFault } from "backplane";
import { codeOf } from "../memory/machine-memory.ts";

const CALLS = ["map", "unmap"] as const;

/** Which of ten calls of each kind fail, and how. */
function failures(faults: readonly HostFault[]): Record<(typeof CALLS)[number], string> {
  const calls = new HostCalls("test", CALLS, faults);
  const outcome = (call: (typeof CALLS)[number]): string => codeOf(() => calls.enter(call)) ?? "-";
  const ten = (call: (typeof CALLS)[number]): string => Array.from({ length: 10 }, () => outcome(call)).join(" ");
  return { map: ten("map"), unmap: ten("unmap") };
}

describe("calls into a modelled host", () => {
  test("are counted, those that fail as well", () => {
    const calls = new HostCalls("test", CALLS, [{ call: "map", nth: 2, errno: "ENOSPC" }]);
    expect(calls.count("map")).toBe(0);
    calls.enter("map");
    expect(() => calls.enter("map")).toThrow(HostCallError);
    calls.enter("map");
    expect([calls.count("map"), calls.count("unmap")]).toEqual([3, 0]);
  });

  test("fail at the n-th, once or as often as is said, each kind by itself", () => {
    expect(failures([])).toEqual({ map: "- - - - - - - - - -", unmap: "- - - - - - - - - -" });
    expect(failures([{ call: "map", nth: 3, errno: "ENOSPC" }])).toEqual({
      map: "- - ENOSPC - - - - - - -",
      unmap: "- - - - - - - - - -",
    });
    expect(
      failures([
        { call: "unmap", nth: 9, times: 5, errno: "EIO" },
        { call: "map", nth: 1, errno: "ENOMEM" },
        { call: "map", nth: 2, times: 2, errno: "EINVAL" },
      ]),
    ).toEqual({ map: "ENOMEM EINVAL EINVAL - - - - - - -", unmap: "- - - - - - - - EIO EIO" });
  });

  test("cannot be told to fail where the host has no such call", () => {
    const faults: HostFault[] = [{ call: "mmap", nth: 1, errno: "EIO" }];
    expect(() => new HostCalls("the test host", CALLS, faults)).toThrow(
      "the test host has no call 'mmap'; it has: map, unmap",
    );
  });
});

describe("an error of a modelled host", () => {
  test("is shaped as Node's are, and speaks with the C library's words", () => {
    const error = new HostCallError("map", "ENOSPC");
    expect(error).toMatchObject({ name: "HostCallError", code: "ENOSPC", errno: 28, call: "map" });
    expect(error.text).toBe("No space left on device");
    expect(error.message).toBe("map: No space left on device");
  });

  test.each(HOST_ERRNOS)("%s has words and a number of its own", (code) => {
    const { text, errno } = new HostCallError("call", code);
    expect(text).toMatch(/^[A-Z]\S+ [\w ()/-]+$|^[A-Z][\w/ -]+$/);
    expect(Object.values(ERRNO).filter((other) => other === errno)).toEqual([errno]);
  });
});

describe("the option 'faults'", () => {
  const read = (value: unknown) => v.safeParse(hostFaultsOption, value);

  test("defaults to none, and a fault to the first call", () => {
    expect(read(undefined).output).toEqual([]);
    expect(read([{ call: "map", errno: "EIO" }]).output).toEqual([{ call: "map", nth: 1, errno: "EIO" }]);
    expect(read([{ call: "map", nth: 3, times: 2, errno: "EIO" }]).output).toEqual([
      { call: "map", nth: 3, times: 2, errno: "EIO" },
    ]);
  });

  test.each([
    [{ call: "map", nth: 0, errno: "EIO" }],
    [{ call: "map", nth: 1.5, errno: "EIO" }],
    [{ call: "map", times: 0, errno: "EIO" }],
    [{ call: "map", errno: "EWHAT" }],
    [{ call: "map" }],
    [{ errno: "EIO" }],
    [{ call: "map", errno: "EIO", often: true }],
  ])("refuses %j", (fault) => {
    expect(read([fault]).success).toBe(false);
  });
});
