/** Real objects of many makers, walked as pydicom and dicom-parser walk them. */

import { execFileSync } from 'node:child_process';
import { inflateRawSync } from 'node:zlib';
import dicomParser from 'dicom-parser';
import { describe, expect, it } from 'vitest';
import { DataSetError } from '#main/engine/dataset/data-set-error.ts';
import { DataSetReader } from '#main/engine/dataset/data-set-reader.ts';
import { type ElementRef, parseElements } from '#main/engine/dataset/elements.ts';
import { readFileMeta } from '#main/engine/dataset/file-meta.ts';
import { editHeader } from '#main/engine/dataset/header-editor.ts';
import { encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import { piecesOf } from '../../../../support/data-sets.ts';
import { type RealFile, realFiles, requireRealFiles } from '../../../../support/real-files.ts';

/** What our reader says about the files that are broken, and why. */
const BROKEN: Readonly<Record<string, string>> = {
  'test_files/MR_truncated.dcm': 'truncated',
  'test_files/rtplan_truncated.dcm': 'truncated',
  // Implicit VR under a transfer syntax that is explicit.
  'test_files/SC_rgb_jpeg.dcm': 'not-a-data-set',
  // The last directory record claims to be longer than the sequence it is in.
  'test_files/dicomdirtests/DICOMDIR-nooffset': 'malformed',
  // Nothing but one element of group 0001, which PS3.5 7.8.1 forbids.
  'test_files/nested_priv_SQ.dcm': 'not-a-data-set',
  'test_files/meta_missing_tsyntax.dcm': 'not-a-data-set',
};

const skip = requireRealFiles();
const files = skip ? [] : realFiles();
const IMPLICIT = '1.2.840.10008.1.2';

function encodingOfFile(file: RealFile) {
  return encodingOf(file.meta.transferSyntaxUid ?? IMPLICIT);
}

function dataSetOf(file: RealFile): Uint8Array {
  return encodingOfFile(file).deflated ? inflateRawSync(file.dataSet()) : file.dataSet();
}

function read(file: RealFile, size: number): DataSetReader {
  const reader = new DataSetReader({
    encoding: encodingOfFile(file),
    lastTag: 0x0020000e,
    wholeHeader: true,
    maxHeaderBytes: 1 << 24,
    required: [0x00080018, 0x0020000d, 0x0020000e],
  });
  for (const piece of piecesOf(dataSetOf(file), size)) reader.push(piece);
  reader.finish();
  return reader;
}

function outcome(file: RealFile, size: number): string {
  try {
    read(file, size);
    return 'read';
  } catch (error) {
    if (error instanceof DataSetError) return error.code;
    throw error;
  }
}

describe.skipIf(skip)('real files', () => {
  it('are all there', () => {
    expect(files.length).toBeGreaterThanOrEqual(178);
    expect(Object.keys(BROKEN).filter((name) => !files.some((file) => file.name === name))).toEqual([]);
  });

  it('are read, but for the broken ones, however they are split', () => {
    for (const file of files) {
      const expected = BROKEN[file.name] ?? 'read';
      for (const size of [7, 1000, 1 << 30]) expect([file.name, outcome(file, size)]).toEqual([file.name, expected]);
    }
  });

  it('have the file meta that others read', () => {
    for (const file of files) {
      const meta = readFileMeta(file.read())!;
      expect([file.name, meta.dataSetOffset]).toEqual([file.name, file.dataSetOffset]);
      expect(meta.transferSyntaxUid).toBe(file.meta.transferSyntaxUid ?? '');
      expect(meta.sopInstanceUid).toBe(file.meta.sopInstanceUid ?? '');
    }
  });

  it('have the elements that dicom-parser finds', () => {
    let compared = 0;
    for (const file of files) {
      if (file.name in BROKEN) continue;
      const theirs = byDicomParser(file);
      if (theirs === undefined) continue;
      compared++;
      const encoding = encodingOfFile(file);
      // dicom-parser keeps the last of several elements with one tag (palettes/winter.dcm has two SOP Instance UIDs).
      const ours = new Map(parseElements(dataSetOf(file), encoding).map((element) => [element.tag, element]));
      const lines = [...ours.values()]
        .sort((a, b) => a.start - b.start)
        .map((element) => line(element, encoding.explicitVr));
      expect([file.name, ...lines]).toEqual([file.name, ...theirs]);
    }
    expect(compared).toBeGreaterThanOrEqual(165);
  });

  it('have the elements that pydicom finds', () => {
    const theirs = byPydicom();
    let compared = 0;
    for (const file of files) {
      if (file.name in BROKEN || encodingOfFile(file).deflated) continue;
      const encoding = encodingOfFile(file);
      // pydicom calls UN of undefined length SQ; here it stays what the file says.
      const ours = parseElements(dataSetOf(file), encoding)
        .map((element) =>
          element.vr === 'UN' && element.undefinedLength ? { ...element, vr: 'SQ' as const } : element,
        )
        .map((element) => line(element, encoding.explicitVr));
      expect([file.name, ...ours]).toEqual([file.name, ...(theirs.get(file.path) ?? [])]);
      compared++;
    }
    expect(compared).toBeGreaterThanOrEqual(165);
  });

  it('can be edited, and come out with everything else as it was', () => {
    for (const file of files) {
      if (file.name in BROKEN) continue;
      const encoding = encodingOfFile(file);
      const header = read(file, 1 << 30).header!;
      const edited = editHeader(header, encoding, [
        { tag: 0x00100010, value: 'Ano^Nymous' },
        { tag: 0x00100020, value: null },
      ]);
      const others = (list: typeof header) =>
        list.elements
          .filter(({ tag }) => tag % 0x10000 !== 0 && tag !== 0x00100010 && tag !== 0x00100020)
          .map(({ tag, start, end }) => [tag, Buffer.from(list.bytes.subarray(start, end)).toString('base64')]);
      expect([file.name, others(edited)]).toEqual([file.name, others(header)]);
      // Every text of every file can be re-encoded.
      const unicode = editHeader(header, encoding, [{ tag: 0x00100020, value: '患者' }]);
      const tags = new Set([...header.elements.map(({ tag }) => tag), 0x00080005, 0x00100020]);
      tags.delete(0x00080001);
      expect(new Set(unicode.elements.map(({ tag }) => tag))).toEqual(tags);
    }
  });
});

/** One element as all three can describe it; the start of the value in the Data Set identifies the length of the header. */
function line({ tag, vr, valueStart, valueEnd, undefinedLength }: ElementRef, explicitVr: boolean): string {
  const length = undefinedLength ? 'undefined' : valueEnd - valueStart;
  return `${tag.toString(16).padStart(8, '0')} ${explicitVr ? vr : ''} ${valueStart} ${length}`;
}

/** What the types of dicom-parser leave out. */
interface DicomParser {
  readonly DataSet: new (parser: unknown, bytes: Uint8Array, elements: object) => dicomParser.DataSet;
}

/** undefined where dicom-parser cannot read the file. */
function byDicomParser(file: RealFile): string[] | undefined {
  const encoding = encodingOfFile(file);
  const bytes = dataSetOf(file);
  const parser = encoding.littleEndian ? dicomParser.littleEndianByteArrayParser : dicomParser.bigEndianByteArrayParser;
  const dataSet = new (dicomParser as unknown as DicomParser).DataSet(parser, bytes, {});
  const stream = new dicomParser.ByteStream(parser, bytes, 0);
  try {
    if (encoding.explicitVr) dicomParser.parseDicomDataSetExplicit(dataSet, stream, bytes.length);
    else dicomParser.parseDicomDataSetImplicit(dataSet, stream, bytes.length);
  } catch {
    return undefined;
  }
  return Object.values(dataSet.elements)
    .map((element) => {
      const length = element.hadUndefinedLength ? 'undefined' : element.length;
      return `${element.tag.slice(1)} ${encoding.explicitVr ? element.vr : ''} ${element.dataOffset} ${length}`;
    })
    .sort((a, b) => Number(a.split(' ')[2]) - Number(b.split(' ')[2]));
}

const SCRIPT = `
import json, sys, warnings
warnings.simplefilter('ignore')
from pydicom.filereader import data_element_generator
from pydicom.dataelem import RawDataElement
result = {}
for path, offset, implicit, little in json.load(sys.stdin):
    with open(path, 'rb') as file:
        file.seek(offset)
        lines = []
        try:
            for element in data_element_generator(file, implicit, little):
                raw = isinstance(element, RawDataElement)
                start = element.value_tell if raw else element.file_tell
                undefined = not raw or element.length == 0xFFFFFFFF
                vr = '' if implicit else str(element.VR).replace('VR.', '')
                lines.append((start - offset, f'{int(element.tag):08x} {vr} {start - offset} '
                    + ('undefined' if undefined else str(element.length))))
        except Exception as error:
            lines = [(0, repr(error))]
        result[path] = [text for _, text in lines]
json.dump(result, sys.stdout)
`;

function byPydicom(): Map<string, string[]> {
  const input = files.map((file) => {
    const { explicitVr, littleEndian } = encodingOfFile(file);
    return [file.path, file.dataSetOffset, !explicitVr, littleEndian];
  });
  // The interpreter that the package belongs to, not one that happens to come first in the PATH.
  const output = execFileSync('/usr/bin/python3', ['-c', SCRIPT], { input: JSON.stringify(input), maxBuffer: 1 << 28 });
  return new Map(Object.entries(JSON.parse(output.toString()) as Record<string, string[]>));
}
