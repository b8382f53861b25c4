// Scan codes of keys: IBM PS/2 Hardware Interface Technical Reference, "Keyboard (101/102-Key)", sets 1 to 3; of keys that
// came later, Microsoft's Keyboard Scan Code Specification. 0xe0 in the upper byte marks an extended code.

export type ScanCodeSet = 1 | 2 | 3;

/** Name, and the code in each set; a set that does not have the key has nothing. */
const TABLE =
  "shift:2a:12:12 shift_r:36:59:59 alt:38:11:19 alt_r:e038:e011:39 ctrl:1d:14:11 ctrl_r:e01d:e014:58 " +
  "menu:e01e::91 esc:1:76:8 1:2:16:16 2:3:1e:1e 3:4:26:26 4:5:25:25 5:6:2e:2e 6:7:36:36 7:8:3d:3d 8:9:3e:3e " +
  "9:a:46:46 0:b:45:45 minus:c:4e:4e equal:d:55:55 backspace:e:66:66 tab:f:d:d q:10:15:15 w:11:1d:1d " +
  "e:12:24:24 r:13:2d:2d t:14:2c:2c y:15:35:35 u:16:3c:3c i:17:43:43 o:18:44:44 p:19:4d:4d " +
  "bracket_left:1a:54:54 bracket_right:1b:5b:5b ret:1c:5a:5a a:1e:1c:1c s:1f:1b:1b d:20:23:23 f:21:2b:2b " +
  "g:22:34:34 h:23:33:33 j:24:3b:3b k:25:42:42 l:26:4b:4b semicolon:27:4c:4c apostrophe:28:52:52 " +
  "grave_accent:29:e:e backslash:2b:5d:5c z:2c:1a:1a x:2d:22:22 c:2e:21:21 v:2f:2a:2a b:30:32:32 n:31:31:31 " +
  "m:32:3a:3a comma:33:41:41 dot:34:49:49 slash:35:4a:4a asterisk:37:7c:7e spc:39:29:29 caps_lock:3a:58:14 " +
  "f1:3b:5:7 f2:3c:6:f f3:3d:4:17 f4:3e:c:1f f5:3f:3:27 f6:40:b:2f f7:41:83:37 f8:42:a:3f f9:43:1:47 " +
  "f10:44:9:4f num_lock:45:77:76 scroll_lock:46:7e:5f kp_divide:e035:e04a:4a kp_multiply:37:7c:7e " +
  "kp_subtract:4a:7b:4e kp_add:4e:79:7c kp_enter:e01c:e05a:79 kp_decimal:53:71:71 sysrq:54:7f:57 kp_0:52:70:70 " +
  "kp_1:4f:69:69 kp_2:50:72:72 kp_3:51:7a:7a kp_4:4b:6b:6b kp_5:4c:73:73 kp_6:4d:74:74 kp_7:47:6c:6c " +
  "kp_8:48:75:75 kp_9:49:7d:7d less:56:61:13 f11:57:78:56 f12:58:7:5e print:54:7f:57 home:e047:e06c:6e " +
  "pgup:e049:e07d:6f pgdn:e051:e07a:6d end:e04f:e069:65 left:e04b:e06b:61 up:e048:e075:63 down:e050:e072:60 " +
  "right:e04d:e074:6a insert:e052:e070:67 delete:e053:e071:64 stop:e068:e028:a again:e005::b props:e006::c " +
  "undo:e007::10 front:e00c:: copy:e078::18 open:64::20 paste:65::28 find:e041::30 cut:e03c::38 lf:5b:: " +
  "help:e075::9 meta_l:e05b:e01f:8b meta_r:e05c:e027:8c compose:e05d:e02f:8d pause:e046:e077:62 ro:73:51: " +
  "hiragana:77:62:87 henkan:79:64:86 yen:7d:6a:5d muhenkan:7b:67:85 katakanahiragana:70:13:87 kp_comma:7e:6d: " +
  "kp_equals:59:f: power:e05e:e037: sleep:e05f:e03f: wake:e063:e05e: audionext:e019:e04d:93 " +
  "audioprev:e010:e015:94 audiostop:e024:e03b:98 audioplay:e022:e034: audiomute:e020:e023:9c " +
  "volumeup:e030:e032:95 volumedown:e02e:e021:9d mediaselect:e06d:e050: mail:e06c:e048: " +
  "calculator:e021:e02b:a3 computer:e06b:e040: ac_home:e032:e03a:97 ac_back:e06a:e038: ac_forward:e069:e030: " +
  "ac_refresh:e067:e020: ac_bookmarks:e066:e018: lang1:72:: lang2:71:: f13:5d:2f:7f f14:5e:37:80 f15:5f:3f:81 " +
  "f16:55::82 f17:e003::83 f18:e077:: f19:e004:: f20:5a:: f21:74:: f22:e079:: f23:6d:: f24:6f::";

/** What the controller makes of set 2, so that systems see set 1 ("Keyboard controller", scan code translation). */
const TRANSLATION =
  "ff43413f3d3b3c58644442403e0f295965382a701d10025a66712c1f1e11035b" +
  "672e2d201205045c68392f211413065d693130232215075e6a7232241608095f" +
  "6b332517180b0a606c34352627190c616d7328741a0d626e3a361c1b752b6376" +
  "55567778797a0e7b7c4f7d4b477e7f6f5253504c4d480145574e514a37494654";
/** Two codes beyond: F7 and the key of system requests. */
const TRANSLATED_BEYOND: ReadonlyMap<number, number> = new Map([
  [0x83, 0x41],
  [0x84, 0x54],
]);

let codes: ReadonlyMap<string, readonly number[]> | undefined;

/** 0 where the set does not have the key. */
export function scanCode(key: string, set: ScanCodeSet): number {
  codes ??= new Map(
    TABLE.split(" ").map((row) => {
      const [name = "", ...values] = row.split(":");
      return [name, values.map((value) => (value === "" ? 0 : Number.parseInt(value, 16)))];
    }),
  );
  return codes.get(key)?.[set - 1] ?? 0;
}

let translation: Uint8Array | undefined;

export function translated(code: number): number {
  translation ??= Buffer.from(TRANSLATION, "hex");
  return translation[code] ?? TRANSLATED_BEYOND.get(code) ?? code;
}
