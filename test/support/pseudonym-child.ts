/**
 * Numbers patients until it is killed: `node pseudonym-child.ts FILE FIRST`. A line `identity number` for each, printed
 * when the number has been given.
 */
import { writeSync } from 'node:fs';
import { PseudonymStore } from '#main/rules/pseudonym-store.ts';

const [path = '', first = ''] = process.argv.slice(2);
const store = new PseudonymStore(path);
for (let patient = Number(first); ; patient++) {
  const number = store.number('key', 'patient', `patient ${patient}`);
  writeSync(1, `${patient} ${number}\n`);
}
