/** Keys that are sent in pieces to a monitor on a UNIX socket; what comes back is written down piece by piece. */
export interface ReadlineCase {
  readonly name: string;
  /** Each sent when the answer to the one before has come; bytes as the characters of the same number. */
  readonly keys: readonly string[];
}

const LEFT = "\x1b[D";
const UP = "\x1b[A";
const DOWN = "\x1b[B";

/** What is completed must be there in the peer and here. */
export const readlineCases: readonly ReadlineCase[] = [
  {
    name: "editing",
    keys: ["info st", "atus\n", `abc\x01x\x05y${LEFT}${LEFT}z\n`, "\x10\x10", "\x17", "\x15", "info version\n"],
  },
  {
    name: "keys",
    keys: [
      "abc def ghi",
      "\x1b[1~\x1b[3~\x04",
      "\x1b[4~",
      "\x1bOH\x1bOF",
      "\x1b[H",
      "\x1b[F",
      "\x0c",
      "\x1b[12~",
      "\x9bD",
      "\x7f\x08",
      "\x17",
      "\x17\x17",
      "\x00\x02\x06\x0b\x1f",
      "\xc3\xa4\n",
      "x\x0c\n",
      "a b  \x17c\x01\x17\x05\n",
      "\x1bxy\x1b[1;5Cz\n",
    ],
  },
  {
    name: "history",
    keys: [
      "\x10\x0e",
      "one\n",
      "two\n",
      "one\n",
      "\x10\x10\x10",
      "\x0e\x0e",
      `${UP}${UP}x\n`,
      "info history\n",
      `${UP}${UP}\n`,
      `${UP}\x15\n${DOWN}`,
      "info history\n",
    ],
  },
  {
    name: "history-full",
    keys: [Array.from({ length: 66 }, (_, index) => `${index}\n`).join(""), UP, "\n", "info history\n", `${UP}${UP}\n`],
  },
  {
    name: "completion",
    keys: [
      "system_\t",
      "r\t\n",
      "info memo\t",
      "\x15",
      "info memory-\t\n",
      "help info uui\t\x15",
      "nosuch \t\x15",
      "info nosuch\t\x15",
      "qui\t\x15",
      "?\t\x15",
      "chardev-remove compat\t\x15",
      "migrate_set_capability xb\t o\t\x15",
      "migrate_set_parameter tls-c\tx\t\x15",
      "migrate_set_parameter announce-\t\x15",
      "watchdog_action \t\x15",
      'info "mtre\t\x15',
      "info mtre\x01info\t \n",
      "chardev-change \t\x15",
      "ringbuf_read \t\x15",
      "info registers -a \t\x15",
      "pmems\tx\n",
    ],
  },
  { name: "line-ends", keys: ["info status\r", "info status\r\n", "\n\n", "info version\ninfo uuid\n"] },
  { name: "long", keys: ["a".repeat(90), "\x01b", "\x15\x05\x17"] },
  { name: "quit", keys: ["stop\n", "info status\n", "cont\n", "quit\n"] },
];
