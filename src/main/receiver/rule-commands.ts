/** The commands about rules, keys, tables and the quarantine. Arguments have been parsed; `inTurn` keeps changes apart. */

import type { ParsedArgument } from '#shared/contract.ts';
import type { S3Config } from '#shared/options.ts';
import type {
  RuleCommandResults,
  RuleKeyRow,
  RuleSetRow,
  RuleTableRow,
  ruleCommandArguments,
  SampleRef,
} from '#shared/rule-commands.ts';
import { parseRuleSet } from '#shared/rules.ts';
import type { ManagedProfile } from './managed-profile.ts';
import { need, ProblemError, problem } from './problem.ts';
import { freeName } from './profile-store.ts';
import type { Receiver } from './receiver.ts';
import { notWritten } from './receiver.ts';
import type { KnownKey } from './rule-keys.ts';
import { csvField, reportCsv, reportHtml } from './rule-report.ts';
import type { Sample } from './rule-samples.ts';
import { copyName, requireFreeRuleSetName } from './rule-service.ts';
import { ruleSetDifferences } from './rule-set-differences.ts';
import type { StoredRuleSet } from './rule-set-store.ts';
import { readTables, removeTable, tableNames, writeTable } from './rule-tables.ts';
import { discardFromS3, type ReleasedFromS3, releaseFromS3, s3QuarantineRows } from './s3-quarantine.ts';
import { TEST_MODALITIES } from './test-images.ts';

/** After these, lists of rule sets, keys and tables on other pages are old. */
const CHANGING: ReadonlySet<string> = new Set([
  'rule-set-save',
  'rule-set-duplicate',
  'rule-set-delete',
  'rule-set-import',
  'rule-set-use',
  'rule-key-create',
  'rule-key-restore',
  'rule-key-rotate',
  'rule-table-import',
  'rule-table-delete',
  'profile-save',
  'profile-delete',
  'profile-duplicate',
  'profile-import',
]);

/** Whether pages should fetch rule sets, keys and tables again after a command. */
export function changesRules(command: string): boolean {
  return CHANGING.has(command);
}

type RuleCommands = {
  readonly [Name in keyof typeof ruleCommandArguments]: (
    receiver: Receiver,
    argument: ParsedArgument<Name>,
  ) => Promise<RuleCommandResults[Name]>;
};

