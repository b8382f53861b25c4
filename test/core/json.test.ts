import { JsonReader, membersInOrder, parseJson, writeJson, type JsonValue } from "backplane";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

/** All messages of some bytes. */
function read(bytes: Uint8Array): unknown[] {
  const reader = new JsonReader();
  const messages: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const { message, next } = reader.read(bytes, at);
    if (message !== undefined) messages.push(message);
    at = next;
  }
  return messages;
}

describe("the writer", () => {
  test("writes ASCII with the peer's spaces and escapes", () => {
    expect(writeJson({ a: ['\u0000\u001f\u007f\u00e9\u{1f600}"\\\b\f\n\r\t/'] })).toBe(
      '{"a": ["\\u0000\\u001F\\u007F\\u00E9\\uD83D\\uDE00\\"\\\\\\b\\f\\n\\r\\t/"]}',
    );
    expect(writeJson([])).toBe("[]");
    expect(writeJson({})).toBe("{}");
    expect(writeJson({ gone: undefined })).toBe("{}");
  });

  test.each([
    [0, "0"],
    [-0, "-0"],
    [0.1, "0.10000000000000001"],
    [1e-4, "0.0001"],
    [1e-5, "1.0000000000000001e-05"],
    [1.5e300, "1.5000000000000001e+300"],
    [2 ** 53, "9007199254740992"],
    [1e16, "10000000000000000"],
    [1e17, "1e+17"],
    [123456789.125, "123456789.125"],
    [Number.POSITIVE_INFINITY, "inf"],
    [2n ** 64n - 1n, "18446744073709551615"],
  ] as const)("prints %s as C does", (value, text) => {
    expect(writeJson(value)).toBe(text);
  });

  test("puts members in the order of the peer's dictionaries", () => {
    const names = (object: object) => membersInOrder(object as never).map(([name]) => name);
    expect(names({ class: "", desc: "" })).toEqual(["class", "desc"]);
    expect(names({ major: 10, minor: 0, micro: 2 })).toEqual(["micro", "minor", "major"]);
    expect(names({ event: "", data: "", timestamp: "" })).toEqual(["timestamp", "event", "data"]);
    expect(names({ id: 1, error: {} })).toEqual(["id", "error"]);
    expect(names({ return: 1, id: {} })).toEqual(["return", "id"]);
  });
});

describe("the reader", () => {
  test("reads what JSON.parse reads, to the same values", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const text = JSON.stringify(value);
        const [message] = read(Buffer.from(`${text} `));
        const isRefused = typeof message === "object" && message !== null && "error" in message;
        // Half a surrogate pair and U+FFFE are no characters; U+0000 may stand in a string only as an escape.
        if (isRefused) return;
        expect(JSON.parse(writeJson((message as { value: JsonValue }).value))).toEqual(JSON.parse(text));
      }),
      { numRuns: 300 },
    );
  });

  test("finds a member of any name, even those that objects are born with", () => {
    const [message] = read(Buffer.from('{"__proto__":1,"constructor":2,"toString":3}'));
    expect(Object.entries((message as { value: object }).value)).toEqual([
      ["__proto__", 1],
      ["constructor", 2],
      ["toString", 3],
    ]);
  });

  test("never throws, and always ends, on any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const message of read(bytes)) expect(message).toBeTypeOf("object");
      }),
      { numRuns: 500 },
    );
  });

  test("limits nesting, tokens and bytes", () => {
    const text = (bytes: Uint8Array): unknown[] => read(bytes).map((message) => (message as { error?: string }).error);
    expect(text(Buffer.from("[".repeat(1025)))).toEqual(["JSON nesting depth limit exceeded"]);
    expect(text(Buffer.from(`[${"1,".repeat(1 << 20)}`))).toEqual(["JSON token count limit exceeded"]);
    const half = Buffer.alloc(33 << 20, "x");
    expect(text(Buffer.concat([Buffer.from('["'), half, Buffer.from('","'), half, Buffer.from('"')]))[0]).toBe(
      "JSON token size limit exceeded",
    );
  });
});

describe("a whole text", () => {
  test.each([
    ["", "Expecting a JSON value"],
    ["{} {}", "Expecting at most one JSON value"],
    ['{"a"', "JSON parse error, premature EOI"],
    ['{"a', "JSON parse error, stray '\"a'"],
    ["nul", "JSON parse error, invalid keyword 'nul'"],
    ["-", "JSON parse error, stray '-'"],
  ])("%j is refused", (text, error) => {
    expect(parseJson(text)).toEqual({ error });
  });

  test("may end in a number or a word", () => {
    expect(parseJson("12")).toEqual({ value: 12 });
    expect(parseJson(" true")).toEqual({ value: true });
  });
});
