import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { printPasscodeHash } from '#headless/hash-passcode.ts';
import { parseOptions } from '#shared/options.ts';

async function run(args: readonly string[], input: string) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await printPasscodeHash(args, {
    stdin: Readable.from([Buffer.from(input)]),
    print: (line) => printed.push(line),
    complain: (line) => complaints.push(line),
  });
  return { code, printed, complaints };
}

test('prints one line that the option takes', async () => {
  const { code, printed, complaints } = await run(['anna'], 'Geheimnis\n');
  expect({ code, complaints }).toEqual({ code: 0, complaints: [] });
  expect(printed).toHaveLength(1);
  expect(printed[0]).toMatch(/^anna:scrypt\./);
  expect(printed[0]).not.toContain('Geheimnis');
  expect(parseOptions({ port: 0, outDir: '/x', users: printed }).users).toEqual(printed);
});

test.each([
  [[], 'x', 'usage'],
  [['anna', 'secret'], 'x', 'usage'],
  [['--help'], 'x', 'usage'],
  [['anna'], '\n', 'no passcode'],
  [['an:na'], 'x', 'NAME is wrong'],
])('%j with %j on standard input is refused', async (args, input, words) => {
  const { code, printed, complaints } = await run(args, input);
  expect({ code, printed }).toEqual({ code: 2, printed: [] });
  expect(complaints.join()).toContain(words);
  expect(complaints.join()).not.toContain('secret');
});
