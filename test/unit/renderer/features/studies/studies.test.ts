/** What the studies screen decides: queries, live rows, countdown, the rows of the tag browser, extraction, bytes. */

import { describe, expect, test } from 'vitest';
import { extractionOf, withExtraction } from '#renderer/features/studies/extraction.ts';
import { hexLines, MOST_HEX_BYTES } from '#renderer/features/studies/hex.ts';
import { countdownOf, withLive } from '#renderer/features/studies/live.ts';
import { activeFilters, noFilters, queryOf } from '#renderer/features/studies/query.ts';
import {
  countElements,
  expandablePaths,
  isPrivateTag,
  pathWords,
  rowsOf,
  searchElements,
  tagWords,
} from '#renderer/features/studies/tag-rows.ts';
import type { Profile, TagNode } from '#shared/contract.ts';
import { commandArguments } from '#shared/contract.ts';
import { parseOptions } from '#shared/options.ts';
import { listeningProfile, sampleProfile } from '../../../../support/sample-state.ts';
import { sampleStudy } from '../../../../support/sample-studies.ts';

const element = (tag: string, more: Partial<TagNode> = {}): TagNode => ({
  tag,
  vr: 'LO',
  name: '',
  keyword: '',
  length: 4,
  ...more,
});

const tree: readonly TagNode[] = [
  element('00080060', { name: 'Modality', keyword: 'Modality', value: 'CT' }),
  element('00081140', {
    vr: 'SQ',
    name: 'Referenced Image Sequence',
    keyword: 'ReferencedImageSequence',
    items: [
      [element('00081155', { name: 'Referenced SOP Instance UID', value: '1.2.3' })],
      [element('00081155', { name: 'Referenced SOP Instance UID', value: '4.5.6' })],
    ],
  }),
  element('00091010', { privateCreator: 'ACME 1.1', value: 'x' }),
  element('7FE00010', { vr: 'OW', name: 'Pixel Data', more: true }),
];

describe('queries', () => {
  test('nothing is asked for that is not filtered', () => {
    expect(queryOf(noFilters, { id: 'lastReceived', descending: true })).toEqual({
      search: '',
      sort: 'lastReceived',
      descending: true,
    });
    expect(activeFilters({ ...noFilters, search: 'x' })).toBe(0);
  });

  test('filters are given as the contract wants them', () => {
    const filters = {
      ...noFilters,
      search: ' doe ',
      patientName: 'A',
      modality: ' ct ',
      status: 'complete',
      from: '2026-01-02',
      to: '2026-03-04',
      profileId: 'p1',
    } as const;
    const query = queryOf(filters, { id: 'patientName', descending: false });
    expect(query).toEqual({
      search: 'doe',
      patientName: 'A',
      modality: 'CT',
      status: 'complete',
      from: '20260102',
      to: '20260304',
      profileId: 'p1',
      sort: 'patientName',
      descending: false,
    });
    expect(commandArguments['studies-list'].safeParse(query).success).toBe(true);
    expect(activeFilters(filters)).toBe(6);
  });

  test('a column that cannot be sorted by is not asked for', () => {
    expect(queryOf(noFilters, { id: 'status', descending: false }).sort).toBe('lastReceived');
  });
});

describe('live rows', () => {
  const row = sampleStudy(0, 1_000_000);
  const profile = listeningProfile(sampleProfile({}, { studyTimeout: 10 }));
  const live = {
    studyInstanceUid: row.studyInstanceUid,
    patientName: '',
    description: '',
    modality: '',
    instances: row.instances + 5,
    lastReceived: row.lastReceived + 1000,
    status: 'complete',
  } as const;

  test('newer events win, older ones and those of other profiles do not', () => {
    expect(withLive(row, [{ ...profile, studies: [live] }])).toMatchObject({
      instances: row.instances + 5,
      status: 'complete',
      lastReceived: row.lastReceived + 1000,
    });
    expect(withLive(row, [{ ...profile, studies: [{ ...live, lastReceived: 1 }] }])).toBe(row);
    const other = listeningProfile(sampleProfile({ id: 'profile-2' }));
    expect(withLive(row, [{ ...other, studies: [live] }])).toBe(row);
  });

  test('the countdown is that of studyTimeout, 30 s where the profile says nothing', () => {
    const now = row.lastReceived + 4000;
    expect(countdownOf(row, [profile], now)).toEqual({ quiet: 4000, left: 6000, part: 0.4 });
    expect(countdownOf(row, [listeningProfile()], now).left).toBe(26_000);
    expect(countdownOf(row, [profile], now + 60_000)).toMatchObject({ left: 0, part: 1 });
    expect(countdownOf(row, [profile], row.lastReceived - 500)).toMatchObject({ quiet: 0, part: 0 });
  });
});

