/** What the pickers offer is everything of the standard, once, in a group where people look for it. */

import { expect, it } from 'vitest';
import {
  readPasted,
  readUid,
  searchGroups,
  sopClassGroups,
  tagSets,
  transferSyntaxGroups,
} from '#renderer/features/settings/catalogue.ts';
import { getCommonSopClasses } from '#shared/dicom/sets.ts';
import { storageSopClasses, transferSyntaxesOfModeAll } from '#shared/dicom/uids.ts';

const CT = '1.2.840.10008.5.1.4.1.1.2';

it('offers every storage SOP class exactly once', () => {
  const uids = sopClassGroups().flatMap(({ choices }) => choices.map(({ uid }) => uid));
  expect(uids.toSorted()).toEqual([...storageSopClasses()].toSorted());
});

it.each([
  ['ct', '(CT)'],
  ['mr', '(MR)'],
  ['ultrasound', '(US)'],
  ['mammography', '(MG)'],
  ['radiationTherapy', '(RT)'],
  ['structuredReports', '(SR)'],
  ['secondaryCapture', '(SC'],
  ['pet', 'PT)'],
] as const)('puts the set %s into one group', (set, mark) => {
  const group = sopClassGroups().find(({ title }) => title.includes(mark))!;
  const uids = group.choices.map(({ uid }) => uid);
  for (const uid of getCommonSopClasses()[set]) expect(uids).toContain(uid);
});

it('offers every transfer syntax exactly once, the uncompressed ones first', () => {
  const groups = transferSyntaxGroups();
  const uids = groups.flatMap(({ choices }) => choices.map(({ uid }) => uid));
  expect(uids.toSorted()).toEqual([...transferSyntaxesOfModeAll()].toSorted());
  expect(groups[0]!.title).toBe('Uncompressed');
});

it('finds by name, UID and group', () => {
  const found = searchGroups(sopClassGroups(), 'enhanced ct');
  expect(found.flatMap(({ choices }) => choices.map(({ name }) => name))).toContain('Enhanced CT Image Storage');
  expect(searchGroups(sopClassGroups(), 'no such thing')).toEqual([]);
  expect(
    searchGroups(sopClassGroups(), CT)
      .flatMap(({ choices }) => choices)
      .map(({ uid }) => uid),
  ).toContain(CT);
});

it('reads UIDs and keywords, and names what is neither', () => {
  expect(readUid('CTImageStorage')).toBe(CT);
  expect(readUid(`${'1.'.repeat(33)}1`)).toBeUndefined();
  expect(readPasted(['1.2.3', 'CTImageStorage', 'nonsense', CT, '1.2.3'], ['1.2.9', CT])).toEqual({
    added: ['1.2.3'],
    wrong: ['nonsense'],
    known: 3,
  });
});

it('gives every set of tags a title', () => {
  for (const { title, tags } of tagSets()) {
    expect(title).toMatch(/^[A-Z]/);
    expect(tags.length).toBeGreaterThan(0);
  }
});
