/** Structured reports under Clean Structured Content (PS3.15 E.3.4). */
import { describe, expect, test } from 'vitest';
import { buildDataSet, TEST_ENCODINGS, type TestElement, type TestItem } from '../../../support/data-sets.ts';
import { basic, treated } from '../../../support/rules.ts';

const text = (tag: number, vr: string, value: string): TestElement => ({ tag, vr, value });
const code = (value: string, meaning: string): TestElement => ({
  tag: 0x0040a043,
  vr: 'SQ',
  value: {
    items: [
      { elements: [text(0x00080100, 'SH', value), text(0x00080102, 'SH', 'DCM'), text(0x00080104, 'LO', meaning)] },
    ],
  },
});
const item = (type: string, concept: TestElement, ...value: TestElement[]): TestItem => ({
  elements: [text(0x0040a010, 'CS', 'CONTAINS'), text(0x0040a040, 'CS', type), concept, ...value].sort(
    (a, b) => a.tag - b.tag,
  ),
});
const content = (...items: TestItem[]): TestElement => ({ tag: 0x0040a730, vr: 'SQ', value: { items } });

const ACCESSION = item('TEXT', code('121022', 'Accession Number'), text(0x0040a160, 'UT', 'MARKER-1'));
const FINDING = item(
  'TEXT',
  code('121071', 'Finding'),
  text(0x0040a160, 'UT', 'Nodule of 5 mm, seen by Dr. Smith, Doe told'),
);
const OBSERVER = item('PNAME', code('121008', 'Person Observer Name'), text(0x0040a123, 'PN', 'MARKER^2'));
const NUMBER = item('NUM', code('121206', 'Distance'), {
  tag: 0x0040a300,
  vr: 'SQ',
  value: { items: [{ elements: [text(0x0040a30a, 'DS', '5.5')] }] },
});
const DEEP = item('CONTAINER', code('121070', 'Findings'), content(ACCESSION, FINDING));
const PATIENT = [text(0x00100010, 'PN', 'Doe^Jane'), text(0x00100020, 'LO', '4711')];
const report = [...PATIENT, content(ACCESSION, FINDING, OBSERVER, NUMBER, DEEP)];
const quiet = { safety: { residual: 'off', burnedIn: 'off' } } as const;

describe.each(Object.entries(TEST_ENCODINGS))('%s', (_, encoding) => {
  test('without the option nothing of the content stays', () => {
    const bytes = treated(basic([], quiet), report, encoding).toString('latin1');
    expect(bytes).not.toMatch(/MARKER|Nodule|Smith|5\.5/);
  });
  test('with it items of identifying concepts go, names get a dummy, text is cleaned, measurements stay', () => {
    const options = ['clean-structured-content', 'clean-descriptors'] as const;
    const bytes = treated(basic([...options], quiet), report, encoding).toString('latin1');
    expect(bytes).not.toMatch(/MARKER|Smith|Doe|Accession/);
    expect(bytes.match(/Nodule of 5 mm/g)).toHaveLength(2);
    expect(bytes).toContain('5.5');
    expect(bytes).toContain('Person Observer Name');
  });
});

test('the lengths of what is left are right', () => {
  const plain = treated(basic(['clean-structured-content'], { ...quiet, stamp: false }), [content(ACCESSION, NUMBER)]);
  expect(plain).toEqual(buildDataSet(TEST_ENCODINGS.explicitLittle, [content(NUMBER)]));
});
