/** Objects that rules are tried on: synthetic ones, and the headers of stored files. */

import { DataSetError, StoredFile } from '#main/engine/index.ts';
import type { ObjectToExplain } from '#main/rules/index.ts';
import { withFile } from './instance-reader.ts';
import { errnoOf, type ProblemError, problem } from './problem.ts';
import { ONE_OF_EACH, type TestModality, testStudy, testStudyUid } from './test-images.ts';

/** An object to look at, once it is known where it is and who sent it. */
export type Sample =
  | { readonly kind: 'synthetic'; readonly modality: TestModality }
  | { readonly kind: 'file'; readonly path: string; readonly association?: ObjectToExplain['association'] };

/** Float Pixel Data is the first of them; what lies behind the pixels is not looked at. */
const PIXELS = 0x7fe00008;
/** A longer header is not read: it would have to be held in memory. */
const LONGEST_HEADER = 64 * 1024 * 1024;
/** Synthetic objects are always the same, so that a preview changes with the rules and with nothing else. */
const MADE = new Date(2026, 0, 2, 10, 30);

/** @throws ProblemError for a file that cannot be read as an object */
export function readSample(sample: Sample): ObjectToExplain {
  if (sample.kind === 'synthetic') return syntheticObject(sample.modality);
  try {
    const { bytes, transferSyntaxUid } = readHeader(sample.path);
    return { bytes, transferSyntaxUid, ...(sample.association && { association: sample.association }) };
  } catch (error) {
    throw unreadable(error);
  }
}

function syntheticObject(wanted: TestModality): ObjectToExplain {
  for (const { modality, dataSet, transferSyntaxUid } of testStudy(testStudyUid(MADE, 0), MADE, ONE_OF_EACH)) {
    if (modality === wanted) return { bytes: dataSet, transferSyntaxUid };
  }
  throw new Error(`there is no test image of ${wanted}`);
}

/** The Data Set up to its pixels; a deflated one whole. */
function readHeader(path: string): ObjectToExplain {
  return withFile(path, (source) => {
    const file = new StoredFile(source, { headerOnly: true });
    const start = source.size - file.dataSetSize;
    const pixels = file.source === source ? file.elements.find(({ tag }) => tag >= PIXELS) : undefined;
    const length = pixels ? pixels.valueStart - start : file.dataSetSize;
    if (length > LONGEST_HEADER) {
      throw problem(
        'header-too-long',
        'The header of this object is longer than 64 MB: rules cannot be tried on it here.',
      );
    }
    return { bytes: source.read(start, length), transferSyntaxUid: file.transferSyntaxUid };
  });
}

/** Without the path: a file that a person chose may be named after a patient. */
function unreadable(error: unknown): unknown {
  if (error instanceof DataSetError) return notRead(`it is no DICOM object (${error.message})`);
  const code = errnoOf(error);
  switch (code) {
    case '':
      return error;
    case 'ENOENT':
    case 'ENOTDIR':
      return notRead('it is not there');
    case 'EISDIR':
      return notRead('it is a folder');
    case 'EACCES':
    case 'EPERM':
      return notRead('this user has no right to read it');
    default:
      return notRead(code);
  }
}

function notRead(why: string): ProblemError {
  return problem('sample-unreadable', `The file cannot be looked at: ${why}. Choose another one.`, 'sample');
}
