/** Whatever Data Set comes: what comes out can be read, what no rule touches is the same bytes, broken bytes are refused. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { parseElements } from '#main/engine/dataset/elements.ts';
import type { TransformOutcome } from '#main/engine/dataset/header-transform.ts';
import { ValueError } from '#main/engine/dataset/values.ts';
import { BUILT_IN_RULE_SETS } from '#main/rules/index.ts';
import { arbitraryDataSet, buildDataSet, TEST_ENCODINGS, type TestElement } from '../../../support/data-sets.ts';
import { compiled, countingPseudonyms, only, treat } from '../../../support/rules.ts';

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

/** Objects of a few patients and studies, which have much in common and are never quite the same. */
const PIECES: Readonly<Record<string, readonly [tag: number, vr: string, ...values: (string | undefined)[]]>> = {
  charset: [0x00080005, 'CS', undefined, 'ISO_IR 100', 'ISO_IR 192'],
  imageType: [0x00080008, 'CS', 'ORIGINAL\\PRIMARY', 'DERIVED\\SECONDARY', undefined],
  class: [0x00080016, 'UI', '1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.7'],
  instance: [0x00080018, 'UI', '1.2.3.1', '1.2.3.2', '1.2.3.11'],
  accession: [0x00080050, 'SH', 'A-77001', '', undefined],
  modality: [0x00080060, 'CS', 'CT', 'US', 'ES'],
  description: [0x0008103e, 'LO', 'of Doe', 'of Ude', 'of Müller', 'Dose report', '4711-815', undefined],
  name: [0x00100010, 'PN', 'Doe^Jane', 'Ude^Jane', 'Müller^Eva', '', undefined],
  id: [0x00100020, 'LO', '4711-815', '4711-816', undefined],
  born: [0x00100030, 'DA', '19700101', '19710203', undefined],
  otherIds: [0x00101000, 'LO', 'X-99', undefined, `of Ude${' '.repeat(1100)}`],
  study: [0x0020000d, 'UI', '1.2.3.7', '1.2.3.8', '1.2.3.8\\1.2.3.7'],
  series: [0x0020000e, 'UI', '1.2.3.7', '1.2.3.9', `1.2.${'3'.repeat(150)}`],
  rows: [0x00280010, 'US', '512', undefined],
  annotation: [0x00280301, 'CS', 'YES', 'NO', undefined],
};
const piece = fc.constantFrom(...Object.keys(PIECES)).chain((name) => {
  const [, , ...values] = PIECES[name]!;
  return fc.record({ name: fc.constant(name), value: fc.constantFrom(...values) });
});
/** Each differs from the one before in one or two values. */
const similarObjects = fc
  .tuple(
    fc.tuple(...Object.values(PIECES).map(([, , ...values]) => fc.constantFrom(...values))),
    fc.array(fc.tuple(fc.array(piece, { minLength: 1, maxLength: 2 }), fc.nat(20)), { minLength: 2, maxLength: 20 }),
  )
  .map(([first, changes]) => {
    let object = Object.fromEntries(Object.keys(PIECES).map((name, index) => [name, first[index]]));
    return changes.map(([pieces, way]) => {
      object = { ...object, ...Object.fromEntries(pieces.map(({ name, value }) => [name, value])) };
      const all = Object.values(TEST_ENCODINGS);
      return [object, way < 18 ? TEST_ENCODINGS.explicitLittle : all[way % all.length]!] as const;
    });
  });

function elementsOf(object: Readonly<Record<string, string | undefined>>): TestElement[] {
  return Object.entries(PIECES).flatMap(([name, [tag, vr]]) => {
    const value = object[name];
    if (value === undefined) return [];
    // The patient's own as old senders write it, whatever they declare: the charset decides what it says.
    const charset = name !== 'name' && object.charset === 'ISO_IR 192' ? 'utf8' : 'latin1';
    return { tag, vr, value: vr === 'US' ? [Number(value)] : Buffer.from(value, charset) } as TestElement;
  });
}

const SUSPICIOUS = only([{ id: 'uids', select: [{ kind: 'vr', vr: 'UI' }], action: { do: 'uid' } }], {
  safety: { residual: 'warn', burnedIn: 'warn' },
});

test.each([
  ...[...BUILT_IN_RULE_SETS.keys()].map((name) => [name, BUILT_IN_RULE_SETS.get(name)!] as const),
  ['everything that is left is warned of', SUSPICIOUS] as const,
])('%s: what was treated before makes no difference', (name, ruleSet) => {
  // Numbers are counted on purpose.
  const pseudonyms = countingPseudonyms();
  const fresh = () => compiled(ruleSet as never, { pseudonyms });
  const used = fresh();
  // As that of a socket, which is used again.
  const memory = Buffer.alloc(16_384);
  const verdicts = new Map<string, number>();
  fc.assert(
    fc.property(similarObjects, (objects) => {
      for (const [object, encoding] of objects) {
        const bytes = buildDataSet(encoding, elementsOf(object));
        memory.set(bytes);
        const outcome = treat(used, memory.subarray(0, bytes.length), encoding);
        const alone = treat(fresh(), bytes, encoding);
        expect(withoutFunctions(outcome)).toEqual(withoutFunctions(alone));
        verdicts.set(outcome.verdict, (verdicts.get(outcome.verdict) ?? 0) + 1);
      }
    }),
    { numRuns: 100 },
  );
  expect(verdicts.get(name === 'off' ? 'unchanged' : 'store')).toBeGreaterThan(50);
});

function withoutFunctions(outcome: TransformOutcome): unknown {
  return JSON.parse(JSON.stringify(outcome, (_key, value) => (value instanceof Uint8Array ? [...value] : value)));
}

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