export const ruleCommands: RuleCommands = {
  'rule-sets-list': async (receiver) => ({
    ruleSets: await Promise.all(receiver.rules.sets.all.map((one) => rowOf(receiver, one))),
  }),

  'rule-set-get': async (receiver, { id, version }) => {
    const { sets } = receiver.rules;
    const found = version === undefined ? sets.get(id) : await sets.version(id, version);
    return { row: await rowOf(receiver, sets.get(id)), ruleSet: found.ruleSet, versions: sets.versions(id) };
  },

  'rule-set-check': ({ rules }, { ruleSet }) => rules.check(ruleSet),

  'rule-set-save': (receiver, { id, ruleSet: given }) =>
    receiver.inTurn(async () => {
      const ruleSet = await receiver.rules.right(given);
      requireFreeRuleSetName(ruleSet.name, receiver.rules.sets.all, id);
      const saved = await written(receiver, receiver.rules.sets.save(id, ruleSet));
      const { version } = saved;
      receiver.line('info', `Version ${version} of the rule set "${ruleSet.name}" was saved (${saved.id})`);
      await applyWhere(receiver, ({ profile }) => profile.ruleSetId === saved.id);
      return rowOf(receiver, saved);
    }),

  'rule-set-duplicate': (receiver, { id, name }) =>
    receiver.inTurn(async () => {
      const { sets } = receiver.rules;
      const { ruleSet } = sets.get(id);
      const copy = { ...ruleSet, name: name ?? copyName(ruleSet.name, sets.all) };
      requireFreeRuleSetName(copy.name, sets.all);
      return rowOf(receiver, await written(receiver, sets.save(undefined, copy)));
    }),

  'rule-set-delete': (receiver, { id }) =>
    receiver.inTurn(async () => {
      const users = usersOf(receiver, id);
      if (users.length > 0) {
        throw problem(
          'rule-set-in-use',
          `This rule set is applied by ${users.map((name) => `"${name}"`).join(', ')}. Choose another one there first.`,
          'id',
        );
      }
      const { name } = receiver.rules.sets.get(id).ruleSet;
      await written(receiver, receiver.rules.sets.remove(id));
      receiver.line('info', `The rule set "${name}" was deleted with all its versions (${id})`);
      return null;
    }),

  'rule-set-import': (receiver, { text }) =>
    receiver.inTurn(async () => {
      const { sets } = receiver.rules;
      const parsed = parseRuleSet(parseJson(text));
      if ('mistakes' in parsed) {
        throw new ProblemError(
          ...parsed.mistakes.map(({ path, message }) => ({
            code: 'import-broken',
            message: `This rule set cannot be read: ${path || 'it'} ${message}.`,
            field: 'text',
          })),
        );
      }
      const { ruleSet } = parsed;
      const name = freeName(
        ruleSet.name,
        sets.all.map((one) => one.ruleSet.name),
      );
      return rowOf(receiver, await written(receiver, sets.save(undefined, { ...ruleSet, name })));
    }),

  'rule-set-export': async ({ rules }, { id }) => ({
    text: `${JSON.stringify(rules.sets.get(id).ruleSet, null, 2)}\n`,
  }),

  'rule-set-difference': async ({ rules }, { id, from, to }) => {
    const [before, after] = [await rules.sets.version(id, from), await rules.sets.version(id, to)];
    return { changes: ruleSetDifferences(before.ruleSet, after.ruleSet) };
  },

  'rule-set-use': (receiver, { profileId, ruleSetId }) =>
    receiver.inTurn(async () => {
      const { profile } = receiver.managed(profileId);
      const { ruleSetId: _, ...without } = profile;
      // What cannot be applied is refused now, not when the next object comes.
      if (ruleSetId !== null) await receiver.rules.right(receiver.rules.sets.usable(ruleSetId).ruleSet);
      const managed = await receiver.update(ruleSetId === null ? without : { ...without, ruleSetId });
      const what = ruleSetId === null ? 'no rule set any more' : `the rule set "${nameOf(receiver, ruleSetId)}"`;
      receiver.line('info', `"${profile.name}" applies ${what}`, { profileId });
      await managed.applyRules();
      return null;
    }),

  'rule-samples': async ({ history }) => {
    const newest = need(await history.call('newest-instances', undefined));
    const received = newest.map(({ instanceId, modality, received }) => ({
      sample: { kind: 'instance', instanceId } as const,
      label: `${modality || 'Object'}, received ${timeText(received, new Date())}`,
      modality,
    }));
    const synthetic = TEST_MODALITIES.map((modality) => ({
      sample: { kind: 'synthetic', modality } as const,
      label: `${modality}, synthetic`,
      modality,
    }));
    return { samples: [...received, ...synthetic] };
  },

  'rule-preview': async (receiver, { ruleSet, sample }) =>
    receiver.rules.preview(ruleSet, await located(receiver, sample)),

  'rule-dry-run': async (receiver, { ruleSet, target, limit, runId }) => {
    const { history, rules, stream } = receiver;
    const heard = (files: number) => stream.emit({ type: 'dry-run-progress', runId, files });
    if (target.kind === 'folder') {
      return rules.dryRun(ruleSet, { of: { folder: target.path }, limit, runId }, heard);
    }
    const { files } = need(await history.call('study-files', { studyId: target.studyId }));
    if (files.every((file) => file.startsWith('s3://'))) {
      throw problem('stored-in-s3', 'This study is stored in S3: rules can be tried on files in a folder only.');
    }
    return rules.dryRun(ruleSet, { of: files, limit, runId }, heard);
  },

  'rule-dry-run-cancel': async ({ rules }, { runId }) => {
    rules.endDryRun(runId);
    return null;
  },

  'rule-report': async ({ history }, { studyId, format }) => {
    const { study } = need(await history.call('study-get', { studyId }));
    const report = { ...study, ...need(await history.call('study-treatment', { studyId })) };
    const text = format === 'html' ? reportHtml(report) : reportCsv(report);
    return { text, name: `de-identification-report-${studyId}.${format}` };
  },

  'quarantine-list': async (receiver, { profileId }) => {
    const place = await quarantineOf(receiver, profileId);
    if ('bucket' in place) return { rows: await s3QuarantineRows(place.bucket) };
    return { rows: await receiver.rules.work('quarantine-list', place) };
  },

  'quarantine-release': async (receiver, { profileId, name }) => {
    const place = await quarantineOf(receiver, profileId);
    const { record, left }: ReleasedFromS3 =
      'bucket' in place
        ? await releaseFromS3(place.bucket, profileId, name)
        : { record: await receiver.rules.work('quarantine-release', { ...place, profileId, name }) };
    receiver.line('warn', `${name} was released from quarantine into the archive, as it was`, {
      profileId,
      code: 'quarantine-released',
    });
    await receiver.history.add([record]);
    receiver.stream.emit({ type: 'history-changed' });
    if (left) throw left;
    return { file: record.file };
  },

  'quarantine-discard': async (receiver, { profileId, name }) => {
    const place = await quarantineOf(receiver, profileId);
    if ('bucket' in place) await discardFromS3(place.bucket, name);
    else await receiver.trash(await receiver.rules.work('quarantine-files', { ...place, name }));
    receiver.line('info', `${name} was discarded from quarantine`, { profileId, code: 'quarantine-discarded' });
    return null;
  },

  'rule-keys-list': async ({ rules }) => ({ keys: await keyRows(rules, rules.keys.all) }),

  'rule-key-create': async (receiver, { name }) => {
    const key = await receiver.rules.keys.create(name);
    receiver.line('info', `The rule key "${name}" was made`);
    return keyRow(receiver, key);
  },

  'rule-key-recovery': async (receiver, { name }) => {
    const text = await receiver.rules.keys.recovery(name);
    receiver.line('warn', `The recovery text of the rule key "${name}" was handed out`, { code: 'rule-key-exported' });
    return { text };
  },

  'rule-key-restore': (receiver, { name, text }) =>
    receiver.inTurn(async () => {
      const key = await receiver.rules.keys.restore(name, text);
      receiver.line('info', `The rule key "${name}" was restored`);
      await applyWhere(receiver, (managed) => keyRefOf(receiver, managed) === name);
      return keyRow(receiver, key);
    }),

  'rule-key-rotate': (receiver, { name }) =>
    receiver.inTurn(async () => {
      const key = await receiver.rules.keys.rotate(name);
      receiver.line('warn', `The rule key "${name}" was replaced by a new one`, { code: 'rule-key-rotated' });
      await applyWhere(receiver, (managed) => keyRefOf(receiver, managed) === name);
      return keyRow(receiver, key);
    }),

  'pseudonyms-export': async (receiver, { keyName }) => {
    const key = receiver.rules.keys.all.find(({ name }) => name === keyName);
    if (!key) throw problem('unknown-rule-key', `There is no key "${keyName}".`, 'keyName');
    const rows = await receiver.rules.pseudonyms(key.fingerprint);
    receiver.line('warn', `The table of pseudonyms of the rule key "${keyName}" was handed out: ${rows.length} rows`, {
      code: 'pseudonyms-exported',
    });
    // The parts of an identity are separated by NUL, which no file should hold.
    const lines = rows.map(({ scope, identity, number }) => [
      scope,
      String(number),
      ...(scope === 'patient' ? identity.split('\0') : ['', identity]),
    ]);
    const text = [['scope', 'number', 'kind', 'identity', 'issuer'], ...lines].map((row) =>
      row.map(csvField).join(','),
    );
    return { text: `\ufeff${text.join('\r\n')}\r\n` };
  },

  'rule-tables-list': async (receiver) => {
    const names = await tableNames(receiver.rules.tablesFolder);
    return { tables: await Promise.all(names.map((name) => tableRow(receiver, name))) };
  },

  'rule-table-import': (receiver, { name, text }) =>
    receiver.inTurn(async () => {
      const row = { name, ...(await receiver.rules.work('table-row', { text })) };
      const users = await withTable(receiver, name, text);
      await written(receiver, writeTable(receiver.rules.tablesFolder, name, text));
      receiver.line('info', `The lookup table "${name}" was imported`);
      await applyWhere(receiver, (managed) => users.has(managed));
      return row;
    }),

  'rule-table-delete': (receiver, { name }) =>
    receiver.inTurn(async () => {
      await withTable(receiver, name, undefined);
      await written(receiver, removeTable(receiver.rules.tablesFolder, name));
      receiver.line('info', `The lookup table "${name}" was deleted`);
      return null;
    }),
};

