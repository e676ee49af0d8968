/** A fake receiver for tests of the rules screen: it keeps rule sets and applies them, as far as attributes by name go. */

import { defaultSettings, type Profile, type StudyRow } from '#shared/contract.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { formatTag } from '#shared/dicom/tag.ts';
import type { DryRun, QuarantineRow, RuleKeyRow, RuleSetRow, RuleTableRow, SampleRow } from '#shared/rule-commands.ts';
import {
  attributeTag,
  type ElementChange,
  PS315_EDITION,
  parseRuleSet,
  type RuleMistake,
  type RuleRun,
  type RuleSet,
  type RuleSetInput,
  ruleSetSchema,
} from '#shared/rules.ts';
import { createFakeReceiver, type FakeReceiver } from './page-harness.ts';
import { listeningProfile, sampleProfile, sampleState } from './sample-state.ts';

const BASIC: RuleSetInput = {
  format: 'deid-profile/1',
  name: 'Basic Profile',
  description: 'PS3.15 Basic Application Level Confidentiality Profile.',
  base: { kind: 'ps315', edition: PS315_EDITION },
};
const RESEARCH: RuleSetInput = {
  ...BASIC,
  name: 'Research',
  description: 'For studies that compare images over time.',
  base: {
    kind: 'ps315',
    edition: PS315_EDITION,
    options: ['retain-modified-dates', 'retain-device', 'clean-descriptors'],
  },
  gates: [
    {
      id: 'gate-1',
      when: { kind: 'attribute', attribute: 'BurnedInAnnotation', test: { op: 'equals', value: 'YES' } },
      verdict: { do: 'quarantine', reason: 'Text is burned in' },
    },
  ],
  rules: [
    {
      id: 'rule-1',
      note: 'One number for each patient',
      select: [{ kind: 'attribute', attribute: 'PatientID' }],
      action: { do: 'pseudonym', template: 'SUBJECT-{n:4}' },
    },
    {
      id: 'rule-2',
      select: [{ kind: 'list', list: 'descriptors' }],
      action: { do: 'clean' },
      when: { kind: 'attribute', attribute: 'Modality', test: { op: 'in', values: ['CT', 'MR'] } },
    },
  ],
};
const MINIMAL: RuleSetInput = {
  ...BASIC,
  name: 'Minimal pseudonymisation',
  description: 'Name and number of the patient only.',
  base: { kind: 'none' },
  rules: [
    {
      id: 'rule-1',
      select: [{ kind: 'attribute', attribute: 'PatientName' }],
      action: { do: 'pseudonym', template: 'SUBJECT-{n:4}' },
    },
  ],
};

/** Tag, VR and value of a synthetic CT; what lies in sequences has a path of its own. Nobody has this name. */
const ELEMENTS: readonly (readonly [path: string, vr: string, value: string])[] = [
  ['(0008,0016)', 'UI', '1.2.840.10008.5.1.4.1.1.2'],
  ['(0008,0018)', 'UI', '1.2.826.0.1.3680043.10.1.7'],
  ['(0008,0020)', 'DA', '20260305'],
  ['(0008,0050)', 'SH', 'A-20931'],
  ['(0008,0060)', 'CS', 'CT'],
  ['(0008,0070)', 'LO', 'Acme Imaging'],
  ['(0008,0080)', 'LO', 'St. Elsewhere'],
  ['(0008,0090)', 'PN', 'REFERRER^ROSA'],
  ['(0008,1030)', 'LO', 'CT chest, called by Dr Hartley'],
  ['(0008,1140)', 'SQ', '1 item'],
  ['(0008,1140)[0].(0008,1150)', 'UI', '1.2.840.10008.5.1.4.1.1.2'],
  ['(0008,1140)[0].(0008,1155)', 'UI', '1.2.826.0.1.3680043.10.1.6'],
  ['(0009,0010)', 'LO', 'ACME PRIVATE 1'],
  ['(0009,1001)', 'LO', 'internal number 5'],
  ['(0010,0010)', 'PN', 'HARTLEY^MIRA'],
  ['(0010,0020)', 'LO', 'MH-004711'],
  ['(0010,0030)', 'DA', '19710423'],
  ['(0010,1010)', 'AS', '054Y'],
  ['(0018,0050)', 'DS', '5.0'],
  ['(0028,0010)', 'US', '512'],
  ['(7FE0,0010)', 'OW', '524,288 bytes'],
];
const REMOVED = new Set(['(0008,0050)', '(0008,0080)', '(0009,0010)', '(0009,1001)']);
const EMPTIED = new Set(['(0008,0090)', '(0010,0010)', '(0010,0020)', '(0010,0030)']);

