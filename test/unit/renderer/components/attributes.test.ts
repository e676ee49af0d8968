/** What components find out for themselves: attributes of the standard, lists that are pasted. */

import { expect, it } from 'vitest';
import { dataSetEntries, describeTag, searchEntries } from '#renderer/components/attributes.ts';
import { splitEntries } from '#renderer/components/split-entries.ts';

it('searches all of PS3.6', () => {
  const entries = dataSetEntries();
  expect(entries.length).toBeGreaterThan(4000);
  expect(searchEntries(entries, 'patient name')[0]!.keyword).toBe('PatientName');
  expect(searchEntries(entries, '(0010,0020)').map(({ keyword }) => keyword)).toContain('PatientID');
});

it('describes tags however they are written', () => {
  expect(describeTag('PatientName')).toMatchObject({ label: 'PatientName', known: true });
  expect(describeTag('00100010')).toMatchObject({ label: 'PatientName', known: true });
  expect(describeTag('(0009,1001)')).toMatchObject({ label: '(0009,1001)', known: true });
  expect(describeTag('Nonsense')).toMatchObject({ known: false });
});

it('splits what is pasted', () => {
  expect(splitEntries('CT01, MR 02;\nUS3\n\nCT01', false)).toEqual(['CT01', 'MR 02', 'US3']);
  expect(splitEntries('"1.2.3" 1.2.4\n1.2.5', true)).toEqual(['1.2.3', '1.2.4', '1.2.5']);
});
