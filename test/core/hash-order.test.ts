import { describe, expect, test } from "vitest";
import { hashOrder } from "backplane";

describe("hashOrder", () => {
  // Ids of devices, and the children of /machine/peripheral that the peer's qom-list gave for them, last one first.
  test.each([
    ["nv0 nv1 nv2", "nv0 nv2 nv1"],
    ["bkks c8nl rytb ckjqevt v_a.vetwt4", "c8nl v_a.vetwt4 ckjqevt rytb bkks"],
    [
      "anc9gyerd- nz na1 a.55wx asj ns99oqe9p c7ipx dlibvf- r a6 npy34ug7 aydj1ohf5 viyw vsvw",
      "anc9gyerd- vsvw dlibvf- nz asj a.55wx na1 ns99oqe9p npy34ug7 c7ipx a6 aydj1ohf5 r viyw",
    ],
    [
      "vyiws1x n nnlzegcclm b dwa14t1u dgmjkexy vj9qhrks rc4c cudb34 vhu cpkcmb-o rz rtl3xs akplnc.1 ra3d2 vkcc97-",
      "cpkcmb-o vkcc97- rc4c vyiws1x dgmjkexy ra3d2 b akplnc.1 nnlzegcclm rtl3xs dwa14t1u rz n vhu vj9qhrks cudb34",
    ],
  ])("%s", (added, walked) => {
    expect(hashOrder(added.split(" "))).toEqual(walked.split(" "));
  });

  test("loses nothing while the table grows", () => {
    const names = Array.from({ length: 500 }, (_, i) => `device[${i}]`);
    expect(hashOrder(names).sort()).toEqual([...names].sort());
  });
});
