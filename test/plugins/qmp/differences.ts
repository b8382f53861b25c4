/** By golden: parts of what is sent where our answer is known to differ, and why. */
export const WAITING: { readonly [golden: string]: { readonly [sent: string]: string } } = {
  "none-queries": {
    "query-kvm": "the executable has no KVM, and does not say it had",
    "query-chardev": "the test's monitor is on standard input and output",
    "query-commands": "there are fewer commands here than in the peer",
    '"execute":"qom-': "the object tree is not shown yet",
  },
  "none-objects": { '"execute":"qom-': "the object tree is not shown yet" },
  "none-mtree": { "info mtree": "the memory tree is not printed yet" },
  "q35-mtree": { "info mtree": "the memory tree is not printed yet" },
  "seed-queries": {
    '"execute":"qom-': "the object tree is not shown yet",
    "info mtree": "the memory tree is not printed yet",
  },
};
