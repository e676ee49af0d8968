/** Tables that people bring (CSV, RFC 4180): who becomes who. */

import { CsvError, type InfoRecord, parse } from 'csv-parse/sync';

export interface LookupTable {
  /** In their order; the first is the key. */
  readonly columns: readonly string[];
  /** How many keys there are. */
  readonly size: number;
  /** The value of a column in the row of a key; undefined: there is no such row. Blanks around the key do not count. */
  get(key: string, column: string): string | undefined;
}

const SEPARATORS = [',', ';', '\t'];
/** A person mends a few mistakes and tries again. */
const MOST_MISTAKES = 20;

/**
 * Reads a table with a header row, whose first column is the key. The separator is comma, semicolon or tab, whichever
 * the header has most of. Otherwise gives the mistakes, as many as a person can use, each with its line (counted from 1;
 * of a row with several lines the last). They hold no value: keys are patients.
 */
export function parseLookupTable(text: string): LookupTable | { mistakes: readonly string[] } {
  const bare = text.replace(/^\uFEFF/, '');
  let records: TableRow[];
  try {
    records = readRecords(bare);
  } catch (error) {
    if (error instanceof CsvError) return { mistakes: [mistakeOf(error)] };
    throw error;
  }
  const [header, ...rows] = records;
  if (!header) return { mistakes: ['The table is empty: a header row is expected'] };
  const mistakes = [...headerMistakes(header), ...rowMistakes(header.fields, rows)];
  if (rows.length === 0) mistakes.push('There is no row below the header');
  if (mistakes.length > 0) return { mistakes: mistakes.slice(0, MOST_MISTAKES) };
  return tableOf(header.fields, rows);
}

interface TableRow {
  readonly fields: readonly string[];
  readonly line: number;
}

function readRecords(text: string): TableRow[] {
  const parsed = parse(text, {
    delimiter: separatorOf(text),
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    info: true,
  }) as unknown as { record: string[]; info: InfoRecord }[];
  return parsed.map(({ record, info }) => ({ fields: record, line: info.lines }));
}

/** Of the separators the one that the header has most of, outside quotes. */
function separatorOf(text: string): string {
  const counts = new Map(SEPARATORS.map((separator) => [separator, 0]));
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (quoted) continue;
    if (character === '\n' || character === '\r') break;
    const count = counts.get(character);
    if (count !== undefined) counts.set(character, count + 1);
  }
  return SEPARATORS.reduce((best, separator) => (counts.get(separator)! > counts.get(best)! ? separator : best));
}

function headerMistakes({ fields, line }: TableRow): string[] {
  const mistakes: string[] = [];
  if (fields.length < 2) {
    mistakes.push(
      `Line ${line}: the header has one column; a key and at least one more are expected, with comma, semicolon or tab between`,
    );
  }
  for (const [index, name] of fields.entries()) {
    if (name === '') mistakes.push(`Line ${line}: column ${index + 1} has no name`);
    else if (fields.indexOf(name) < index) mistakes.push(`Line ${line}: column "${name}" occurs twice`);
  }
  return mistakes;
}

function rowMistakes(columns: readonly string[], rows: readonly TableRow[]): string[] {
  const mistakes: string[] = [];
  const lines = new Map<string, number>();
  for (const { fields, line } of rows) {
    const key = fields[0] ?? '';
    const first = lines.get(key);
    if (fields.length !== columns.length) {
      mistakes.push(`Line ${line}: has ${fields.length} fields where the header has ${columns.length}`);
    } else if (key === '') {
      mistakes.push(`Line ${line}: the first field, which is the key, is empty`);
    } else if (first !== undefined) {
      mistakes.push(`Line ${line}: has the same key as line ${first}`);
    } else {
      lines.set(key, line);
    }
  }
  return mistakes;
}

function tableOf(columns: readonly string[], rows: readonly TableRow[]): LookupTable {
  const byKey = new Map(rows.map(({ fields }) => [fields[0]!, fields]));
  const numbers = new Map(columns.map((column, index) => [column, index]));
  return {
    columns,
    size: byKey.size,
    get(key, column) {
      const number = numbers.get(column);
      return number === undefined ? undefined : byKey.get(key.trim())?.[number];
    },
  };
}

/** In our words: those of the library may hold a value. */
function mistakeOf(error: CsvError): string {
  const { code, lines } = error as CsvError & { readonly lines?: unknown };
  return `Line ${Number(lines) || 1}: ${QUOTE_MISTAKES[code] ?? `cannot be read (${code})`}`;
}

const QUOTE_MISTAKES: Readonly<Record<string, string>> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark is opened and never closed',
  CSV_INVALID_CLOSING_QUOTE: 'something follows a closing quotation mark; inside a field it is written twice ("")',
  CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE:
    'something follows a closing quotation mark; inside a field it is written twice ("")',
  INVALID_OPENING_QUOTE: 'a quotation mark stands inside a field without any; put the whole field in quotation marks',
};
