/**
 * Every row of PS3.15 Table E.1-1, basic and under each option, on the outermost level and three sequences down, in every
 * plain encoding: what comes out is read by DCMTK and by dcmjs, which know nothing of our tables.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import dcmjs from 'dcmjs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeFileMeta } from '#main/engine/dataset/file-meta.ts';
import { type Ps315Row, ps315Rows } from '#main/rules/ps315.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { PS315_EDITION, PS315_OPTIONS, type Ps315Option } from '#shared/rules.ts';
import {
  buildDataSet,
  TEST_ENCODINGS,
  type TestElement,
  type TestItem,
  TRANSFER_SYNTAXES,
} from '../../support/data-sets.ts';
import { basic, compiled, treat } from '../../support/rules.ts';
import { createTempFolder } from '../../support/temp-folder.ts';
import { requireTool, run } from '../../support/tools.ts';

/** How the Basic Profile is applied. */
interface Choice {
  readonly options: readonly Ps315Option[];
  readonly prefer: 'valid-iod' | 'strictest';
}

/** An element as both oracles tell it: VR and values as text; items for sequences. */
interface Read {
  readonly vr: string;
  readonly values: readonly unknown[];
}
type ReadSet = Readonly<Record<string, Read>>;

const CT = '1.2.840.10008.5.1.4.1.1.2';
const OUTER = [0x00081250, 0x00081250, 0x00081250];
const SURVIVOR = 'KEPT AS IT IS';

const tagOfRow = ({ pattern }: Ps315Row) =>
  Number.parseInt(pattern.toLowerCase().replace('50xxxxxx', '50023000').replace(/xx/g, '02'), 16);
const rows = ps315Rows().filter(({ pattern }) => !/^000[024]/.test(pattern));
const hex = (tag: number) => tag.toString(16).toUpperCase().padStart(8, '0');

function vrOf(tag: number): string {
  const entry = entryOfTag(tag);
  return entry ? (entry.vrs.includes('OW') ? 'OW' : entry.vr) : 'OW';
}

/** A value that is right for the VR and can be told from every other. */
function markerFor(tag: number, index: number): TestElement {
  const vr = vrOf(tag);
  const number = String(index).padStart(4, '0');
  switch (vr) {
    case 'SQ':
      return {
        tag,
        vr,
        value: {
          items: [
            {
              elements: [
                { tag: 0x00080104, vr: 'LO', value: SURVIVOR },
                { tag: 0x00100020, vr: 'LO', value: `ID${number}` },
              ],
            },
          ],
        },
      };
    case 'DA':
      return { tag, vr, value: '19630415' };
    case 'TM':
      return { tag, vr, value: '112233' };
    case 'DT':
      return { tag, vr, value: '19630415112233' };
    case 'AS':
      return { tag, vr, value: '061Y' };
    case 'UI':
      return { tag, vr, value: `1.2.3.${index + 1}` };
    case 'IS':
    case 'DS':
      return { tag, vr, value: '77' };
    case 'US':
      return { tag, vr, value: [77] };
    case 'OB':
    case 'OW':
    case 'UN':
      return { tag, vr: vr === 'UN' ? 'UN' : vr, value: Uint8Array.from([9, 8, 7, 6]) };
    case 'AE':
    case 'CS':
    case 'SH':
      return { tag, vr, value: `DOE ${number}` };
    default:
      return { tag, vr, value: `Doe ${number} of` };
  }
}

/** What the table asks for; written anew, by the text of PS3.15 E.3. */
function wanted(
  { basic: code, options: cells }: Ps315Row,
  { options, prefer }: Choice,
): { code: string; option?: Ps315Option } {
  const chosen = options.filter((option) => cells[option] !== undefined);
  const cleaning = chosen.find((option) => cells[option] === 'C');
  if (cleaning) return { code: 'C', option: cleaning };
  if (chosen[0]) return { code: 'K', option: chosen[0] };
  return {
    code: code
      .split('/')
      .at(prefer === 'strictest' ? 0 : -1)!
      .charAt(0),
  };
}

function isText(vr: string): boolean {
  return ['SH', 'LO', 'ST', 'LT', 'UC', 'UT'].includes(vr);
}