async function rowOf(receiver: Receiver, { id, builtIn, version, saved, ruleSet }: StoredRuleSet): Promise<RuleSetRow> {
  const { name, description } = ruleSet;
  const conformant = await receiver.rules.isConformant(ruleSet);
  return { id, name, description, builtIn, version, saved, usedBy: usersOf(receiver, id), conformant };
}

/** The names of the profiles that apply a rule set. */
function usersOf(receiver: Receiver, id: string): readonly string[] {
  return receiver.profiles.all.filter(({ ruleSetId }) => ruleSetId === id).map(({ name }) => name);
}

function nameOf({ rules }: Receiver, id: string): string {
  return rules.sets.get(id).ruleSet.name;
}

/** The rule set of a profile as it would be applied now; undefined when there is none that can be read. */
function ruleSetOf({ rules }: Receiver, { profile }: ManagedProfile) {
  return rules.sets.all.find(({ id }) => id === profile.ruleSetId)?.ruleSet;
}

function keyRefOf(receiver: Receiver, managed: ManagedProfile): string | undefined {
  return ruleSetOf(receiver, managed)?.keyRef;
}

/** Profiles that run go on with what is in force now, for associations that begin from now on. */
async function applyWhere(receiver: Receiver, concerned: (managed: ManagedProfile) => boolean): Promise<void> {
  for (const managed of receiver.allManaged()) if (concerned(managed)) await managed.applyRules();
}