function applied(ruleSet: RuleSet, [path, vr, value]: (typeof ELEMENTS)[number]): ElementChange {
  const own = path.slice(path.lastIndexOf('.') + 1);
  const tag = attributeTag(own)!;
  const entry = entryOfTag(tag);
  const change = {
    path,
    tag,
    keyword: entry?.keyword ?? '',
    name: entry?.name ?? '',
    vr,
    depth: path.split('.').length - 1,
    before: value,
  };
  if (own === '(7FE0,0010)') return { ...change, after: value, outcome: 'kept', reason: 'locked: the picture itself' };
  const rule = ruleSet.rules.find(
    ({ on, select }) =>
      on && select.some((selector) => selector.kind === 'attribute' && attributeTag(selector.attribute) === tag),
  );
  if (rule) {
    const { action } = rule;
    const by = { ...change, rule: rule.id, reason: `rule ${ruleSet.rules.indexOf(rule) + 1}` };
    if (action.do === 'keep') return { ...by, after: value, outcome: 'kept' };
    if (action.do === 'remove') return { ...by, after: '', outcome: 'removed' };
    if (action.do === 'empty') return { ...by, after: '', outcome: 'emptied' };
    const after = 'template' in action ? action.template.replace('{n:4}', '0001') : 'x';
    return { ...by, after, outcome: 'changed' };
  }
  if (ruleSet.base.kind === 'none') return { ...change, after: value, outcome: 'kept', reason: 'no rule' };
  if (REMOVED.has(own)) return { ...change, after: '', outcome: 'removed', reason: 'PS3.15 basic: X' };
  if (EMPTIED.has(own)) return { ...change, after: '', outcome: 'emptied', reason: 'PS3.15 basic: Z' };
  return { ...change, after: value, outcome: 'kept', reason: 'PS3.15 does not list it' };
}

function runOf(ruleSet: RuleSet): RuleRun {
  const changes = ELEMENTS.map((element) => applied(ruleSet, element));
  const counts: Record<string, number> = {};
  for (const { rule = 'base' } of changes) counts[rule] = (counts[rule] ?? 0) + 1;
  const isLeft = changes.some(({ keyword, outcome }) => keyword === 'StudyDescription' && outcome === 'kept');
  return {
    verdict: isLeft ? 'quarantine' : 'store',
    reason: isLeft ? 'Something of the patient’s own is left' : '',
    changes,
    residual: isLeft ? [{ path: '(0008,1030)', keyword: 'StudyDescription', what: 'name' }] : [],
    burnedIn: { score: 15, reasons: ['Burned In Annotation is missing'] },
    counts,
    turnedToUnicode: false,
  };
}

function mistakesOf(ruleSet: RuleSet): readonly RuleMistake[] {
  return ruleSet.rules.flatMap(({ action }, index) =>
    'template' in action && action.template.includes('{nonsense}')
      ? [
          {
            path: `rules[${index}].action.template`,
            message: '{nonsense}: is neither a function nor an attribute of PS3.6',
          },
        ]
      : [],
  );
}

/** Rules that an earlier one of the same single attribute leaves nothing for. */
function deadOf({ rules }: RuleSet): readonly { id: string; reason: string }[] {
  const seen = new Map<string, number>();
  return rules.flatMap(({ id, select, when }, index) => {
    const [selector] = select;
    if (selector?.kind !== 'attribute' || when) return [];
    const earlier = seen.get(selector.attribute);
    if (earlier !== undefined) return [{ id, reason: `rule ${earlier + 1} matches everything that it does` }];
    seen.set(selector.attribute, index);
    return [];
  });
}

export const QUARANTINED: readonly QuarantineRow[] = [
  {
    name: '1.2.3.4.dcm',
    reason: 'Part of the name in StudyDescription',
    time: Date.UTC(2026, 2, 5, 9),
    bytes: 526_000,
  },
  { name: '1.2.3.5.dcm', reason: 'Text is burned in', time: Date.UTC(2026, 2, 5, 8), bytes: 921_000 },
];

export const DRY_RUN: DryRun = {
  files: 212,
  stored: 209,
  quarantined: 2,
  rejected: 0,
  unreadable: 1,
  counts: { 'rule-1': 212, base: 9_120, defaults: 424, locked: 212 },
  residual: [{ keyword: 'StudyDescription', what: 'name', files: 2 }],
  reasons: [{ reason: 'Part of the name in StudyDescription', files: 2 }],
  cut: true,
};

