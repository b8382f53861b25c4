// Every call of the host, failing at the n-th time with each of four errors: what becomes of the machine.
import { describe, expect, test } from "vitest";
import { definePlugin, HostCallError, RAM_BLOCK_NOTIFIERS, type HostErrno, type HostFault } from "backplane";
import { withMachine } from "backplane/kit";
import { CPUS, type Cpus, type PossibleCpu } from "backplane/plugins/x86-cpu/contract";
import { nvmmMachine, PAGE, Rig } from "./rig.ts";

const ERRNOS: readonly HostErrno[] = ["ENOSPC", "ENOMEM", "EINVAL", "EIO"];
const NTH = [1, 2, 3];
const BASE = 0x10_0000;

/** Two processors that come while the machine is made, and of which one goes. */
class TwoProcessors implements Pick<Cpus, "onPlug" | "onUnplug"> {
  readonly plugged: ((cpu: PossibleCpu) => void)[] = [];
  readonly unplugged: ((cpu: PossibleCpu) => void)[] = [];
  onPlug(listener: (cpu: PossibleCpu) => void) {
    this.plugged.push(listener);
    return { dispose: () => undefined };
  }
  onUnplug(listener: (cpu: PossibleCpu) => void) {
    this.unplugged.push(listener);
    return { dispose: () => undefined };
  }
  tell(listeners: readonly ((cpu: PossibleCpu) => void)[], index: number): void {
    for (const listener of listeners) listener({ index } as PossibleCpu);
  }
}

interface Outcome {
  readonly refused: string | undefined;
  /** Of three blocks, those that the guest sees as devices do; the second is unplugged and plugged again. */
  readonly seen: readonly boolean[];
  readonly errors: readonly string[];
  /** What a notifier heard that is told after NVMM's. */
  readonly heard: readonly string[];
}

/** Plugs three blocks, replaces one, gives and takes processors, under a fault. */
async function storyUnder(fault: HostFault): Promise<Outcome> {
  const cpus = new TwoProcessors();
  const processors = definePlugin({
    id: "processors",
    apiVersion: 1,
    summary: "two processors",
    provides: [CPUS],
    attach: (machine) => machine.provideValue(CPUS, cpus as unknown as Cpus),
  });
  const heard: string[] = [];
  const later = definePlugin({
    id: "later",
    apiVersion: 1,
    summary: "hears after nvmm",
    attach(machine) {
      const notifier = {
        name: "later",
        ramBlockAdded: () => void heard.push("added"),
        ramBlockRemoved: () => void heard.push("removed"),
      };
      machine.own(machine.use(RAM_BLOCK_NOTIFIERS).add(notifier));
    },
  });
  const { with: plugins = [], ...rest } = nvmmMachine({ faults: [fault] });
  try {
    return await withMachine({ ...rest, with: [later, processors, ...plugins] }, (machine, log) => {
      const rig = new Rig(machine, log);
      cpus.tell(cpus.plugged, 0);
      cpus.tell(cpus.plugged, 1);
      cpus.tell(cpus.unplugged, 1);
      const at = [0, 1, 2].map((index) => BASE + index * 0x10_0000);
      const [first = 0, second = 0, third = 0] = at;
      rig.plug("one", first);
      const gone = rig.plug("two", second);
      rig.unplug(gone);
      rig.plug("two again", second);
      rig.plug("three", third, 8 * PAGE);
      for (const place of at) rig.write(place, 1);
      const seen = at.map((place) => rig.guestRead(place)?.[0] === 1);
      return { refused: undefined, seen, errors: rig.errors(), heard: [...heard] };
    });
  } catch (failure) {
    return { refused: failure instanceof Error ? failure.message : String(failure), seen: [], errors: [], heard };
  }
}

const ALL_HEARD = ["added", "added", "removed", "added", "added"];
const table = (calls: readonly string[], nths = NTH) =>
  calls.flatMap((call) => nths.flatMap((nth) => ERRNOS.map((errno) => ({ call, nth, errno }))));

describe("the machine refuses to start", () => {
  test.each(table(["init", "capability", "machineCreate", "vcpuCreate"], [1]))("$call: $errno", async (fault) => {
    const { refused } = await storyUnder(fault);
    const { errno, text } = new HostCallError(fault.call, fault.errno);
    const texts: Record<string, string> = {
      init: `NVMM: Initialization failed, error=${errno}`,
      capability: `NVMM: Unable to fetch capability, error=${errno}`,
      machineCreate: `NVMM: Machine creation failed, error=${errno}`,
      vcpuCreate: `nvmm_init_vcpu failed: ${text}`,
    };
    expect(refused).toBe(texts[fault.call]);
  });
});

describe("the machine goes on", () => {
  test.each(table(["hvaMap", "gpaMap"]))("without the block whose $call fails ($nth, $errno)", async (fault) => {
    const { seen, errors, heard, refused } = await storyUnder(fault);
    expect(refused).toBeUndefined();
    // The second block's mapping is made twice; the first of the two is gone when the story ends.
    expect(seen).toEqual([fault.nth !== 1, fault.nth !== 3, true]);
    expect(errors[0]).toContain(`error=${new HostCallError(fault.call, fault.errno).errno}`);
    expect(heard).toEqual(ALL_HEARD);
  });

  test.each(table(["hvaUnmap"], [1]))("with stale memory when hvaUnmap fails ($errno)", async (fault) => {
    const { seen, errors, heard } = await storyUnder(fault);
    expect(seen).toEqual([true, false, true]);
    expect(errors).toEqual([expect.stringContaining("Failed to unmap HVA")]);
    expect(heard).toEqual(ALL_HEARD);
  });

  test.each(table(["gpaUnmap"], [1]))("without what comes where gpaUnmap failed ($errno)", async (fault) => {
    const { seen, errors, heard } = await storyUnder(fault);
    expect(seen).toEqual([true, false, true]);
    expect(errors).toEqual([
      expect.stringContaining("Failed to unmap GPA range 'two'"),
      expect.stringContaining("Failed to map GPA range 'two again'"),
    ]);
    expect(heard).toEqual(ALL_HEARD);
  });

  test.each(table(["machineDestroy", "vcpuDestroy"], [1]))(
    "and ends as ever when $call fails ($errno)",
    async (fault) => {
      const { seen, errors, heard, refused } = await storyUnder(fault);
      expect([refused, seen, errors]).toEqual([undefined, [true, true, true], []]);
      expect(heard).toEqual(ALL_HEARD);
    },
  );

  test("and takes everything back at its end, also when each unmap fails then", async () => {
    const every = { nth: 2, times: 1000, errno: "EIO" } as const;
    expect((await storyUnder({ call: "hvaUnmap", ...every })).refused).toBeUndefined();
    expect((await storyUnder({ call: "gpaUnmap", ...every })).refused).toBeUndefined();
  });
});

test("a fault in a call that NVMM does not have is refused", async () => {
  expect((await storyUnder({ call: "fork", nth: 1, errno: "EIO" })).refused).toContain("nvmm has no call 'fork'");
});
