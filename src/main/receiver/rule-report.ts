/** What rules did to a study, as a table for people (HTML to be printed) and for programs (CSV). No value of the study occurs. */

import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { formatTag, parseTag } from '#shared/dicom/tag.ts';
import { PS315_EDITION } from '#shared/rules.ts';
import type { RuleSetVersion } from './applied-rules.ts';
import type { StudyTreatment } from './history-records.ts';

export interface RuleReport extends StudyTreatment {
  /** As stored. */
  readonly studyInstanceUid: string;
  readonly modalities: readonly string[];
  /** Milliseconds since 1970. */
  readonly firstReceived: number;
  readonly lastReceived: number;
}

const COLUMNS = ['Attribute', 'Tag', 'Outcome', 'Reason', 'Rule', 'Rule set', 'Version', 'Objects'] as const;

/** RFC 4180, with the byte order mark by which spreadsheets know UTF-8. */
export function reportCsv(report: RuleReport): string {
  const rows = report.actions.map((action) => rowOf(action));
  return `\ufeff${[COLUMNS, ...rows].map((row) => row.map(csvField).join(',')).join('\r\n')}\r\n`;
}

/** One file that needs no other. */
export function reportHtml(report: RuleReport): string {
  const { studyInstanceUid, modalities, firstReceived, lastReceived, versions, actions } = report;
  const facts: readonly (readonly [string, string])[] = [
    ['Study Instance UID, as stored', studyInstanceUid],
    ['Modalities', modalities.join(', ') || '–'],
    ['Received', `${time(firstReceived)} to ${time(lastReceived)}`],
    ['Attribute table', PS315_EDITION],
    ...versions.map(({ rules, files }) => [versionText(rules), counted(files)] as const),
  ];
  const body = actions.map((action) => `<tr>${rowOf(action).map(cell).join('')}</tr>`).join('\n');
  const table =
    actions.length === 0
      ? '<p>No actions are on record: nothing was treated, or the record was begun anew with the history.</p>'
      : `<table>
<thead><tr>${COLUMNS.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody>
${body}
</tbody>
</table>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>De-identification report</title>
<style>
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem; color: #111; background: #fff; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 0 0 1.5rem; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; font-size: 12px; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #ccc; }
td:last-child, th:last-child { text-align: right; font-variant-numeric: tabular-nums; }
footer { margin-top: 1.5rem; color: #555; font-size: 12px; }
@media print { body { margin: 0; font-size: 11px; } thead { display: table-header-group; } tr { break-inside: avoid; } }
@page { margin: 15mm; }
</style>
<h1>De-identification report</h1>
<dl>
${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('\n')}
</dl>
${table}
<footer>What was done to each attribute, and in how many objects. No value of the study is part of this report; what is left in pixels is not either.</footer>
</html>
`;
}

function rowOf({ path, outcome, reason, rule, rules, count }: StudyTreatment['actions'][number]): readonly string[] {
  return [
    pathNames(path),
    pathTags(path),
    outcome,
    reason,
    rule ?? '',
    rules.name,
    String(rules.version),
    String(count),
  ];
}

/** `00081140.00081155` as `ReferencedImageSequence > ReferencedSOPInstanceUID`. */
function pathNames(path: string): string {
  return steps(path, (tag) => entryOfTag(tag)?.keyword || 'private or unknown').join(' > ');
}

function pathTags(path: string): string {
  return steps(path, formatTag).join(' > ');
}

function steps(path: string, name: (tag: number) => string): readonly string[] {
  return path.split('.').map((step) => {
    const tag = parseTag(step);
    return tag === undefined ? step : name(tag);
  });
}

function versionText(rules: RuleSetVersion | undefined): string {
  return rules ? `${rules.name}, version ${rules.version}` : 'Without rules';
}

function counted(files: number): string {
  return files === 1 ? '1 object' : `${files} objects`;
}

/** In UTC, for it is read elsewhere. */
function time(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** A text that a spreadsheet would take for a formula is made one that it does not. */
export function csvField(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function cell(text: string): string {
  return `<td>${escapeHtml(text)}</td>`;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
