/** Whatever Data Set comes: what comes out can be read, what no rule touches is the same bytes, broken bytes are refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { parseElements } from '#main/engine/dataset/elements.ts';
import { ValueError } from '#main/engine/dataset/values.ts';
import { BUILT_IN_RULE_SETS } from '#main/rules/index.ts';
import { arbitraryDataSet, buildDataSet, TEST_ENCODINGS, type TestElement } from '../../../support/data-sets.ts';
import { compiled, only, treat } from '../../../support/rules.ts';

const encodings = fc.constantFrom(...Object.values(TEST_ENCODINGS));
const sorted = arbitraryDataSet().map((elements) => elements.toSorted((a, b) => a.tag - b.tag));
const full = (encoding: (typeof TEST_ENCODINGS)['explicitBig']) => ({
  ...encoding,
  deflated: false,
  encapsulated: false,
});

test.each([...BUILT_IN_RULE_SETS.keys()])(
  '%s: a Data Set in, a Data Set or a verdict out, and the same again',
  (name) => {
    const rules = compiled(BUILT_IN_RULE_SETS.get(name)!);
    fc.assert(
      fc.property(sorted, encodings, (elements, encoding) => {
        const bytes = buildDataSet(encoding, elements);
        const before = Buffer.from(bytes);
        const outcome = treat(rules, bytes, encoding);
        expect(Buffer.from(bytes)).toEqual(before);
        const header =
          outcome.verdict === 'store'
            ? outcome.header
            : outcome.verdict === 'quarantine'
              ? outcome.treated?.header
              : undefined;
        if (!header) return;
        const read = parseElements(header.bytes, full(encoding));
        expect(header.elements).toEqual(read);
        const tags = read.map(({ tag }) => tag);
        expect(tags).toEqual(tags.toSorted((a, b) => a - b));
        expect(treat(rules, bytes, encoding)).toMatchObject({ verdict: outcome.verdict });
      }),
      { numRuns: 150 },
    );
  },
);

test('rules that select nothing leave the bytes as they are', () => {
  const rules = compiled(
    only([{ id: 'a', select: [{ kind: 'attribute', attribute: 'PatientMotherBirthName' }], action: { do: 'remove' } }]),
  );
  let compared = 0;
  fc.assert(
    fc.property(sorted, encodings, (elements, encoding) => {
      const kept = elements.filter(({ tag }) => (tag & 0xffff) !== 0 && tag >= 0x00080000 && tag !== 0x00101060);
      const bytes = buildDataSet(encoding, kept);
      const outcome = treat(rules, bytes, encoding);
      if (outcome.verdict !== 'store') throw new Error(outcome.verdict);
      // Group lengths and groups that are no data are locked out, inside as well.
      if (kept.some(isLockedOut)) return;
      compared += 1;
      expect(Buffer.from(outcome.header.bytes)).toEqual(Buffer.from(bytes));
    }),
    { numRuns: 200 },
  );
  expect(compared).toBeGreaterThan(100);
});

function isLockedOut({ tag, value }: TestElement): boolean {
  if ((tag & 0xffff) === 0 || tag < 0x00080000) return true;
  const items = typeof value === 'object' && 'items' in value ? value.items : [];
  return items.some((item) => item.elements.some(isLockedOut));
}

test('fuzzed headers: an outcome, or an error that stores nothing; never anything else', () => {
  const rules = compiled(BUILT_IN_RULE_SETS.get('research')!);
  const seed = fc.tuple(sorted, encodings, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }));
  let treatedOnes = 0;
  fc.assert(
    fc.property(seed, ([elements, encoding, hits]) => {
      const bytes = Buffer.from(buildDataSet(encoding, elements));
      if (bytes.length === 0) return;
      for (const [at, value] of hits) bytes[at % bytes.length] = value;
      try {
        if (treat(rules, bytes, encoding)) treatedOnes += 1;
      } catch (error) {
        if (!(error instanceof DataSetError || error instanceof ValueError || (error as Error).name === 'EditError'))
          throw error;
      }
    }),
    { numRuns: 600 },
  );
  expect(treatedOnes).toBeGreaterThan(30);
});
