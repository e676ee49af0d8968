/** Rules on elements: precedence, depth, actions, private blocks, character sets, lengths. */
import { describe, expect, test } from 'vitest';
import { buildDataSet, TEST_ENCODINGS, type TestElement } from '../../../support/data-sets.ts';
import { basic, compiled, only, treat, treated } from '../../../support/rules.ts';

const ID: TestElement = { tag: 0x00100020, vr: 'LO', value: '4711' };
const NAME: TestElement = { tag: 0x00100010, vr: 'PN', value: 'Doe^Jane' };
const MODALITY: TestElement = { tag: 0x00080060, vr: 'CS', value: 'CT' };
const explicit = (...elements: TestElement[]) => buildDataSet(TEST_ENCODINGS.explicitLittle, elements);
const rule = (select: object | object[], action: object, more: object = {}) =>
  ({ id: `r${Math.random()}`, select: [select].flat(), action, ...more }) as never;
const attribute = (name: string) => ({ kind: 'attribute', attribute: name });
const nested = (element: TestElement, undefinedLength = false): TestElement => ({
  tag: 0x00081140,
  vr: 'SQ',
  undefinedLength,
  value: {
    items: [
      {
        undefinedLength,
        elements: [{ tag: 0x00081199, vr: 'SQ', value: { items: [{ elements: [element] }] } }],
      },
    ],
  },
});

describe('a tag that is there twice, as no Data Set may have it', () => {
  const description: TestElement = { tag: 0x0008103e, vr: 'LO', value: 'scan of Doe' };
  const names = (...values: string[]): TestElement[] => values.map((value) => ({ ...NAME, value }));
  const orders = [
    [['', 'Doe^Jane']],
    [['Doe^Jane', '']],
    [['Ude^Eva', 'Doe^Jane']],
    [['Doe^Jane', 'Ude^Eva']],
  ] as const;

  test.each(orders)('%j: each of them is the patient’s own', (values) => {
    const clean = only([rule(attribute('SeriesDescription'), { do: 'clean' })]);
    expect(treated(clean, [description, ...names(...values)]).includes('Doe ')).toBe(false);
    const scan = only([rule(attribute('PatientName'), { do: 'remove' })], {
      safety: { residual: 'quarantine', burnedIn: 'off' },
    });
    const rules = compiled(scan);
    // Also when an object with the one or the other alone came before.
    for (const before of [values, [values[0]], values, [values[1]], values]) {
      const outcome = treat(rules, explicit(description, ...names(...before)));
      expect(outcome.verdict).toBe(before.includes('Doe^Jane') ? 'quarantine' : 'store');
    }
  });

  test.each(orders)('%j: a condition looks at each of them', (values) => {
    const when = { kind: 'attribute', attribute: 'PatientName', test: { op: 'equals', value: 'Doe^Jane' } };
    const rules = only([rule(attribute('SeriesDescription'), { do: 'remove' }, { when })]);
    expect(treated(rules, [description, ...names(...values)])).toEqual(explicit(...names(...values)));
  });
});

describe('the first rule that matches wins', () => {
  test('in the order they are written', () => {
    const keep = rule(attribute('PatientID'), { do: 'keep' });
    const remove = rule({ kind: 'range', from: '00100000', to: '0010FFFF' }, { do: 'remove' });
    expect(treated(only([keep, remove]), [MODALITY, NAME, ID])).toEqual(explicit(MODALITY, ID));
    expect(treated(only([remove, keep]), [MODALITY, NAME, ID])).toEqual(explicit(MODALITY));
  });

  test('a rule comes before the table, and the table before the defaults', () => {
    const keepName = rule(attribute('PatientName'), { do: 'keep' });
    const result = treated(basic([], { rules: [keepName], stamp: false, safety: { residual: 'off' } }), [NAME, ID]);
    expect(result).toEqual(explicit(NAME, { ...ID, value: 'ANONYMIZED' }));
  });

  test('one that is off, or whose condition fails, is passed by', () => {
    const when = (value: string) => ({
      when: { kind: 'attribute', attribute: 'Modality', test: { op: 'equals', value } },
    });
    const remove = (more: object) => only([rule(attribute('PatientID'), { do: 'remove' }, more)]);
    expect(treated(remove({ on: false }), [MODALITY, ID])).toEqual(explicit(MODALITY, ID));
    expect(treated(remove(when('MR')), [MODALITY, ID])).toEqual(explicit(MODALITY, ID));
    expect(treated(remove(when('ct')), [MODALITY, ID])).toEqual(explicit(MODALITY));
  });

  test('conditions read what came, whatever rules did before', () => {
    const first = rule(attribute('Modality'), { do: 'set', template: 'MR' });
    const second = rule(
      attribute('PatientID'),
      { do: 'remove' },
      {
        when: { kind: 'attribute', attribute: 'Modality', test: { op: 'equals', value: 'CT' } },
      },
    );
    expect(treated(only([first, second]), [MODALITY, ID])).toEqual(explicit({ ...MODALITY, value: 'MR' }));
  });
});