const SAMPLES: readonly SampleRow[] = [
  { sample: { kind: 'instance', instanceId: 7 }, label: 'CT, received 12:04', modality: 'CT' },
  { sample: { kind: 'synthetic', modality: 'CT' }, label: 'CT, synthetic', modality: 'CT' },
  { sample: { kind: 'synthetic', modality: 'MR' }, label: 'MR, synthetic', modality: 'MR' },
];

const STUDY: StudyRow = {
  studyId: 12,
  profileId: 'profile-1',
  studyInstanceUid: '1.2.826.0.1.3680043.10.1',
  patientName: 'HARTLEY^MIRA',
  patientId: 'MH-004711',
  accessionNumber: 'A-20931',
  studyDate: '20260305',
  modalities: ['CT'],
  description: 'CT chest',
  series: 1,
  instances: 212,
  waiting: 0,
  gone: 0,
  bytes: 111_000_000,
  firstReceived: Date.UTC(2026, 2, 5, 9),
  lastReceived: Date.UTC(2026, 2, 5, 9, 2),
  status: 'complete',
  test: false,
  location: '/home/radiology/dicom/1',
  burnedIn: 10,
};

interface Stored {
  readonly id: string;
  readonly builtIn: boolean;
  readonly versions: RuleSet[];
}

export interface RulesReceiver extends FakeReceiver {
  /** The newest version of a rule set. */
  ruleSet(id: string): RuleSet | undefined;
}