/** Why an element is not as it should be; undefined: it is. */
function mistake(row: Ps315Row, element: Read | undefined, marker: TestElement, choice: Choice): string | undefined {
  const { code, option } = wanted(row, choice);
  const { vr } = marker;
  const before = typeof marker.value === 'string' ? marker.value : undefined;
  const inner = (element?.values[0] ?? {}) as ReadSet;
  // What is newer than the oracle, it gives as bytes.
  const asBytes = element?.vr === 'UN' && before !== undefined;
  const given = element?.values.length ? String(element.values[0]) : '';
  const text = asBytes
    ? Buffer.from(given, 'base64')
        .toString('latin1')
        .replace(/[\0 ]+$/, '')
    : given;
  const inside = element?.vr === 'UN' ? Buffer.from(given, 'base64').toString('latin1') : JSON.stringify(inner);
  const keptInside = inside.includes(SURVIVOR) && !inside.includes('ID0');
  const same = () =>
    vr === 'SQ'
      ? keptInside
      : before === undefined
        ? element !== undefined && element.values.length > 0
        : text === before;
  const gone = (what: string, right: boolean) =>
    right ? undefined : `${code}${option ? ` (${option})` : ''}: ${what}, is ${JSON.stringify(element)}`;
  switch (code) {
    case 'X':
      return gone('absent', element === undefined);
    case 'Z':
      return gone('empty', element !== undefined && element.values.length === 0);
    case 'D':
      if (vr === 'SQ') return; // dcmjs leaves an item without elements out.
      gone('one empty item', element !== undefined && element.values.length <= 1 && Object.keys(inner).length === 0);
      if (vr === 'UN') return gone('without its value', !text.includes('CQgHBg'));
      return gone(
        'a dummy',
        element !== undefined && element.values.length > 0 && text !== before && !text.includes('Doe'),
      );
    case 'U':
      if (vr === 'SQ') return gone('looked into', keptInside);
      return gone('another UID', text.startsWith('2.25.') && text.length <= 64);
    case 'K':
      return gone('as it was', same());
    case 'C':
      if (option === 'retain-modified-dates') {
        if (vr === 'DA' || vr === 'DT')
          return gone(
            'moved',
            /^(19[56]\d)/.test(text) && text.slice(0, 8) !== '19630415' && text.slice(8) === before!.slice(8),
          );
        return gone('kept or removed', element === undefined || same());
      }
      if (vr === 'SQ') return gone('cleaned inside', inside.length > 4 && !inside.includes('ID0'));
      if (isText(vr)) return gone('cleaned', element !== undefined && !/doe/i.test(text));
      return gone('removed, for it cannot be cleaned', element === undefined);
    default:
      return `an unknown code ${code}`;
  }
}

function part10(dataSet: Uint8Array, transferSyntaxUid: string): Buffer {
  const meta = encodeFileMeta({
    sopClassUid: CT,
    sopInstanceUid: '1.2.3',
    transferSyntaxUid,
    sourceAeTitle: '',
    receivingAeTitle: '',
  });
  return Buffer.concat([meta, transferSyntaxUid === TRANSFER_SYNTAXES.deflated ? deflateRawSync(dataSet) : dataSet]);
}

/** `dcm2json` for many files; each element with its values. */
async function readByDcmtk(path: string): Promise<ReadSet> {
  const { code, stdout, stderr } = await run('dcm2json', ['-fc', path], { timeout: 60_000 });
  if (code !== 0) throw new Error(`dcm2json: ${stderr}`);
  return simple(JSON.parse(stdout) as Record<string, { vr: string; Value?: unknown[]; InlineBinary?: string }>);
}

function readByDcmjs(file: Buffer): ReadSet {
  const { buffer, byteOffset, length } = file;
  const { dict } = dcmjs.data.DicomMessage.readFile(buffer.slice(byteOffset, byteOffset + length));
  return simple(dict as never);
}

function simple(set: Record<string, { vr: string; Value?: unknown[]; InlineBinary?: string }>): ReadSet {
  return Object.fromEntries(
    Object.entries(set).map(([tag, { vr, Value, InlineBinary }]) => {
      const values = (Value ?? (InlineBinary ? [InlineBinary] : [])).filter((value) => value !== null && value !== '');
      if (vr === 'SQ') return [tag.toUpperCase(), { vr, values: values.map((item) => simple(item as never)) }];
      return [tag.toUpperCase(), { vr, values: values.map((value) => plain(value)).filter((value) => value !== '') }];
    }),
  );
}

/** A person name is an object in either; numbers and text are told alike. */
function plain(value: unknown): unknown {
  if (value instanceof ArrayBuffer) return value.byteLength === 0 ? '' : Buffer.from(value).toString('base64');
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
  if (typeof value === 'object' && value !== null && 'Alphabetic' in value) return String(value.Alphabetic);
  return typeof value === 'string' ? value.trim() : String(value);
}

