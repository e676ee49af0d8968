/** Tables that people bring: what spreadsheets write is read, mistakes are told with their lines. */
import { expect, test } from 'vitest';
import { type LookupTable, parseLookupTable } from '#main/rules/lookup-table.ts';

function table(text: string): LookupTable {
  const parsed = parseLookupTable(text);
  if ('mistakes' in parsed) throw new Error(parsed.mistakes.join('; '));
  return parsed;
}

function mistakes(text: string): readonly string[] {
  const parsed = parseLookupTable(text);
  return 'mistakes' in parsed ? parsed.mistakes : [];
}

test('the first column is the key, the header names the others', () => {
  const trial = table('PatientID,TrialID,Site\n4711,T-001,Bonn\n4712,T-002,\n');
  expect(trial.columns).toEqual(['PatientID', 'TrialID', 'Site']);
  expect(trial.size).toBe(2);
  expect(trial.get('4711', 'TrialID')).toBe('T-001');
  expect(trial.get(' 4712 ', 'Site')).toBe('');
  expect(trial.get('4711', 'PatientID')).toBe('4711');
  expect(trial.get('4713', 'TrialID')).toBeUndefined();
  expect(trial.get('4711', 'Nothing')).toBeUndefined();
  expect(trial.get('constructor', 'TrialID')).toBeUndefined();
});

test.each([
  ['commas', 'id,new\n1,2\n'],
  ['semicolons', 'id;new\n1;2\n'],
  ['tabs', 'id\tnew\n1\t2\n'],
  ['a byte order mark', '\uFEFFid,new\n1,2\n'],
  ['CRLF', 'id,new\r\n1,2\r\n'],
  ['CR', 'id,new\r1,2\r'],
  ['mixed ends of lines', 'id,new\n1,2\r\n3,4\n'],
  ['no end of the last line', 'id,new\n1,2'],
  ['blank lines', '\nid,new\n\n1,2\n\n'],
  ['blanks around fields', 'id , new\n 1 , 2 \n'],
  ['quotes', '"id","new"\n"1","2"\n'],
])('reads %s', (_, text) => {
  expect(table(text).columns).toEqual(['id', 'new']);
  expect(table(text).get('1', 'new')).toBe('2');
});

test('quoted fields hold separators, quotes and ends of lines', () => {
  const quoted = table('"name, full";new\n"Doe; ""J""";a\n"two\nlines";"b"\n');
  expect(quoted.columns).toEqual(['name, full', 'new']);
  expect(quoted.get('Doe; "J"', 'new')).toBe('a');
  expect(quoted.get('two\nlines', 'new')).toBe('b');
});

test.each([
  ['', ['The table is empty: a header row is expected']],
  ['\n\n', ['The table is empty: a header row is expected']],
  ['id,new\n', ['There is no row below the header']],
  [
    'id\n1\n',
    [
      'Line 1: the header has one column; a key and at least one more are expected, with comma, semicolon or tab between',
    ],
  ],
  ['id,new,new\n1,2,3\n', ['Line 1: column "new" occurs twice']],
  ['id,,new\n1,2,3\n', ['Line 1: column 2 has no name']],
  [
    'id,new\n1,2\n3\n4,5,6\n1,7\n,8\n',
    [
      'Line 3: has 1 fields where the header has 2',
      'Line 4: has 3 fields where the header has 2',
      'Line 5: has the same key as line 2',
      'Line 6: the first field, which is the key, is empty',
    ],
  ],
  ['id,new\n"a\nb",1\n"a\nb",2\n', ['Line 5: has the same key as line 3']],
  ['id,new\n1,"2\n3,4\n', ['Line 3: a quotation mark is opened and never closed']],
  ['id,new\n"1"x,2\n', ['Line 2: something follows a closing quotation mark; inside a field it is written twice ("")']],
  [
    'id,new\n1x",2\n',
    ['Line 2: a quotation mark stands inside a field without any; put the whole field in quotation marks'],
  ],
])('%j has mistakes', (text, told) => {
  expect(mistakes(text)).toEqual(told);
});

test('mistakes hold no values and are not more than a person reads', () => {
  const rows = Array.from({ length: 100 }, () => 'SecretPatient,x');
  const told = mistakes(`id,new\n${rows.join('\n')}\n`);
  expect(told).toHaveLength(20);
  expect(told.join()).not.toContain('SecretPatient');
  for (const text of ['id,new\n"SecretPatient"x,2\n', 'id,new\nSecretPatient"Doe,2\n', 'id,new\n1,"SecretPatient\n']) {
    expect(mistakes(text)).toHaveLength(1);
    expect(mistakes(text).join()).not.toContain('SecretPatient');
  }
});