/** @param more own rule sets by their id */
export function createRulesReceiver(more: Readonly<Record<string, RuleSetInput>> = {}, dark = false): RulesReceiver {
  const parsed = (input: RuleSetInput) => ruleSetSchema.parse(input);
  const sets = new Map<string, Stored>(
    Object.entries({ basic: BASIC, research: RESEARCH, minimal: MINIMAL }).map(([id, input]) => [
      id,
      { id, builtIn: true, versions: [parsed(input)] },
    ]),
  );
  for (const [id, input] of Object.entries(more)) sets.set(id, { id, builtIn: false, versions: [parsed(input)] });
  let quarantined = [...QUARANTINED];
  let keys: RuleKeyRow[] = [
    { name: 'default', created: Date.UTC(2026, 0, 7), pseudonyms: 41, fingerprint: '4f1c 09ab' },
  ];
  let tables: RuleTableRow[] = [{ name: 'sites', columns: ['Institution', 'Code'], rows: 14 }];

  const rowOf = ({ id, builtIn, versions }: Stored): RuleSetRow => {
    const newest = versions.at(-1)!;
    return {
      id,
      name: newest.name,
      description: newest.description,
      builtIn,
      version: versions.length,
      saved: builtIn ? 0 : Date.UTC(2026, 2, 5, 9, versions.length),
      usedBy: receiver.state.profiles
        .filter(({ profile }) => profile.ruleSetId === id)
        .map(({ profile }) => profile.name),
      conformant: newest.base.kind === 'ps315',
    };
  };
  const failed = (code: string, message: string) => ({ ok: false as const, error: { code, message } });
  const find = (id: string) => sets.get(id);
  const missing = () => failed('rule-set-missing', 'There is no such rule set.');

  const profiles: readonly Profile[] = [
    sampleProfile(),
    sampleProfile({ id: 'profile-2', name: 'Trial' }, { port: 11113 }),
  ];
  const state = sampleState(profiles.map(listeningProfile), {
    settings: { ...defaultSettings, firstRunDone: true, theme: dark ? 'dark' : 'light' },
  });
  const receiver: FakeReceiver = createFakeReceiver({
    state,
    answers: {
      'rule-sets-list': () => ({ ruleSets: [...sets.values()].map(rowOf) }),
      'rule-set-get': ({ id, version }) => {
        const stored = find(id);
        if (!stored) return missing();
        return {
          row: rowOf(stored),
          ruleSet: stored.versions[(version ?? stored.versions.length) - 1]!,
          versions: stored.versions.map((_, index) => ({
            version: index + 1,
            saved: stored.builtIn ? 0 : Date.UTC(2026, 2, 5, 9, index + 1),
          })),
        };
      },
      'rule-set-check': ({ ruleSet }) => {
        const read = parseRuleSet(ruleSet);
        const needs = { key: true, numbers: false, tables: [] };
        if (!('ruleSet' in read)) return { mistakes: read.mistakes, dead: [], needs, conformant: true };
        const mistakes = mistakesOf(read.ruleSet);
        return { mistakes, dead: deadOf(read.ruleSet), needs, conformant: read.ruleSet.base.kind === 'ps315' };
      },
      'rule-set-save': ({ id, ruleSet }) => {
        const read = parseRuleSet(ruleSet);
        if (!('ruleSet' in read)) return failed('rule-set-wrong', 'The rule set has mistakes.');
        const stored = id === undefined ? undefined : find(id);
        const next = stored ?? { id: `own-${sets.size}`, builtIn: false, versions: [] };
        next.versions.push(read.ruleSet);
        sets.set(next.id, next);
        return rowOf(next);
      },
      'rule-set-duplicate': ({ id, name }) => {
        const stored = find(id);
        if (!stored) return missing();
        const original = stored.versions.at(-1)!;
        const copy = {
          id: `own-${sets.size}`,
          builtIn: false,
          versions: [{ ...original, name: name ?? `${original.name} (copy)` }],
        };
        sets.set(copy.id, copy);
        return rowOf(copy);
      },
      'rule-set-delete': ({ id }) => {
        sets.delete(id);
        return null;
      },
      'rule-set-import': ({ text }) => {
        const read = parseRuleSet(JSON.parse(text));
        if (!('ruleSet' in read)) return failed('rule-set-wrong', 'is no rule set of this program');
        const next = { id: `own-${sets.size}`, builtIn: false, versions: [read.ruleSet] };
        sets.set(next.id, next);
        return rowOf(next);
      },
      'rule-set-export': ({ id }) => ({ text: JSON.stringify(find(id)?.versions.at(-1)) }),
      'rule-set-difference': ({ from, to }) => ({
        changes: from === to ? [] : [{ path: 'rules[0].on', before: 'true', after: 'false' }],
      }),
      'rule-set-use': ({ profileId, ruleSetId }) => {
        const found = receiver.state.profiles.find(({ profile }) => profile.id === profileId);
        if (found) {
          const { ruleSetId: _, ...profile } = found.profile;
          receiver.emit({ type: 'profile-saved', profile: ruleSetId === null ? profile : { ...profile, ruleSetId } });
        }
        return null;
      },
      'rule-samples': () => ({ samples: SAMPLES }),
      'rule-preview': ({ ruleSet, sample }) => {
        if (sample.kind === 'file') return failed('not-dicom', `${formatTag(0)} is no DICOM file.`);
        return runOf(parsed(ruleSet as RuleSetInput));
      },
      'rule-dry-run': () => DRY_RUN,
      'rule-report': ({ format }) => ({ text: `report as ${format}`, name: `deidentification.${format}` }),
      'quarantine-list': ({ profileId }) => ({ rows: profileId === 'profile-1' ? quarantined : [] }),
      'quarantine-release': ({ name }) => {
        quarantined = quarantined.filter((row) => row.name !== name);
        return { file: `/home/radiology/dicom/${name}` };
      },
      'quarantine-discard': ({ name }) => {
        quarantined = quarantined.filter((row) => row.name !== name);
        return null;
      },
      'rule-keys-list': () => ({ keys }),
      'rule-key-create': ({ name }) => {
        const key = { name, created: Date.UTC(2026, 2, 5), pseudonyms: 0, fingerprint: '77aa 0102' };
        keys = [...keys, key];
        return key;
      },
      'rule-key-recovery': ({ name }) => ({ text: `recovery of ${name}` }),
      'rule-key-restore': ({ name }) =>
        keys.some((key) => key.name === name)
          ? failed('rule-key-exists', 'Another key has this name.')
          : { name, created: 0, pseudonyms: 0, fingerprint: '0000 0000' },
      'rule-key-rotate': ({ name }) => ({ name, created: 0, pseudonyms: 0, fingerprint: '1234 5678' }),
      'pseudonyms-export': () => ({ text: 'patient,pseudonym' }),
      'rule-tables-list': () => ({ tables }),
      'rule-table-import': ({ name, text }) => {
        const table = { name, columns: text.split('\n')[0]!.split(','), rows: text.trim().split('\n').length - 1 };
        tables = [...tables, table];
        return table;
      },
      'rule-table-delete': ({ name }) => {
        tables = tables.filter((table) => table.name !== name);
        return null;
      },
      'studies-list': ({ search }) =>
        search === '' || search.includes('chest') ? { rows: [STUDY], total: 1 } : { rows: [], total: 0 },
      'study-get': () => ({ study: STUDY, series: [] }),
      'check-folder': ({ path }) => ({ path, exists: true, writable: true, network: false }),
    },
  });
  return Object.assign(receiver, { ruleSet: (id: string) => find(id)?.versions.at(-1) });
}