describe.each(Object.entries(TEST_ENCODINGS))('depth and lengths, %s', (_, encoding) => {
  const build = (...elements: TestElement[]) => buildDataSet(encoding, elements);

  test.each([false, true])('an element three levels down (undefined lengths: %s)', (undefinedLength) => {
    const result = treated(
      only([rule(attribute('PatientID'), { do: 'set', template: 'A' })]),
      [nested(ID, undefinedLength), ID],
      encoding,
    );
    expect(result).toEqual(build(nested({ ...ID, value: 'A' }, undefinedLength), { ...ID, value: 'A' }));
  });

  test('only at the top, only nested, only where the path leads', () => {
    const remove = (more: object, select: object = attribute('PatientID')) =>
      only([rule(select, { do: 'remove' }, more)]);
    const both = [nested(ID), ID];
    expect(treated(remove({ depth: 'top' }), both, encoding)).toEqual(build(nested(ID)));
    const empty: TestElement = {
      tag: 0x00081140,
      vr: 'SQ',
      value: { items: [{ elements: [{ tag: 0x00081199, vr: 'SQ', value: { items: [{ elements: [] }] } }] }] },
    };
    expect(treated(remove({ depth: 'nested' }), both, encoding)).toEqual(build(empty, ID));
    const path = { kind: 'path', path: 'ReferencedImageSequence[*].ReferencedSOPSequence[0].PatientID' };
    expect(treated(remove({}, path), both, encoding)).toEqual(build(empty, ID));
    const other = { kind: 'path', path: 'ReferencedImageSequence[1].ReferencedSOPSequence[*].PatientID' };
    expect(treated(remove({}, other), both, encoding)).toEqual(build(...both));
  });

  test('bytes that no rule touches are the same bytes', () => {
    const odd: TestElement = { tag: 0x00204000, vr: 'LT', value: ' two  blanks kept ' };
    const untouched = [nested({ tag: 0x00204000, vr: 'LT', value: 'x ' }, true), MODALITY, odd].sort(
      (a, b) => a.tag - b.tag,
    );
    expect(treated(only([rule(attribute('PatientID'), { do: 'remove' })]), untouched, encoding)).toEqual(
      build(...untouched),
    );
  });
});

describe('sequences that hide', () => {
  const inner = (): TestElement[] => [
    { tag: 0x00100010, vr: 'PN', value: 'MARKER^A' },
    { tag: 0x00280010, vr: 'US', value: [3] },
  ];
  const quiet = { stamp: false, safety: { residual: 'off' } } as const;

  test.each([true, false])(
    'in UN, whatever is around it: implicit little endian inside (undefined length: %s)',
    (undefinedLength) => {
      for (const encoding of [TEST_ENCODINGS.explicitLittle, TEST_ENCODINGS.explicitBig]) {
        const sequence: TestElement = {
          tag: 0x00081140,
          vr: 'UN',
          undefinedLength,
          value: { items: [{ elements: inner(), undefinedLength }] },
        };
        const bytes = treated(only([rule(attribute('PatientName'), { do: 'remove' })]), [MODALITY, sequence], encoding);
        expect(bytes.includes('MARKER')).toBe(false);
        const left: TestElement = {
          ...sequence,
          value: { items: [{ elements: inner().slice(1), undefinedLength }] },
        };
        expect(bytes).toEqual(buildDataSet(encoding, [MODALITY, left]));
      }
    },
  );

  test('in a private sequence that a rule keeps', () => {
    const creator: TestElement = { tag: 0x00290010, vr: 'LO', value: 'MAKER' };
    const sequence: TestElement = {
      tag: 0x00291001,
      vr: 'SQ',
      value: { items: [{ elements: inner() }] },
    };
    const keep = rule({ kind: 'private', group: '0029', creator: 'MAKER' }, { do: 'keep' });
    const bytes = treated(basic([], { ...quiet, rules: [keep] }), [creator, sequence]);
    expect(bytes.includes('MARKER')).toBe(false);
    expect(bytes).toEqual(
      explicit(creator, {
        ...sequence,
        value: {
          items: [{ elements: [{ tag: 0x00100010, vr: 'PN', value: '' }, ...inner().slice(1)] }],
        },
      }),
    );
  });
});

