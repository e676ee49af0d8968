/** The tag browser's tree, and the bytes behind each of its nodes. */
import { expect, test } from 'vitest';
import { StoredFile } from '#main/engine/index.ts';
import { elementAt, tagTree } from '#main/receiver/tag-tree.ts';
import type { TagNode } from '#shared/contract.ts';
import { buildDataSet, CT_UIDS, syntheticCt, TEST_ENCODINGS, TRANSFER_SYNTAXES } from '../../../support/data-sets.ts';
import { part10 } from '../../../support/part10.ts';
import { realFiles, requireRealFiles } from '../../../support/real-files.ts';

function open(bytes: Uint8Array): StoredFile {
  return new StoredFile({
    size: bytes.length,
    read: (position, length) => bytes.subarray(position, position + length),
  });
}

const ct = () => open(part10(syntheticCt(), TRANSFER_SYNTAXES.explicitLittle, CT_UIDS));
const nodeOf = (nodes: readonly TagNode[], tag: string) => nodes.find((node) => node.tag === tag);

test('file meta first, then the elements, with the names of the dictionary', () => {
  const tree = tagTree(ct());
  expect(tree.slice(0, 5).map(({ keyword }) => keyword)).toEqual([
    'FileMetaInformationGroupLength',
    'FileMetaInformationVersion',
    'MediaStorageSOPClassUID',
    'MediaStorageSOPInstanceUID',
    'TransferSyntaxUID',
  ]);
  expect(nodeOf(tree, '00100010')).toEqual({
    tag: '00100010',
    vr: 'PN',
    name: "Patient's Name",
    keyword: 'PatientName',
    length: 12,
    value: 'Müller^Hans',
  });
});

test('private elements name their creator', () => {
  const tree = tagTree(ct());
  expect(nodeOf(tree, '00090010')).toMatchObject({ name: 'Private Creator', value: 'STUDYPORT TEST' });
  expect(nodeOf(tree, '00091002')).toEqual({
    tag: '00091002',
    vr: 'UL',
    name: '',
    keyword: '',
    length: 4,
    value: '4711',
    privateCreator: 'STUDYPORT TEST',
  });
});

test('sequences have items; binary values have bytes instead of text', () => {
  const tree = tagTree(ct());
  const sequence = nodeOf(tree, '00081140')!;
  expect(sequence).toMatchObject({ vr: 'SQ', length: -1 });
  expect(sequence.value).toBeUndefined();
  expect(sequence.items!.map((item) => item.map(({ keyword, value }) => `${keyword}=${value}`))).toEqual([
    [`ReferencedSOPClassUID=${CT_UIDS.sopClassUid}`, 'ReferencedSOPInstanceUID=1.2.3.1'],
    [`ReferencedSOPClassUID=${CT_UIDS.sopClassUid}`, 'ReferencedSOPInstanceUID=1.2.3.2'],
  ]);
  expect(nodeOf(tree, '7FE00010')).toMatchObject({ vr: 'OW', length: 2048, more: true });
  expect(nodeOf(tree, '7FE00010')!.value).toBeUndefined();
});

test('long texts show their beginning; empty values are empty', () => {
  const file = open(
    buildDataSet(TEST_ENCODINGS.explicitLittle, [
      { tag: 0x00080060, vr: 'CS', value: '' },
      { tag: 0x00081140, vr: 'SQ', value: { items: [] } },
      { tag: 0x00104000, vr: 'LT', value: 'x'.repeat(5000) },
      { tag: 0x00282000, vr: 'OB', value: new Uint8Array(0) },
      { tag: 0x00283006, vr: 'US', value: Array.from({ length: 4096 }, (_, index) => index) },
    ]),
  );
  const tree = tagTree(file);
  expect(nodeOf(tree, '00080060')).toMatchObject({ value: '', length: 0 });
  expect(nodeOf(tree, '00081140')).toMatchObject({ items: [] });
  expect(nodeOf(tree, '00104000')).toMatchObject({ value: 'x'.repeat(1000), more: true, length: 5000 });
  expect(nodeOf(tree, '00282000')).toMatchObject({ value: '', length: 0 });
  const table = nodeOf(tree, '00283006')!;
  expect(table).toMatchObject({ more: true, length: 8192 });
  expect(table.value!.length).toBe(1000);
  expect(table.value!.startsWith('0\\1\\2\\3\\')).toBe(true);
});

test.each([
  ['00100020', 'PAT-0001'],
  ['00020010', `${TRANSFER_SYNTAXES.explicitLittle}\0`],
  ['00081140.0.00081155', '1.2.3.1\0'],
  ['00081140.1.00081155', '1.2.3.2\0'],
  ['0008103E', 'Chest 1.0 '],
  ['0008103e', 'Chest 1.0 '],
])('the element at %s', (path, expected) => {
  expect(Buffer.from(elementAt(ct(), path)!.bytes()).toString('latin1').trimEnd()).toBe(expected.trimEnd());
});

test.each([
  '',
  '0010',
  '(0010,0020)',
  '00104000',
  '00081140.0',
  '00081140.2.00081155',
  '00081140.x.00081155',
  '00081140.0.00081155.0.00081155',
  '00100020.0.00100020',
  '.',
  '00081140..00081155',
])('there is nothing at %j', (path) => {
  expect(elementAt(ct(), path)).toBeUndefined();
});

test('a list without end is cut: what is beyond has its bytes only', () => {
  const item = Buffer.from('feff00e00c0000000800551155490400312e3200', 'hex');
  const value = new Uint8Array(Buffer.alloc(item.length * 30_000, item));
  const file = open(
    buildDataSet(TEST_ENCODINGS.explicitLittle, [
      { tag: 0x00081115, vr: 'SQ', value },
      { tag: 0x00081140, vr: 'SQ', value },
      { tag: 0x00081145, vr: 'SQ', value },
      { tag: 0x00100020, vr: 'LO', value: 'last' },
    ]),
  );
  const tree = tagTree(file);
  expect(nodeOf(tree, '00081115')!.items).toHaveLength(30_000);
  expect(nodeOf(tree, '00081115')!.items![29_999]).toMatchObject([{ tag: '00081155', value: '1.2' }]);
  expect(nodeOf(tree, '00081145')).toMatchObject({ more: true, length: value.length });
  expect(nodeOf(tree, '00081145')!.items).toBeUndefined();
  expect(nodeOf(tree, '00100020')).toMatchObject({ value: 'last' });
});

test.skipIf(requireRealFiles())('every node of every real file has its bytes at its path', () => {
  let nodes = 0;
  for (const { read } of realFiles()) {
    let file: StoredFile;
    try {
      file = open(read());
    } catch {
      continue;
    }
    const visit = (list: readonly TagNode[], path: string): void => {
      const seen = new Set<string>();
      for (const node of list) {
        nodes += 1;
        // Of two elements with one tag, the first is the one that is found.
        if (!seen.has(node.tag)) {
          const element = elementAt(file, `${path}${node.tag}`);
          expect(element?.length, `${path}${node.tag}`).toBe(node.length);
          expect(element!.text(1000).text).toBe(node.value ?? '');
        }
        seen.add(node.tag);
        for (const [index, item] of (node.items ?? []).entries()) visit(item, `${path}${node.tag}.${index}.`);
      }
    };
    visit(tagTree(file), '');
  }
  expect(nodes).toBeGreaterThan(5000);
});
