import { COMMANDS, EVENTS, JsonReader, q, writeJson, type JsonValue, type Machine } from "backplane";
import { withMachine } from "backplane/kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { monitorPlugins, TestClient } from "./client.ts";

const machine = <T>(body: (machine: Machine) => T | Promise<T>): Promise<T> =>
  withMachine({ with: monitorPlugins }, (built) => body(built));

const RESPONSIVE = `{"return": {"status": "prelaunch", "running": false}}`;

/** A command that is done when the test says so. */
function slowCommand(
  built: Machine,
  name: string,
  oob = false,
): { finish: (value: JsonValue) => Promise<void>; started: number } {
  const waiting: ((value: JsonValue) => void)[] = [];
  const state = {
    started: 0,
    async finish(value: JsonValue) {
      waiting.shift()?.(value);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
  built.service(COMMANDS).add({
    name,
    summary: "",
    arguments: q.none,
    oob,
    run() {
      state.started++;
      return new Promise<JsonValue>((resolve) => waiting.push(resolve));
    },
  });
  return state;
}

describe("a stream of bytes", () => {
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(
        '{"execute":"query-status"}',
        "{'execute':'query-name','id':\"a\"}",
        '{"execute":"query-status","id":{"x":[1,2.5,null,true,"\\u00e9"]}}\n',
        '{"execute":',
        "}]",
        "[[",
        '"\\uD83D\\uDE00"',
        "12.5e3 ",
        "tru",
        " \r\n\t",
        "{}",
        "@",
        '"unfinished',
      ),
      fc.string({ maxLength: 12 }),
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
    ),
    { maxLength: 12 },
  );

  test("means the same however it is cut", () =>
    machine((built) => {
      fc.assert(
        fc.property(pieces, fc.array(fc.nat(), { maxLength: 12 }), (parts, cuts) => {
          const bytes = Buffer.from(parts.join(""), "latin1");
          const whole = new TestClient(built);
          const cut = new TestClient(built);
          for (const client of [whole, cut]) client.negotiate();
          whole.send(bytes);
          const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
          let from = 0;
          for (const place of [...places, bytes.length]) {
            cut.send(bytes.subarray(from, place));
            from = place;
          }
          expect(cut.take()).toEqual(whole.take());
        }),
        { numRuns: 150 },
      );
    }));

  test("can always be brought back to its senses with an impossible byte", () =>
    machine((built) => {
      fc.assert(
        fc.property(pieces, (parts) => {
          const client = new TestClient(built);
          client.negotiate();
          client.send(Buffer.from(parts.join(""), "latin1"));
          client.send(Buffer.from([0xff]));
          client.take();
          client.send('{"execute":"query-status"}');
          expect(client.take()).toEqual([RESPONSIVE]);
        }),
        { numRuns: 150 },
      );
    }));

  test("is read to the byte before the next message while a command runs", () =>
    machine(async (built) => {
      const slow = slowCommand(built, "x-slow");
      const client = new TestClient(built);
      client.negotiate();
      client.send('{"execute":"x-slow","id":1}{"execute":"query-status","id":2}@');
      expect(client.take()).toEqual([]);
      expect(client.isPaused).toBe(true);
      await slow.finish(7);
      expect(client.take()).toEqual([
        '{"return": 7, "id": 1}',
        '{"return": {"status": "prelaunch", "running": false}, "id": 2}',
        `{"error": {"class": "GenericError", "desc": "JSON parse error, stray '@'"}}`,
      ]);
      expect(client.isPaused).toBe(false);
    }));
});

describe("an id", () => {
  test("comes back as the writer writes it, whatever it is", () =>
    machine((built) => {
      const client = new TestClient(built);
      client.negotiate();
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 4 }), (id) => {
          const text = writeJson(id);
          // Characters that are none, such as half a surrogate pair, are refused on the way in.
          const { message } = new JsonReader().read(Buffer.from(`${text} `), 0);
          if (message === undefined || "error" in message) return;
          client.send(`{"execute":"query-name","id":${text}}`);
          // Members that share a chain of the dictionary change places each time they are read.
          expect(client.take()).toEqual([`{"return": {}, "id": ${writeJson(message.value)}}`]);
        }),
        { numRuns: 200 },
      );
    }));

  test("keeps what numbers cannot hold", () =>
    machine((built) => {
      const client = new TestClient(built);
      client.negotiate();
      for (const id of ["18446744073709551615", "-9223372036854775808", "9007199254740993", "1.8446744073709552e+19"]) {
        client.send(`{"execute":"query-name","id":${id}}`);
        expect(client.take()).toEqual([`{"return": {}, "id": ${id}}`]);
      }
    }));
});

