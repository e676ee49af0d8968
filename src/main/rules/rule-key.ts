/** The key of a rule set: its file, its fingerprint, and the text from which it can be had back. */

import { createHash, randomBytes } from 'node:crypto';
import { closeSync, fchmodSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { KEY_LENGTH } from './identifiers.ts';

const FILE_FORMAT = 'studyport-rule-key/1';
const RECOVERY_TITLE = 'Studyport rule key';

// --- As a line of text --------------------------------------------------------------------------------------------

/** The key as it is kept in a file or a keychain: `studyport-rule-key/1 …`. */
function ruleKeyText(key: Uint8Array): string {
  return `${FILE_FORMAT} ${Buffer.from(key).toString('base64')}\n`;
}

/** Reads {@link ruleKeyText}; undefined when it is none. */
function parseRuleKeyText(text: string): Uint8Array | undefined {
  const [format, encoded, ...more] = text.trim().split(/\s+/);
  if (format !== FILE_FORMAT || encoded === undefined || more.length > 0) return undefined;
  const key = Buffer.from(encoded, 'base64');
  // Written back, because Buffer passes over what is no base64.
  return key.length === KEY_LENGTH && key.toString('base64') === encoded ? new Uint8Array(key) : undefined;
}

/** 16 hexadecimal digits that tell two keys apart and give neither away. */
export function fingerprint(key: Uint8Array): string {
  return sha256('fingerprint', key).toString('hex', 0, 8);
}

function sha256(label: string, key: Uint8Array): Buffer {
  return createHash('sha256').update(`${FILE_FORMAT}\0${label}\0`).update(key).digest();
}

// --- As a file ----------------------------------------------------------------------------------------------------

/**
 * Reads a key file. Throws, with what to do, when there is none, when it is broken, and when others than its owner may
 * read it (where the system has such rights).
 */
export function loadRuleKey(path: string): Uint8Array {
  const text = readFileSync(path, 'utf8');
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
    throw new Error(
      `The rule key ${path} can be read by others (mode ${mode.toString(8)}). Make it yours alone: chmod 600`,
    );
  }
  const key = parseRuleKeyText(text);
  if (!key) throw new Error(`${path} is no rule key, or is damaged. Put back a copy of it, or its recovery text`);
  return key;
}

/** Makes a new key of 32 random bytes and its file, which only its owner may read. Throws when the file exists. */
export function createRuleKey(path: string): Uint8Array {
  const key = new Uint8Array(randomBytes(KEY_LENGTH));
  const file = openSync(path, 'wx', 0o600);
  try {
    fchmodSync(file, 0o600);
    writeSync(file, ruleKeyText(key));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return key;
}

// --- As something to print and keep -------------------------------------------------------------------------------

/** Base 32 without the letters that are read as digits or as one another (Crockford): I, L, O, U. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LINES = 4;
const LINE_BYTES = KEY_LENGTH / LINES;
const CHECK_BYTES = 2;

/** The key as text to be printed: each line has a check sum, so that a mistyped character is noticed and found. */
export function recoveryText(name: string, key: Uint8Array): string {
  const lines = Array.from({ length: LINES }, (_, index) => {
    const part = key.subarray(index * LINE_BYTES, (index + 1) * LINE_BYTES);
    const digits = toDigits(Buffer.concat([part, lineCheck(index, part)]));
    return `${index + 1}: ${digits.match(/.{4}/g)!.join('-')}`;
  });
  return [
    RECOVERY_TITLE,
    'Who has it can find out whose studies these are. Without it the same patient gets other pseudonyms.',
    `name: ${name}`,
    ...lines,
    `check: ${wholeCheck(name, key)}`,
    '',
  ].join('\n');
}

/**
 * Reads {@link recoveryText}, also when it was typed: small letters, blanks and the letters O, I and L for digits do not
 * matter. Throws when it is none, or has a mistake, and says where that is.
 */
export function parseRecovery(text: string): { readonly name: string; readonly key: Uint8Array } {
  const field = (label: string) => new RegExp(`^[ \\t]*${label}[ \\t]*:[ \\t]*(.*?)[ \\t]*$`, 'im').exec(text)?.[1];
  const name = field('name');
  const check = field('check');
  if (name === undefined || check === undefined) {
    throw new Error('This is no recovery text: it has the lines name, 1 to 4, and check');
  }
  const key = new Uint8Array(KEY_LENGTH);
  for (let index = 0; index < LINES; index++) {
    const bytes = fromDigits(field(String(index + 1)) ?? '');
    const part = bytes?.subarray(0, LINE_BYTES);
    if (!part || !lineCheck(index, part).equals(bytes!.subarray(LINE_BYTES))) {
      throw new Error(`Line ${index + 1} is not as it was written down: compare its characters`);
    }
    key.set(part, index * LINE_BYTES);
  }
  if (wholeCheck(name, key) !== check.toLowerCase()) {
    throw new Error('The name or the check is not as it was written down: compare their characters');
  }
  return { name, key };
}

function lineCheck(index: number, part: Uint8Array): Buffer {
  return sha256(`line ${index + 1}`, part).subarray(0, CHECK_BYTES);
}

function wholeCheck(name: string, key: Uint8Array): string {
  return sha256(`name ${name}`, key).toString('hex', 0, 4);
}

/** Ten bytes as 16 digits. */
function toDigits(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.replace(/.{5}/g, (five) => DIGITS[Number.parseInt(five, 2)]!);
}

function fromDigits(text: string): Buffer | undefined {
  const digits = text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
  const values = [...digits].map((digit) => DIGITS.indexOf(digit));
  if (values.length !== ((LINE_BYTES + CHECK_BYTES) * 8) / 5 || values.includes(-1)) return undefined;
  const bits = values.map((value) => value.toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g)!.map((eight) => Number.parseInt(eight, 2)));
}