describe('private elements', () => {
  const creator: TestElement = { tag: 0x00e10010, vr: 'LO', value: 'ELSCINT1' };
  const safe: TestElement = { tag: 0x00e11021, vr: 'DS', value: '12' };
  const other: TestElement = { tag: 0x00e110ff, vr: 'LO', value: 'MARKER' };
  const foreign: TestElement = { tag: 0x00e10011, vr: 'LO', value: 'SOMEBODY' };
  const foreignSafe: TestElement = { tag: 0x00e11121, vr: 'DS', value: '99' };
  const all = [MODALITY, creator, foreign, safe, other, foreignSafe];
  const quiet = { stamp: false, safety: { residual: 'off' } } as const;

  test('all of them go by default', () => {
    expect(treated(basic([], quiet), all)).toEqual(explicit(MODALITY));
  });
  test('the safe ones stay with their creator, in whatever block, and nothing else of it', () => {
    expect(treated(basic(['retain-safe-private'], quiet), all)).toEqual(explicit(MODALITY, creator, safe));
    const moved = [
      MODALITY,
      { ...creator, tag: 0x00e10042 },
      { ...safe, tag: 0x00e14221 },
      { ...other, tag: 0x00e142ff },
    ];
    expect(treated(basic(['retain-safe-private'], quiet), moved)).toEqual(explicit(...moved.slice(0, 3)));
  });
  test('a rule keeps one, and its creator stays for it', () => {
    const keep = rule({ kind: 'private', group: '00E1', creator: 'SOMEBODY', element: '21' }, { do: 'keep' });
    expect(treated(basic([], { ...quiet, rules: [keep] }), all)).toEqual(explicit(MODALITY, foreign, foreignSafe));
  });
  test('a whole block goes by rule', () => {
    const remove = rule({ kind: 'private', group: '00e1', creator: 'ELSCINT1' }, { do: 'remove' });
    expect(treated(only([remove]), all)).toEqual(explicit(MODALITY, foreign, foreignSafe));
  });
});

