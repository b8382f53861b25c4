import { expect, test } from "vitest";
import { NETWORK } from "../../../plugins/net/contract.ts";
import { q35, withBoard } from "../pci/board.ts";

test("cards get addresses by themselves, and names by their number", () =>
  withBoard(q35("-device", "e1000e", "-device", "e1000e,id=n,mac=02-00-00-00-00-01", "-device", "e1000e"), (board) => {
    const network = board.machine.service(NETWORK);
    expect(network.describe().split("\n")).toEqual([
      "e1000e.0: index=0,type=nic,model=e1000e,macaddr=52:54:00:12:34:56",
      "n: index=0,type=nic,model=e1000e,macaddr=02:00:00:00:00:01",
      "e1000e.2: index=0,type=nic,model=e1000e,macaddr=52:54:00:12:34:57",
      "",
    ]);
    expect(network.find("n")).toBe("card");
  }));

test("a back end that is not there is refused in the peer's words", async () => {
  await expect(withBoard(q35("-device", "e1000e,netdev=n0"), () => undefined)).rejects.toThrow(
    "Property 'e1000e.netdev' can't find value 'n0'",
  );
});
