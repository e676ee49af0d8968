import { expect, test } from 'vitest';
import { csvField, type RuleReport, reportCsv, reportHtml } from '#main/receiver/rule-report.ts';

const rules = { id: 'r1', version: 3, name: 'Trial <"A" & B>' };
const report: RuleReport = {
  studyInstanceUid: '2.25.1',
  modalities: ['CT', 'SR'],
  firstReceived: Date.UTC(2026, 0, 2, 3, 4),
  lastReceived: Date.UTC(2026, 0, 2, 5, 6),
  versions: [
    { rules, files: 2 },
    { rules: undefined, files: 1 },
  ],
  actions: [
    { rules, path: '00100010', outcome: 'changed', reason: 'rule 1: =SUM(A1), a "number"', rule: 'name', count: 2 },
    { rules, path: '00081140.00081155', outcome: 'changed', reason: 'PS3.15 basic: U', count: 4 },
    { rules, path: '00091001', outcome: 'removed', reason: 'private elements are removed', count: 1 },
  ],
};

test('the table names each attribute, what was done to it and how often', () => {
  expect(reportCsv(report).split('\r\n')).toEqual([
    '\ufeffAttribute,Tag,Outcome,Reason,Rule,Rule set,Version,Objects',
    'PatientName,"(0010,0010)",changed,"rule 1: =SUM(A1), a ""number""",name,"Trial <""A"" & B>",3,2',
    'ReferencedImageSequence > ReferencedSOPInstanceUID,"(0008,1140) > (0008,1155)",changed,PS3.15 basic: U,,"Trial <""A"" & B>",3,4',
    'private or unknown,"(0009,1001)",removed,private elements are removed,,"Trial <""A"" & B>",3,1',
    '',
  ]);
});

test('the page says who treated what, fetches nothing, and shows names as text', () => {
  const html = reportHtml(report);
  expect(html).toContain('<dt>Trial &lt;&quot;A&quot; &amp; B&gt;, version 3</dt><dd>2 objects</dd>');
  expect(html).toContain('<dt>Without rules</dt><dd>1 object</dd>');
  expect(html).toContain('2026-01-02 03:04 UTC to 2026-01-02 05:06 UTC');
  expect(html).toContain('@media print');
  expect(html.match(/<tr>/g)).toHaveLength(4);
  expect(html).not.toMatch(/<script|<link|src=|https?:|url\(/);
  expect(html).not.toContain('<"A"');
});

test('without actions it says so', () => {
  expect(reportHtml({ ...report, actions: [], versions: [] })).toContain('No actions are on record');
});

test.each([
  ['plain', 'plain'],
  ['a,b', '"a,b"'],
  ['a "b"', '"a ""b"""'],
  ['=1+1', "'=1+1"],
  ['@x', "'@x"],
  ['-2\n', '"\'-2\n"'],
  ['', ''],
])('%j in a CSV is %j', (text, field) => {
  expect(csvField(text)).toBe(field);
});