describe('actions', () => {
  const one = (element: TestElement, action: object) =>
    treated(only([rule({ kind: 'wildcard', tag: 'xxxxxxxx' }, action)]), [element]);
  const text = (vr: string, tag: number, value: string): TestElement => ({ vr, tag, value });

  test.each([
    [text('AS', 0x00101010, '093Y'), { do: 'round', to: 5, cap: 90 }, '090Y'],
    [text('AS', 0x00101010, '006M'), { do: 'round', to: 5, cap: 90 }, '006M'],
    [text('DS', 0x00101030, '81.7'), { do: 'round', to: 5 }, '80'],
    [text('DA', 0x00080020, '20240517'), { do: 'date', how: { by: 'truncate', to: 'year' } }, '20240101'],
    [text('DA', 0x00080020, '20240517'), { do: 'date', how: { by: 'truncate', to: 'month' } }, '20240501'],
    [text('DA', 0x00080020, '20240517'), { do: 'date', how: { by: 'fixed', date: '20000101' } }, '20000101'],
    [text('LO', 0x00081030, 'abc'), { do: 'case', to: 'upper' }, 'ABC'],
    [text('LO', 0x00081030, 'a 123 b'), { do: 'replace', pattern: '[0-9]+', with: '#' }, 'a # b'],
    [text('LO', 0x00081030, 'x\\y'), { do: 'set', template: '{value}-{calling-ae}' }, 'x\\y-CT01'],
    // What does not fit is emptied, never left.
    [text('LO', 0x00081030, 'x'), { do: 'date', how: { by: 'truncate', to: 'year' } }, ''],
    [text('DA', 0x00080020, 'tomorrow'), { do: 'date', how: { by: 'truncate', to: 'year' } }, ''],
    [text('PN', 0x00100010, 'A^B'), { do: 'uid' }, ''],
  ] as const)('%o %o', (element, action, after) => {
    expect(one(element as TestElement, action)).toEqual(explicit({ ...(element as TestElement), value: after }));
  });

  test('a shift is whole days, the same for a patient, other times stay', () => {
    const date = text('DA', 0x00080020, '20240517');
    const time = text('TM', 0x00080030, '101112.5');
    const shift = rule(
      { kind: 'list', list: 'dates' },
      { do: 'date', how: { by: 'shift', days: 365, wholeWeeks: true } },
    );
    const parse = (bytes: Buffer) => /DA..(\d{8})/s.exec(bytes.toString('latin1'))![1]!;
    const day = (value: string) => Date.UTC(+value.slice(0, 4), +value.slice(4, 6) - 1, +value.slice(6)) / 86_400_000;
    const first = treated(only([shift]), [date, time, ID]);
    expect(treated(only([shift]), [date, time, ID])).toEqual(first);
    const moved = day(parse(first)) - day('20240517');
    expect(moved).toBeLessThan(0);
    expect(Math.abs(moved) % 7).toBe(0);
    expect(first.includes('101112.5')).toBe(true);
    const others = ['1', '2', '3', '4', '5', '6'].map((id) =>
      parse(treated(only([shift]), [date, { ...ID, value: id }])),
    );
    expect(new Set(others).size).toBeGreaterThan(1);
  });

  test('UIDs of the standard stay, others become the same new ones everywhere', () => {
    const uid = rule({ kind: 'list', list: 'uids' }, { do: 'uid' });
    const elements = [
      text('UI', 0x00080016, '1.2.840.10008.5.1.4.1.1.2'),
      text('UI', 0x00080018, '1.2.3'),
      text('UI', 0x00081155, '1.2.3\\1.2.840.10008.1.1'),
    ];
    const result = treated(only([uid]), elements).toString('latin1');
    const [first, second] = [...result.matchAll(/2\.25\.\d+/g)].map(([found]) => found);
    expect(first).toBe(second);
    expect(first!.length).toBeLessThanOrEqual(64);
    expect(result).toContain('1.2.840.10008.5.1.4.1.1.2');
    expect(result).toContain('\\1.2.840.10008.1.1');
  });

  test('pseudonyms count patients', () => {
    const rules = compiled(
      only([rule([attribute('PatientID'), attribute('PatientName')], { do: 'pseudonym', template: 'TRIAL-{n:4}' })]),
    );
    const of = (id: string) => treated(rules, [NAME, { ...ID, value: id }]);
    expect(of('a')).toEqual(explicit({ ...NAME, value: 'TRIAL-0001' }, { ...ID, value: 'TRIAL-0001' }));
    expect(of('b')).toEqual(explicit({ ...NAME, value: 'TRIAL-0002' }, { ...ID, value: 'TRIAL-0002' }));
    expect(of('a')).toEqual(of('a'));
  });

  test('set adds what is missing, and only there', () => {
    const set = only([rule(attribute('ClinicalTrialSubjectID'), { do: 'set', template: '{upper:{Modality}}-7' })]);
    expect(treated(set, [MODALITY, ID])).toEqual(explicit(MODALITY, ID, { tag: 0x00120040, vr: 'LO', value: 'CT-7' }));
  });

  test('a value too long for its VR refuses the object', () => {
    const set = compiled(only([rule(attribute('AccessionNumber'), { do: 'set', template: '12345678901234567' })]));
    expect(() => treat(set, explicit(MODALITY))).toThrow(/AccessionNumber|0008,0050/);
  });
});

