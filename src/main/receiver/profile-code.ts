/** A profile as a program: `new StoreScp({…})`, with secrets from environment variables. */

import { BUILT_IN_RULE_SETS } from '#main/rules/index.ts';
import type { Profile, SecretName } from '#shared/contract.ts';
import { placeSecrets } from '#shared/contract.ts';
import { optionTexts, s3Texts } from '#shared/options.ts';

/** Text that is source code, not a value. */
class Source {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** The program. It needs nothing but the library. */
export function profileCode(profile: Profile): string {
  const secrets = profile.secrets.map((name) => [name, new Source(`process.env.${variableOf(name)}`)] as const);
  const options = placeSecrets<{ readonly s3Config?: unknown }>(profile.options, Object.fromEntries(secrets));
  const comment = profile.name.replace(/[\r\n\u2028\u2029]/g, ' ');
  const rules = profile.ruleSetId === undefined ? undefined : rulesCode(profile.ruleSetId);
  return `// ${comment}
${rules?.imports ?? ''}import { StoreScp } from 'studyport';

const receiver = new StoreScp(${literal(options, '')});
${rules?.registration ?? ''}
receiver.onServerStarted((err, event) => console.log(err ? err.message : event.message));
receiver.onFileStored((err, event) => {
  if (!err) console.log(event.data.file);
});
receiver.onError((err, event) => console.error(event.message));

await receiver.start();
`;
}

/** A program that left the rules out would store what the profile would not. */
function rulesCode(ruleSetId: string): { readonly imports: string; readonly registration: string } {
  const isBuiltIn = BUILT_IN_RULE_SETS.has(ruleSetId);
  const names = [...(isBuiltIn ? ['BUILT_IN_RULE_SETS'] : []), 'compileRuleSet', 'loadRuleKey', 'PseudonymStore'];
  const ruleSet = isBuiltIn
    ? `BUILT_IN_RULE_SETS.get(${quoted(ruleSetId)})`
    : "JSON.parse(readFileSync('rules.json', 'utf8'))";
  return {
    imports: `${isBuiltIn ? '' : "import { readFileSync } from 'node:fs';\n"}import { ${names.join(', ')} } from 'studyport/rules';\n`,
    registration: `
// ${isBuiltIn ? '' : 'The rule set as "Export" writes it. '}The same key gives the same UIDs, dates and numbers: createRuleKey('rules.key') makes one.
const rules = compileRuleSet(${ruleSet}, {
  key: loadRuleKey('rules.key'),
  pseudonyms: new PseudonymStore('pseudonyms.db'),
});
receiver.onBeforeStore(rules);
`,
  };
}

function variableOf(name: SecretName): string {
  const text = name === 'tlsPassphrase' ? optionTexts[name] : s3Texts[name];
  return text.environment ?? `STUDYPORT_${name.toUpperCase()}`;
}

function literal(value: unknown, indent: string): string {
  if (value instanceof Source) return value.text;
  if (typeof value === 'string') return quoted(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items = value.map((item) => literal(item, inner));
    const line = `[${items.join(', ')}]`;
    if (line.length <= 90 && !line.includes('\n')) return line;
    return `[\n${items.map((item) => `${inner}${item},\n`).join('')}${indent}]`;
  }
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, one]) => one !== undefined);
    if (entries.length === 0) return '{}';
    const lines = entries.map(([name, one]) => `${inner}${key(name)}: ${literal(one, inner)},\n`);
    return `{\n${lines.join('')}${indent}}`;
  }
  return JSON.stringify(value) ?? 'undefined';
}

function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  const json = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${json.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}
