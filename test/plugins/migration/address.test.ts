import { expect, test } from "vitest";
import { parseUri } from "../../../plugins/migration/address.ts";

test.each([
  ["exec:cat > x", { transport: "exec", args: ["/bin/sh", "-c", "cat > x"] }],
  ["exec:", { transport: "exec", args: ["/bin/sh", "-c", ""] }],
  ["tcp:localhost:4444", { transport: "socket", type: "inet", host: "localhost", port: "4444" }],
  ["tcp::4444", { transport: "socket", type: "inet", host: "", port: "4444" }],
  ["tcp:[::1]:4,foo", { transport: "socket", type: "inet", host: "::1", port: "4" }],
  ["tcp:h:1,ipv4", { transport: "socket", type: "inet", host: "h", port: "1", ipv4: true }],
  ["tcp:h:1,ipv4=off,ipv6=on", { transport: "socket", type: "inet", host: "h", port: "1", ipv4: false, ipv6: true }],
  ["unix:/tmp/s,abstract", { transport: "socket", type: "unix", path: "/tmp/s,abstract" }],
  ["vsock:2:1", { transport: "socket", type: "vsock", cid: "2", port: "1" }],
  ["fd:3", { transport: "socket", type: "fd", str: "3" }],
  ["rdma:host:7", { transport: "rdma", host: "host", port: "7" }],
  ["file:/a/b", { transport: "file", filename: "/a/b", offset: 0 }],
  ["file:/a,foo=1", { transport: "file", filename: "/a,foo=1", offset: 0 }],
  ["file:/a,offset=4k", { transport: "file", filename: "/a", offset: 4096 }],
  ["file:/a,offset=18446744073709551615", { transport: "file", filename: "/a", offset: 2n ** 64n - 1n }],
])("%s is read", (uri, address) => {
  expect(parseUri(uri)).toEqual(address);
});

// All measured with the peer, but for the last two, at which it crashes.
test.each([
  ["", "unknown migration protocol: "],
  ["defer", "unknown migration protocol: defer"],
  ["x-foo:a", "unknown migration protocol: x-foo:a"],
  ["tcp:", "error parsing address ''"],
  ["tcp:nohost", "error parsing address 'nohost'"],
  ["tcp:[::1", "error parsing IPv6 address '[::1'"],
  ["tcp:h:1,ipv4=maybe", "error parsing 'ipv4' flag '=maybe'"],
  ["unix:", "invalid Unix socket address"],
  ["vsock:", "error parsing address ''"],
  ["vsock:2", "error parsing address '2'"],
  ["fd:", "invalid file descriptor address"],
  ["file:/a,offset=zz", "file URI has bad offset zz: Invalid argument"],
  ["file:/a,offset=-1", "file URI has bad offset -1: Numerical result out of range"],
  [
    "file:/a,offset=18446744073709551616",
    "file URI has bad offset 18446744073709551616: Numerical result out of range",
  ],
  ["rdma:localhost", "error parsing address 'localhost'"],
  ["rdma:", "error parsing address ''"],
])("%s is refused", (uri, text) => {
  expect(() => parseUri(uri)).toThrow(text);
});