describe('character sets', () => {
  test('a value that fits is written in the object’s own', () => {
    const charset: TestElement = { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' };
    const result = treated(only([rule(attribute('PatientID'), { do: 'set', template: 'Jürgen' })]), [charset, ID]);
    expect(result).toEqual(explicit(charset, { ...ID, value: 'J\xfcrgen' }));
  });
  test('otherwise the whole object turns to ISO_IR 192', () => {
    const charset: TestElement = { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' };
    const name: TestElement = { tag: 0x00100010, vr: 'PN', value: 'M\xfcller' };
    const result = treated(only([rule(attribute('PatientID'), { do: 'set', template: '山田' })]), [charset, name, ID]);
    const utf8 = (text: string) => Buffer.from(text, 'utf8');
    const padded = (bytes: Buffer) => (bytes.length % 2 ? Buffer.concat([bytes, Buffer.from(' ')]) : bytes);
    expect(result).toEqual(
      explicit(
        { ...charset, value: 'ISO_IR 192' },
        { ...name, value: padded(utf8('Müller')) },
        { ...ID, value: padded(utf8('山田')) },
      ),
    );
  });
});

describe('what nobody can change', () => {
  test('locked elements stay, group lengths go', () => {
    const rows: TestElement = { tag: 0x00280010, vr: 'US', value: [512] };
    const length: TestElement = { tag: 0x00280000, vr: 'UL', value: [10] };
    const all = rule({ kind: 'wildcard', tag: 'xxxxxxxx' }, { do: 'remove' });
    expect(treated(only([all]), [ID, length, rows])).toEqual(explicit(rows));
  });
  test('groups that are no data go, nested ones too', () => {
    const stray: TestElement = { tag: 0x00041511, vr: 'UI', value: '1.2.3' };
    expect(treated(only([]), [MODALITY, nested(stray)])).toEqual(
      explicit(MODALITY, {
        tag: 0x00081140,
        vr: 'SQ',
        value: { items: [{ elements: [{ tag: 0x00081199, vr: 'SQ', value: { items: [{ elements: [] }] } }] }] },
      }),
    );
  });
  test('bytes behind the last element go', () => {
    const outcome = treat(
      compiled(only([])),
      Buffer.concat([explicit(MODALITY), Buffer.alloc(8), Buffer.from('MARKER')]),
    );
    expect(outcome).toMatchObject({ verdict: 'store' });
    expect(Buffer.from((outcome as { header: { bytes: Uint8Array } }).header.bytes)).toEqual(explicit(MODALITY));
  });
});

describe('verdicts', () => {
  const gate = (verdict: object) =>
    compiled(
      only([], {
        gates: [{ id: 'g', when: { kind: 'association', field: 'address', in: ['10.0.0.0/8'] }, verdict } as never],
      }),
    );

  test('gates come first', () => {
    expect(treat(gate({ do: 'reject', comment: 'not from here' }), explicit(ID))).toMatchObject({
      verdict: 'reject',
      status: 0xc001,
      comment: 'not from here',
    });
    expect(treat(gate({ do: 'quarantine', reason: 'look at it' }), explicit(ID))).toMatchObject({
      verdict: 'quarantine',
      reason: 'look at it',
    });
    expect(treat(gate({ do: 'accept' }), explicit(ID))).toEqual({ verdict: 'unchanged' });
  });

  test('what is left of the patient puts the treated object in quarantine, without naming it', () => {
    const rules = compiled(basic([], { rules: [rule(attribute('StudyDescription'), { do: 'keep' })] }));
    const outcome = treat(rules, explicit({ tag: 0x00081030, vr: 'LO', value: 'Follow-up of DOE' }, NAME, ID));
    expect(outcome).toMatchObject({ verdict: 'quarantine', treated: {} });
    expect(JSON.stringify({ ...outcome, treated: undefined })).not.toMatch(/doe|jane|4711/i);
    expect(JSON.stringify({ ...outcome, treated: undefined })).toContain('StudyDescription');
  });

  test('the stamp claims blanked pixels only where there are some to blank', () => {
    const pixels = [{ id: 'p', rectangles: [{ x: 0, y: 0, width: 1, height: 1 }] }];
    const number = (tag: number, value: number): TestElement => ({ tag, vr: 'US', value: [value] });
    const image = [MODALITY, number(0x00280010, 4), number(0x00280011, 4), number(0x00280100, 8)];
    const burnedIn = Buffer.from([0x28, 0, 0x01, 0x03]);
    expect(treated(basic([], { pixels }), image).includes(burnedIn)).toBe(true);
    expect(treated(basic([], { pixels }), [MODALITY]).includes(burnedIn)).toBe(false);
    expect(treated(basic(['clean-pixel-data'], { pixels }), [MODALITY]).includes('113101')).toBe(false);
  });

  test('pixels that cannot be blanked put the object aside, and the preview still shows its elements', () => {
    const rules = compiled(basic([], { pixels: [{ id: 'p', rectangles: [{ x: 0, y: 0, width: 1, height: 1 }] }] }));
    const number = (tag: number, value: number): TestElement => ({ tag, vr: 'US', value: [value] });
    const bytes = explicit(MODALITY, NAME, number(0x00280010, 4), number(0x00280011, 4), number(0x00280100, 8));
    const run = rules.explain({ bytes, transferSyntaxUid: '1.2.840.10008.1.2.4.50' });
    expect(run).toMatchObject({ verdict: 'quarantine', reason: expect.stringContaining('compressed') });
    expect(run.changes.map(({ keyword }) => keyword)).toContain('PatientName');
  });

  test('called as a function it throws', () => {
    expect(() => compiled(only([]))({})).toThrow('onBeforeStore');
  });
});
