/** By golden: parts of what is sent where our answer is known to differ, and why. */
export const WAITING: { readonly [golden: string]: { readonly [sent: string]: string } } = {
  "none-queries": {
    "query-kvm": "the executable has no KVM, and does not say it had",
    "query-chardev": "the test's monitor is on standard input and output",
    "query-commands": "there are fewer commands here than in the peer",
  },
};
