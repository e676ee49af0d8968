/** Conditions on an object as it came: its attributes and its association. */

import { BlockList, isIP } from 'node:net';
import type { ObjectOrigin } from '#main/engine/dataset/header-transform.ts';
import { attributeTag, type Condition, type ValueTest } from '#shared/rules.ts';
import { compilePattern } from './patterns.ts';
import type { Subject } from './subject.ts';

export type Test = (subject: Subject) => boolean;

/**
 * A condition as a function. `fail` hears of mistakes that the schema cannot see, with their path below the condition.
 */
export function compileCondition(condition: Condition, fail: (path: string, message: string) => void): Test {
  switch (condition.kind) {
    case 'all':
    case 'any': {
      const tests = condition.of.map((one, index) =>
        compileCondition(one, (path, message) => fail(`.of[${index}]${path}`, message)),
      );
      if (condition.kind === 'all') return (subject) => tests.every((test) => test(subject));
      return (subject) => tests.some((test) => test(subject));
    }
    case 'not': {
      const test = compileCondition(condition.of, (path, message) => fail(`.of${path}`, message));
      return (subject) => !test(subject);
    }
    case 'attribute': {
      const tag = attributeTag(condition.attribute)!;
      const test = compileValueTest(condition.test, (message) => fail('.test', message));
      return (subject) => test(subject.text(tag), () => subject.values(tag));
    }
    case 'association':
      return associationTest(condition.field, condition.in, (message) => fail('.in', message));
  }
}

type TextTest = (text: string | undefined, values: () => readonly string[]) => boolean;

/** One of several values is enough. */
function compileValueTest(test: ValueTest, fail: (message: string) => void): TextTest {
  const some =
    (holds: (value: string) => boolean): TextTest =>
    (text, values) =>
      text !== undefined && values().some(holds);
  switch (test.op) {
    case 'present':
      return (text) => text !== undefined;
    case 'absent':
      return (text) => text === undefined;
    case 'empty':
      return (text) => text === '';
    case 'equals':
    case 'contains':
    case 'starts': {
      const fold = folding(test.ignoreCase);
      const wanted = fold(test.value);
      if (test.op === 'contains') return some((value) => fold(value).includes(wanted));
      if (test.op === 'starts') return some((value) => fold(value).startsWith(wanted));
      return some((value) => fold(value) === wanted);
    }
    case 'in': {
      const fold = folding(test.ignoreCase);
      const wanted = new Set(test.values.map(fold));
      return some((value) => wanted.has(fold(value)));
    }
    case 'matches': {
      const pattern = compilePattern(test);
      if (typeof pattern === 'string') {
        fail(pattern);
        return () => false;
      }
      return some((value) => pattern.test(value));
    }
    case 'before':
    case 'after': {
      const { date } = test;
      return some((value) => {
        const digits = value.replace(/\D/g, '').slice(0, date.length);
        if (digits.length < date.length) return false;
        return test.op === 'before' ? digits < date : digits > date;
      });
    }
    default: {
      const compare = COMPARISONS[test.op];
      return some((value) => compare(numberOf(value), test.value));
    }
  }
}

const COMPARISONS = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
};

/** Ages (AS) count in years: `006M` is half of one. NaN compares to nothing. */
function numberOf(value: string): number {
  const age = /^(\d{3})([DWMY])$/.exec(value);
  if (!age) return value.trim() === '' ? Number.NaN : Number(value);
  return Number(age[1]) / { D: 365.25, W: 52.18, M: 12, Y: 1 }[age[2] as 'D' | 'W' | 'M' | 'Y'];
}

function folding(ignoreCase: boolean): (text: string) => string {
  return ignoreCase ? (text) => text.toLowerCase() : (text) => text;
}

function associationTest(
  field: 'calling-ae' | 'called-ae' | 'address' | 'sop-class' | 'transfer-syntax',
  entries: readonly string[],
  fail: (message: string) => void,
): Test {
  if (field === 'address') {
    const list = addressList(entries, fail);
    return ({ origin }) => {
      const family = isIP(origin.remoteAddress);
      return family !== 0 && list.check(origin.remoteAddress, family === 6 ? 'ipv6' : 'ipv4');
    };
  }
  const wanted = new Set(entries.map((entry) => entry.trim()));
  const read: Record<typeof field, (origin: ObjectOrigin) => string> = {
    'calling-ae': (origin) => origin.callingAeTitle,
    'called-ae': (origin) => origin.calledAeTitle,
    'sop-class': (origin) => origin.sopClassUid,
    'transfer-syntax': (origin) => origin.transferSyntaxUid,
  };
  return ({ origin }) => wanted.has(read[field](origin).trim());
}

function addressList(entries: readonly string[], fail: (message: string) => void): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.trim().split('/');
    const family = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    const most = family === 6 ? 128 : 32;
    if (family === 0 || (bits !== undefined && !(Number.isInteger(bits) && bits >= 0 && bits <= most))) {
      fail(`"${entry}" is not an address (192.168.1.7) and not a network (10.0.0.0/8)`);
      continue;
    }
    const kind = family === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, kind);
    else list.addSubnet(address, bits, kind);
  }
  return list;
}
