// Clients over real sockets: what the in-process ones cannot show is how connections end.
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { withMachine } from "backplane/kit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { monitorPlugins } from "./client.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), "qmp-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const monitors = (...names: string[]) => ({
  with: monitorPlugins,
  options: { qmp: { value: { monitors: names.map((name) => ({ unix: path.join(folder, name) })) } } },
});

function connect(name: string): Promise<net.Socket> {
  const socket = net.createConnection({ path: path.join(folder, name), allowHalfOpen: true });
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.once("connect", () => resolve(socket)));
}

/** Everything that comes until the other side has ended. */
async function untilEnd(socket: net.Socket): Promise<string[]> {
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += String(chunk);
  return text.split("\r\n").slice(0, -1);
}

test("a client that sends no more is answered, then let go, and the next is served", () =>
  withMachine(monitors("half"), async () => {
    for (let round = 0; round < 2; round++) {
      const socket = await connect("half");
      socket.end('{"execute":"qmp_capabilities"}{"execute":"query-name","id":1}{"execute":"query-st');
      const lines = await untilEnd(socket);
      expect(lines.slice(1)).toEqual(['{"return": {}}', '{"return": {}, "id": 1}']);
    }
  }));

test("clients that come and go with rubbish leave the other monitor alone, and then theirs works", () =>
  withMachine(monitors("abused", "quiet"), async () => {
    const quiet = await connect("quiet");
    const rubbish = [
      '{"execute":"qmp_cap',
      "\u0000\u0001",
      "[[[[[",
      '{"execute":"qmp_capabilities"}{"execute":"cont"}',
      "",
    ];
    for (const text of [...rubbish, ...rubbish]) {
      const socket = await connect("abused");
      socket.write(text, () => socket.destroy());
    }
    quiet.end('{"execute":"qmp_capabilities"}{"execute":"query-name","id":"quiet"}');
    expect((await untilEnd(quiet)).at(-1)).toBe('{"return": {}, "id": "quiet"}');
    const last = await connect("abused");
    last.end('{"execute":"qmp_capabilities"}{"execute":"query-name","id":"last"}');
    expect((await untilEnd(last)).at(-1)).toBe('{"return": {}, "id": "last"}');
  }));