describe("commands", () => {
  test("run out of band past one that waits", () =>
    machine(async (built) => {
      const slow = slowCommand(built, "x-slow");
      built.service(COMMANDS).add({ name: "x-now", summary: "", arguments: q.none, oob: true, run: () => "now" });
      const client = new TestClient(built);
      client.negotiate("oob");
      client.send('{"execute":"x-slow","id":1}{"execute":"query-status","id":2}{"exec-oob":"x-now","id":3}');
      expect(client.take()).toEqual(['{"return": "now", "id": 3}']);
      client.send('{"exec-oob":"query-status"}');
      expect(client.take()).toEqual([
        '{"error": {"class": "GenericError", "desc": "The command query-status does not support OOB"}}',
      ]);
      await slow.finish(null);
      expect(client.take()).toEqual([
        '{"return": null, "id": 1}',
        '{"return": {"status": "prelaunch", "running": false}, "id": 2}',
      ]);
    }));

  test("wait in a queue of eight, and then the client does", () =>
    machine(async (built) => {
      const slow = slowCommand(built, "x-slow");
      const client = new TestClient(built);
      client.negotiate("oob");
      client.send(Array.from({ length: 20 }, (_, id) => `{"execute":"x-slow","id":${id}}`).join(""));
      expect(slow.started).toBe(1);
      expect(client.isPaused).toBe(true);
      for (let id = 0; id < 20; id++) {
        await slow.finish(id);
        expect(client.take()).toEqual([`{"return": ${id}, "id": ${id}}`]);
      }
      expect(client.isPaused).toBe(false);
    }));

  test("are answered after the events that they cause", () =>
    machine((built) => {
      const client = new TestClient(built);
      client.negotiate();
      client.send({ execute: "cont" });
      client.send({ execute: "stop", id: "s" });
      expect(client.take()).toEqual([
        '{"event": "RESUME"}',
        '{"return": {}}',
        '{"event": "STOP"}',
        '{"return": {}, "id": "s"}',
      ]);
    }));

  test("after quit are not heard any more", () =>
    machine((built) => {
      const client = new TestClient(built);
      client.negotiate();
      client.send('{"execute":"quit"}{"execute":"query-status"}');
      expect(client.take()).toEqual([
        '{"event": "SHUTDOWN", "data": {"guest": false, "reason": "host-qmp-quit"}}',
        '{"return": {}}',
      ]);
    }));

  test("that fail for a reason of ours are answered too", () =>
    machine((built) => {
      built.service(COMMANDS).add({
        name: "x-broken",
        summary: "",
        arguments: q.none,
        run() {
          throw new Error("a defect");
        },
      });
      const client = new TestClient(built);
      client.negotiate();
      client.send({ execute: "x-broken", id: 1 });
      expect(client.take()).toEqual(['{"id": 1, "error": {"class": "GenericError", "desc": "a defect"}}']);
    }));
});

describe("events", () => {
  test("reach every client that has negotiated, and no other", () =>
    machine((built) => {
      const [first, second, silent] = [new TestClient(built), new TestClient(built), new TestClient(built)];
      first.negotiate();
      second.negotiate();
      silent.take();
      built.service(EVENTS).emit("TEST", { b: 1, a: "x" });
      const line = first.take();
      expect(line).toHaveLength(1);
      expect(second.take()).toEqual(line);
      expect(silent.take()).toEqual([]);
    }));
});

describe("a client that does not read", () => {
  test("is not listened to until it does", () =>
    machine(async (built) => {
      const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
      const client = new TestClient(built);
      client.negotiate();
      client.isStuck = true;
      const flood = 4000;
      client.send('{"execute":"query-commands"}'.repeat(flood));
      for (let turns = 0; turns < 100; turns++) await turn();
      let answered = client.take().length;
      expect(answered).toBeLessThan(flood);
      expect(client.isPaused).toBe(true);
      client.unstick();
      // What is left is answered in pieces, so that others have their turn.
      for (; client.isPaused; answered += client.take().length) await turn();
      expect(answered + client.take().length).toBe(flood);
    }));

  test("and has sent much before it left does not hold up others", () =>
    machine(async (built) => {
      const client = new TestClient(built);
      const witness = new TestClient(built);
      client.negotiate();
      witness.negotiate();
      let ran = 0;
      const count = 3000;
      built.service(COMMANDS).add({
        name: "x-work",
        summary: "",
        arguments: q.none,
        result: q.none,
        run() {
          ran++;
          for (const end = performance.now() + 0.1; performance.now() < end;);
        },
      });
      client.send('{"execute":"x-work"}'.repeat(count));
      expect(ran).toBeLessThan(count);
      witness.send({ execute: "query-status" });
      expect(witness.take()).toEqual([RESPONSIVE]);
      client.leave();
    }));

  test("is cut off before events fill the memory", () =>
    machine((built) => {
      const client = new TestClient(built);
      client.negotiate();
      client.isStuck = true;
      const data = { text: "x".repeat(1 << 20) };
      for (let count = 0; count < 32; count++) built.service(EVENTS).emit("TEST", data);
      expect(client.isCut).toBe(true);
      expect(client.output.length).toBeLessThan(20 << 20);
    }));
});

test("a pretty monitor writes over several lines", () =>
  machine((built) => {
    const client = new TestClient(built, { pretty: true });
    client.negotiate();
    client.send({ execute: "query-status", id: [] });
    expect(client.take().join("\n")).toBe(
      '{\n    "return": {\n        "status": "prelaunch",\n        "running": false\n    },\n    "id": [\n    ]\n}',
    );
  }));
