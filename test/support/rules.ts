/** Rule sets on Data Sets in tests: what comes out, and how it reads. */

import { parseElements } from '#main/engine/dataset/elements.ts';
import { HEADER_TRANSFORM, type TransformOutcome } from '#main/engine/dataset/header-transform.ts';
import type { Encoding } from '#main/engine/dataset/transfer-syntax.ts';
import type { RuleResources } from '#main/rules/compile.ts';
import { type CompiledRuleSet, compileRuleSet } from '#main/rules/index.ts';
import { PS315_EDITION, type Ps315Option, type RuleSetInput } from '#shared/rules.ts';
import { buildDataSet, TEST_ENCODINGS, type TestElement, type TestEncoding } from './data-sets.ts';

export const KEY = Uint8Array.from({ length: 32 }, (_, index) => index * 7 + 1);

/** The Basic Profile with options, and whatever else a test wants. */
export function basic(options: Ps315Option[] = [], more: Partial<RuleSetInput> = {}): RuleSetInput {
  return {
    format: 'deid-profile/1',
    name: 'Test',
    base: { kind: 'ps315', edition: PS315_EDITION, options },
    ...more,
  };
}

/** Rules alone: everything else stays. */
export function only(rules: NonNullable<RuleSetInput['rules']>, more: Partial<RuleSetInput> = {}): RuleSetInput {
  return {
    format: 'deid-profile/1',
    name: 'Test',
    base: { kind: 'none' },
    defaults: { private: 'keep', unlisted: 'keep', overlays: 'keep', curves: 'keep' },
    rules,
    stamp: false,
    safety: { residual: 'off', burnedIn: 'off' },
    ...more,
  };
}

/** Sequence numbers in memory, for tests that are not about the table. */
export function countingPseudonyms(): NonNullable<RuleResources['pseudonyms']> {
  const numbers = new Map<string, number>();
  const number = (_key: string, scope: string, identity: string) => {
    const key = `${scope}\0${identity}`;
    if (!numbers.has(key))
      numbers.set(key, [...numbers.keys()].filter((one) => one.startsWith(`${scope}\0`)).length + 1);
    return numbers.get(key)!;
  };
  return { number } as NonNullable<RuleResources['pseudonyms']>;
}

export function compiled(ruleSet: RuleSetInput, resources: RuleResources = {}): CompiledRuleSet {
  return compileRuleSet(ruleSet, { key: KEY, pseudonyms: countingPseudonyms(), ...resources });
}

export const ORIGIN = {
  callingAeTitle: 'CT01',
  calledAeTitle: 'STUDYPORT',
  remoteAddress: '10.1.2.3',
  sopClassUid: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUid: '1.2.840.10008.1.2.1',
};

/** One object for each encoding, as the receiver has it: what is remembered of an object is remembered with it. */
const fullEncodings = new Map<TestEncoding, Encoding>();

function fullEncoding(encoding: TestEncoding): Encoding {
  const full = fullEncodings.get(encoding) ?? { ...encoding, deflated: false, encapsulated: false };
  fullEncodings.set(encoding, full);
  return full;
}

/** What a rule set makes of the bytes of a header. */
export function treat(
  rules: CompiledRuleSet,
  bytes: Uint8Array,
  encoding: TestEncoding = TEST_ENCODINGS.explicitLittle,
  origin = ORIGIN,
): TransformOutcome {
  const full = fullEncoding(encoding);
  const header = { bytes, elements: parseElements(bytes, full) };
  return rules[HEADER_TRANSFORM].transform({ header, encoding: full, origin });
}

/** The header that comes out; fails where none does. */
export function treated(
  ruleSet: RuleSetInput | CompiledRuleSet,
  elements: readonly TestElement[],
  encoding: TestEncoding = TEST_ENCODINGS.explicitLittle,
): Buffer {
  const rules = typeof ruleSet === 'function' ? ruleSet : compiled(ruleSet);
  const outcome = treat(rules, buildDataSet(encoding, elements), encoding);
  if (outcome.verdict !== 'store') throw new Error(`${outcome.verdict}: ${'reason' in outcome ? outcome.reason : ''}`);
  return Buffer.from(outcome.header.bytes);
}
