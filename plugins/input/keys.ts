// Keys by name, with the code that Linux gives them (input-event-codes.h) and their number in scan code set 1, where 0x80
// marks the extended ones. The order is the peer's (QKeyCode).
const TABLE =
  "unmapped:0: shift:42:42 shift_r:54:54 alt:56:56 alt_r:100:184 ctrl:29:29 ctrl_r:97:157 menu:139:158 esc:1:1 " +
  "1:2:2 2:3:3 3:4:4 4:5:5 5:6:6 6:7:7 7:8:8 8:9:9 9:10:10 0:11:11 minus:12:12 equal:13:13 backspace:14:14 " +
  "tab:15:15 q:16:16 w:17:17 e:18:18 r:19:19 t:20:20 y:21:21 u:22:22 i:23:23 o:24:24 p:25:25 bracket_left:26:26 " +
  "bracket_right:27:27 ret:28:28 a:30:30 s:31:31 d:32:32 f:33:33 g:34:34 h:35:35 j:36:36 k:37:37 l:38:38 " +
  "semicolon:39:39 apostrophe:40:40 grave_accent:41:41 backslash:43:43 z:44:44 x:45:45 c:46:46 v:47:47 b:48:48 " +
  "n:49:49 m:50:50 comma:51:51 dot:52:52 slash:53:53 asterisk:55:55 spc:57:57 caps_lock:58:58 f1:59:59 f2:60:60 " +
  "f3:61:61 f4:62:62 f5:63:63 f6:64:64 f7:65:65 f8:66:66 f9:67:67 f10:68:68 num_lock:69:69 scroll_lock:70:70 " +
  "kp_divide:98:181 kp_multiply:55:55 kp_subtract:74:74 kp_add:78:78 kp_enter:96:156 kp_decimal:83:83 sysrq:99:84 " +
  "kp_0:82:82 kp_1:79:79 kp_2:80:80 kp_3:81:81 kp_4:75:75 kp_5:76:76 kp_6:77:77 kp_7:71:71 kp_8:72:72 kp_9:73:73 " +
  "less:86:86 f11:87:87 f12:88:88 print:99:84 home:102:199 pgup:104:201 pgdn:109:209 end:107:207 left:105:203 " +
  "up:103:200 down:108:208 right:106:205 insert:110:210 delete:111:211 stop:128:232 again:129:133 props:130:134 " +
  "undo:131:135 front:132:140 copy:133:248 open:134:100 paste:135:101 find:136:193 cut:137:188 lf:101:91 " +
  "help:138:245 meta_l:125:219 meta_r:126:220 compose:127:221 pause:119:198 ro:89:115 hiragana:91:119 " +
  "henkan:92:121 yen:124:125 muhenkan:94:123 katakanahiragana:93:112 kp_comma:121:126 kp_equals:117:89 " +
  "power:116:222 sleep:142:223 wake:143:227 audionext:163:153 audioprev:165:144 audiostop:166:164 " +
  "audioplay:164:162 audiomute:113:160 volumeup:115:176 volumedown:114:174 mediaselect:226:237 mail:155:236 " +
  "calculator:140:161 computer:157:235 ac_home:172:178 ac_back:158:234 ac_forward:159:233 ac_refresh:173:231 " +
  "ac_bookmarks:156:230 lang1:122:114 lang2:123:113 f13:183:93 f14:184:94 f15:185:95 f16:186:85 f17:187:131 " +
  "f18:188:247 f19:189:132 f20:190:90 f21:191:116 f22:192:249 f23:193:109 f24:194:111";

interface Key {
  readonly name: string;
  readonly linux: number;
  readonly number: number | undefined;
}

let keys: readonly Key[] | undefined;

function table(): readonly Key[] {
  keys ??= TABLE.split(" ").map((entry) => {
    const [name = "", linux, number] = entry.split(":");
    return { name, linux: Number(linux), number: number === "" ? undefined : Number(number) };
  });
  return keys;
}

export function keyNames(): readonly string[] {
  return table().map(({ name }) => name);
}

/** 0 where Linux has none. */
export function linuxKeyCode(name: string): number {
  return table().find((key) => key.name === name)?.linux ?? 0;
}

export function linuxKeyCodes(): readonly number[] {
  return table().map(({ linux }) => linux);
}

/** The number of "print" with Alt is a key of its own. */
const SYSRQ = 0xb7;

export function keyByNumber(number: number): string {
  if (number === SYSRQ) return "sysrq";
  return table().find((key) => key.number === number)?.name ?? "unmapped";
}