describe('rows of the tag browser', () => {
  test('only what is expanded is there, with paths that the receiver understands', () => {
    expect(rowsOf(tree, new Set()).map(({ path }) => path)).toEqual(['00080060', '00081140', '00091010', '7FE00010']);
    const rows = rowsOf(tree, new Set(['00081140', '00081140.1']));
    expect(rows.map(({ path, level, isExpanded }) => [path, level, isExpanded])).toEqual([
      ['00080060', 1, undefined],
      ['00081140', 1, true],
      ['00081140.0', 2, false],
      ['00081140.1', 2, true],
      ['00081140.1.00081155', 3, undefined],
      ['00091010', 1, undefined],
      ['7FE00010', 1, undefined],
    ]);
    expect(expandablePaths(tree)).toEqual(['00081140', '00081140.0', '00081140.1']);
    expect(countElements(tree)).toBe(6);
  });

  test('words', () => {
    expect(tagWords('7fe00010')).toBe('(7FE0,0010)');
    expect(pathWords('00081140.0.00081155')).toBe('(0008,1140)[0].(0008,1155)');
    expect([isPrivateTag('00091010'), isPrivateTag('00081140')]).toEqual([true, false]);
  });

  test.each([
    ['4.5.6', 1, ['00081140', '00081140.1.00081155']],
    ['(0008,1155)', 2, ['00081140', '00081140.0.00081155', '00081140.1.00081155']],
    ['modality', 1, ['00080060']],
    ['(7fe0,0010)', 1, ['7FE00010']],
    ['7FE0', 1, ['7FE00010']],
    ['acme', 1, ['00091010']],
    ['nothing of the kind', 0, []],
  ] as const)('searching %s', (search, count, paths) => {
    const found = searchElements(tree, search);
    expect(found.count).toBe(count);
    const rows = rowsOf(found.elements, new Set(expandablePaths(found.elements)));
    expect(rows.filter(({ kind }) => kind === 'element').map(({ path }) => path)).toEqual(paths);
  });
});

describe('extract this', () => {
  const profile = (options: object = {}): Profile => sampleProfile({}, options);
  const modality = element('00080060', { keyword: 'Modality' });
  const secret = element('00091010', { privateCreator: 'ACME 1.1' });

  test('a standard element is added by its keyword, once', () => {
    expect(extractionOf(modality, false, profile())).toEqual({ kind: 'ready' });
    const options = withExtraction(profile({ extractTags: ['PatientID'] }).options, modality, '');
    expect(options.extractTags).toEqual(['PatientID', 'Modality']);
    for (const name of ['Modality', '00080060', '(0008,0060)']) {
      expect(extractionOf(modality, false, profile({ extractTags: [name] }))).toEqual({ kind: 'done' });
    }
  });

  test('a private one wants a name and is added with its creator, wherever its block lies', () => {
    expect(extractionOf(secret, false, profile())).toEqual({ kind: 'name', creator: 'ACME 1.1' });
    const options = withExtraction(profile().options, secret, 'Acme10');
    expect(options.extractCustomTags).toEqual([{ tag: '0009xx10', name: 'Acme10', creator: 'ACME 1.1' }]);
    expect(() => parseOptions(options)).not.toThrow();
    expect(extractionOf(secret, false, { ...profile(), options })).toEqual({ kind: 'done' });
  });

  test('what cannot be extracted says why', () => {
    expect(extractionOf(modality, true, profile()).kind).toBe('impossible');
    expect(extractionOf(element('00090010'), false, profile()).kind).toBe('impossible');
  });
});

test('bytes as hexadecimal lines, no more than can be shown', () => {
  const [first, second] = hexLines(Uint8Array.from({ length: 18 }, (_, index) => index + 0x40));
  expect(first).toEqual({
    offset: '000000',
    hex: '40 41 42 43 44 45 46 47  48 49 4a 4b 4c 4d 4e 4f',
    characters: '@ABCDEFGHIJKLMNO',
  });
  expect([second?.offset, second?.characters]).toEqual(['000010', 'PQ']);
  expect(hexLines(new Uint8Array(MOST_HEX_BYTES + 100)).length).toBe(MOST_HEX_BYTES / 16);
});