const CHOICES: readonly Choice[] = [
  { options: [], prefer: 'strictest' },
  ...[
    [],
    ...(Object.keys(PS315_OPTIONS) as Ps315Option[]).map((option) => [option]),
    ['retain-modified-dates', 'retain-device'] as const,
    ['clean-descriptors', 'retain-patient-characteristics'] as const,
  ].map((options) => ({ options, prefer: 'valid-iod' as const })),
];

const ENCODINGS = [
  ['implicit', TRANSFER_SYNTAXES.implicitLittle, TEST_ENCODINGS.implicitLittle, false],
  ['explicit, undefined lengths', TRANSFER_SYNTAXES.explicitLittle, TEST_ENCODINGS.explicitLittle, true],
  ['big endian', TRANSFER_SYNTAXES.explicitBig, TEST_ENCODINGS.explicitBig, false],
  ['deflated, undefined lengths', TRANSFER_SYNTAXES.deflated, TEST_ENCODINGS.explicitLittle, true],
] as const;

/** Values with which `Doe` and the like are the patient's own. */
const PATIENT: readonly TestElement[] = [
  { tag: 0x00080016, vr: 'UI', value: CT },
  { tag: 0x00080060, vr: 'CS', value: 'CT' },
  { tag: 0x00280010, vr: 'US', value: [4] },
];

describe.skipIf(requireTool('dcm2json'))('653 rows, read back', { timeout: 180_000 }, () => {
  test('there are as many as the standard has', () => {
    expect(rows.length).toBe(653 - 1);
  });

  test.each(ENCODINGS)('%s', async (_, uid, encoding, undefinedLength) => {
    const folder = await createTempFolder('ps315');
    onTestFinished(folder.remove);
    const markers = rows.map((row, index) => markerFor(tagOfRow(row), index));
    const sorted = [...markers, { tag: 0x00041511, vr: 'UI', value: '1.9.9.9' }, ...PATIENT]
      .filter((element, index, all) => all.findIndex(({ tag }) => tag === element.tag) === index)
      .sort((a, b) => a.tag - b.tag);
    const withLengths = (element: TestElement): TestElement => {
      if (typeof element.value !== 'object' || !('items' in element.value)) return element;
      const items = element.value.items.map(
        (item): TestItem => ({ undefinedLength, elements: item.elements.map(withLengths) }),
      );
      return { ...element, undefinedLength, value: { items } };
    };
    const nested = OUTER.reduceRight<TestElement>(
      (inner, tag) => ({ tag, vr: 'SQ', value: { items: [{ elements: Array.isArray(inner) ? inner : [inner] }] } }),
      sorted as never,
    );
    const top = [...sorted, nested].sort((a, b) => a.tag - b.tag).map(withLengths);
    const bytes = buildDataSet(encoding, top);

    const files = CHOICES.map((choice, index) => {
      const rules = compiled(
        basic([], {
          base: { kind: 'ps315', edition: PS315_EDITION, prefer: choice.prefer, options: [...choice.options] },
          safety: { residual: 'off', burnedIn: 'off' },
          defaults: { unlisted: 'keep' },
        }),
      );
      const outcome = treat(rules, bytes, encoding);
      if (outcome.verdict !== 'store') throw new Error(outcome.verdict);
      const path = join(folder.path, `${index}.dcm`);
      const file = part10(outcome.header.bytes, uid);
      writeFileSync(path, file);
      return { choice, path, file };
    });

    const mistakes: string[] = [];
    for (const { choice, path, file } of files) {
      const oracles = { dcmtk: await readByDcmtk(path), dcmjs: readByDcmjs(file) };
      for (const [oracle, outer] of Object.entries(oracles)) {
        const inner = OUTER.reduce<ReadSet>((set, tag) => (set[hex(tag)]?.values[0] ?? {}) as ReadSet, outer);
        for (const [where, set] of [
          ['top', outer],
          ['nested', inner],
        ] as const) {
          if (set['00041511']) mistakes.push(`${oracle} ${where}: group 0004 survives`);
          for (const [index, row] of rows.entries()) {
            const marker = markers[index]!;
            const wrong = mistake(row, set[hex(marker.tag)], marker, choice);
            if (wrong)
              mistakes.push(
                `${oracle} ${where} [${choice.options} ${choice.prefer}] ${row.keyword} ${row.pattern} ${marker.vr}: ${wrong}`,
              );
          }
        }
      }
    }
    expect(mistakes).toEqual([]);
  });
});