/**
 * The profiles that look things up in a table.
 * @throws ProblemError when one of them could no longer apply its rule set with the table as it is to be
 */
async function withTable(
  receiver: Receiver,
  name: string,
  text: string | undefined,
): Promise<ReadonlySet<ManagedProfile>> {
  const users = new Set<ManagedProfile>();
  for (const managed of receiver.allManaged()) {
    const ruleSet = ruleSetOf(receiver, managed);
    if (!ruleSet?.rules.some(({ action }) => action.do === 'lookup' && action.table === name)) continue;
    const { mistakes } = await receiver.rules.check(ruleSet, { [name]: text });
    const [first] = mistakes;
    if (first) {
      throw problem(
        'table-in-use',
        `The profile "${managed.profile.name}" applies the rule set "${ruleSet.name}", which could not be applied then: ${first.path} ${first.message}. Change that first.`,
        text === undefined ? 'name' : 'text',
      );
    }
    users.add(managed);
  }
  return users;
}

async function tableRow({ rules }: Receiver, name: string): Promise<RuleTableRow> {
  const { [name]: text = '' } = await readTables(rules.tablesFolder, [name]);
  // One that cannot be read is listed all the same, so that it can be replaced or deleted.
  const row = await rules.work('table-row', { text }).catch((error: unknown) => {
    if (error instanceof ProblemError) return { columns: [], rows: 0 };
    throw error;
  });
  return { name, ...row };
}

async function keyRows(rules: Receiver['rules'], keys: readonly KnownKey[]): Promise<readonly RuleKeyRow[]> {
  const counts = await rules.pseudonymCounts(keys.map(({ fingerprint }) => fingerprint));
  return keys.map((key, index) => ({ ...key, pseudonyms: counts[index] ?? 0 }));
}

async function keyRow({ rules }: Receiver, key: KnownKey): Promise<RuleKeyRow> {
  const [row] = await keyRows(rules, [key]);
  return row!;
}

async function located({ history }: Receiver, sample: SampleRef): Promise<Sample> {
  switch (sample.kind) {
    case 'synthetic':
    case 'file':
      return sample;
    case 'instance': {
      const path = need(await history.location(sample));
      if (path.startsWith('s3://')) {
        throw problem('stored-in-s3', 'This object is stored in S3: rules can be tried on files in a folder only.');
      }
      return { kind: 'file', path, association: need(await history.call('instance-origin', sample)) };
    }
  }
}

/** Where a profile puts aside what is not to be in its archive. @throws ProblemError when a secret of the bucket is missing */
async function quarantineOf(
  receiver: Receiver,
  profileId: string,
): Promise<{ readonly outDir: string } | { readonly bucket: S3Config }> {
  const { profile, options } = receiver.managed(profileId);
  if (options.storageBackend !== 'S3') return { outDir: options.outDir ?? '' };
  return { bucket: (await receiver.optionsWithSecrets(profile)).s3Config! };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw problem('import-broken', 'This file is not JSON. Choose a file that "Export" has written.', 'text');
  }
}

/** `12:04` today, `2026-01-02 12:04` on another day. */
function timeText(milliseconds: number, now: Date): string {
  const date = new Date(milliseconds);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}`;
  if (date.toDateString() === now.toDateString()) return time;
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${time}`;
}

function two(value: number): string {
  return value.toString().padStart(2, '0');
}

async function written<Value>({ host }: Receiver, writing: Promise<Value>): Promise<Value> {
  try {
    return await writing;
  } catch (error) {
    throw error instanceof ProblemError ? error : notWritten('rules', error, host.dataFolder);
  }
}
