/**
 * Rule sets as data: the language `deid-profile/1`. A rule set holds neither code nor secrets; `main/rules` compiles it.
 *
 * Order of precedence: locked elements, gates, rules (the first that matches an element wins), the base (PS3.15 E with
 * its options), the defaults, then into sequences with the same list, the stamp, the scan for what is left.
 */

import { z } from 'zod';
import { tagOfKeyword } from '#shared/dicom/dictionary.ts';
import { parseTag, type Tag } from '#shared/dicom/tag.ts';
import { pathText } from './options.ts';

/** The edition of PS3.15 whose Table E.1-1 is built in. */
export const PS315_EDITION = 'PS3.15 2026c';
/** What every pattern that a person types may have at most, in characters. */
export const MAX_PATTERN_LENGTH = 500;

const text = (most: number) => z.string().max(most, `must have at most ${most} characters`);
const someText = (most: number) => text(most).min(1, 'must not be empty');

/** A keyword of PS3.6, `(GGGG,EEEE)` or 8 hexadecimal digits. */
const attributeSchema = z.string().refine((name) => attributeTag(name) !== undefined, {
  error: 'is not a keyword of PS3.6, not (GGGG,EEEE) and not 8 hexadecimal digits',
});

/** A pattern in the syntax of RE2: no look-around, no back references. Compiled where it is used. */
export const patternSchema = z.strictObject({
  pattern: someText(MAX_PATTERN_LENGTH),
  ignoreCase: z.boolean().default(true),
});

/** The tag that a rule names, or undefined when it names none. */
export function attributeTag(name: string): Tag | undefined {
  return tagOfKeyword(name) ?? parseTag(name);
}

// --- Selectors: which elements ------------------------------------------------------------------------------------

/** Lists with a name, so that rules stay short. */
export const NAMED_LISTS = {
  'ps315-listed': 'Every attribute of PS3.15 Table E.1-1',
  dates: 'Every date, time and date-time (DA, TM, DT)',
  uids: 'Every UID (UI)',
  names: 'Every person name (PN)',
  descriptors: 'Descriptions and comments that people type (the Clean Descriptors option)',
  device: 'What identifies the device (the Retain Device Identity option)',
  institution: 'What identifies the institution (the Retain Institution Identity option)',
  'patient-characteristics': 'Age, sex, size, weight … (the Retain Patient Characteristics option)',
  'safe-private': 'Private elements of PS3.15 Table E.3.10-1',
  private: 'Every private element',
  unlisted: 'What PS3.6 does not know, and is not private',
} as const;
export type NamedList = keyof typeof NAMED_LISTS;

/** Values of the patient that a value selector looks for in other elements. */
export const OWN_VALUES = {
  name: 'parts of the patient’s name',
  id: 'the patient ID',
  accession: 'the accession number',
  'birth-date': 'the birth date',
} as const;

export const selectorSchema = z.discriminatedUnion('kind', [
  /** One attribute. */
  z.strictObject({ kind: z.literal('attribute'), attribute: attributeSchema }),
  /** Hexadecimal digits with `x` for any: `60xx3000`, `0010xxxx`. */
  z.strictObject({
    kind: z.literal('wildcard'),
    tag: z.string().regex(/^[0-9a-fx]{8}$/i, 'must be 8 hexadecimal digits, x for any'),
  }),
  z.strictObject({ kind: z.literal('range'), from: attributeSchema, to: attributeSchema }),
  z.strictObject({ kind: z.literal('vr'), vr: z.string().regex(/^[A-Z]{2}$/, 'must be a VR such as PN') }),
  /** A pattern on the keyword of PS3.6. */
  z.strictObject({ kind: z.literal('keyword'), ...patternSchema.shape }),
  /** Elements of a private block; without `element` the whole block, its creator included. */
  z.strictObject({
    kind: z.literal('private'),
    group: z.string().regex(/^[0-9a-f]{3}[13579bdf]$/i, 'must be an odd group of 4 hexadecimal digits'),
    creator: someText(64),
    element: z
      .string()
      .regex(/^[0-9a-f]{2}$/i, 'must be the last 2 hexadecimal digits of the tag')
      .exactOptional(),
  }),
  /** Where it is: `RequestAttributesSequence[*].ScheduledProcedureStepID`, from the outermost level. */
  z.strictObject({
    kind: z.literal('path'),
    path: z.string().refine((path) => parsePath(path) !== undefined, {
      error: 'must be attributes separated by dots, each sequence followed by [*] or [number]',
    }),
  }),
  z.strictObject({ kind: z.literal('list'), list: z.enum(Object.keys(NAMED_LISTS) as [NamedList, ...NamedList[]]) }),
  /** What it holds: the patient's own values, or a pattern. */
  z.strictObject({
    kind: z.literal('value'),
    contains: z.union([z.enum(Object.keys(OWN_VALUES) as [keyof typeof OWN_VALUES]), patternSchema]),
  }),
]);
export type Selector = z.infer<typeof selectorSchema>;

/** A step of a path: a tag, and below a sequence the item (undefined: every one). */
export interface PathStep {
  readonly tag: Tag;
  readonly item?: number | undefined;
}

/** The steps of `A[*].B[2].C`; undefined when it is no path. */
export function parsePath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  const parts = path.split('.');
  for (const [index, part] of parts.entries()) {
    const found = /^([^[\]]+)(?:\[(\*|\d{1,6})\])?$/.exec(part);
    const tag = found ? attributeTag(found[1]!) : undefined;
    const isLast = index === parts.length - 1;
    if (!found || tag === undefined || (found[2] === undefined) !== isLast) return undefined;
    steps.push(isLast || found[2] === '*' ? { tag } : { tag, item: Number(found[2]) });
  }
  return steps;
}

// --- Conditions: on which objects ---------------------------------------------------------------------------------

const valueTestSchema = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['present', 'absent', 'empty']) }),
  z.strictObject({
    op: z.enum(['equals', 'contains', 'starts']),
    value: text(1000),
    ignoreCase: z.boolean().default(true),
  }),
  z.strictObject({ op: z.literal('in'), values: z.array(text(1000)).max(1000), ignoreCase: z.boolean().default(true) }),
  z.strictObject({ op: z.literal('matches'), ...patternSchema.shape }),
  z.strictObject({ op: z.enum(['<', '<=', '>', '>=']), value: z.number() }),
  z.strictObject({
    op: z.enum(['before', 'after']),
    date: z.string().regex(/^\d{4}(?:\d\d(?:\d\d)?)?$/, 'must be a date: YYYYMMDD'),
  }),
]);
export type ValueTest = z.infer<typeof valueTestSchema>;

const associationTestSchema = z.strictObject({
  kind: z.literal('association'),
  /** `address` also takes a CIDR (10.0.0.0/8). */
  field: z.enum(['calling-ae', 'called-ae', 'address', 'sop-class', 'transfer-syntax']),
  in: z.array(someText(128)).min(1, 'must have an entry').max(1000),
});

export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | { readonly kind: 'attribute'; readonly attribute: string; readonly test: ValueTest }
  | z.infer<typeof associationTestSchema>;

/** A condition as it may be written: defaults left out. */
export type ConditionInput =
  | { readonly kind: 'all' | 'any'; readonly of: readonly ConditionInput[] }
  | { readonly kind: 'not'; readonly of: ConditionInput }
  | { readonly kind: 'attribute'; readonly attribute: string; readonly test: z.input<typeof valueTestSchema> }
  | z.input<typeof associationTestSchema>;

/** Conditions read the values as they came, so the order of the rules never changes one. */
export const conditionSchema: z.ZodType<Condition, ConditionInput> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.enum(['all', 'any']), of: z.array(conditionSchema).max(100) }),
    z.strictObject({ kind: z.literal('not'), of: conditionSchema }),
    z.strictObject({ kind: z.literal('attribute'), attribute: attributeSchema, test: valueTestSchema }),
    associationTestSchema,
  ]),
);

// --- Actions: what becomes of it ----------------------------------------------------------------------------------

/** Text with functions in braces: `TRIAL-{seq:patient:4}`. `main/rules/template.ts` knows them. */
export const templateSchema = text(1000);

export const actionSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('keep') }),
  z.strictObject({ do: z.literal('remove') }),
  z.strictObject({ do: z.literal('empty') }),
  /** Adds the attribute where it is missing, when the rule selects it by name. */
  z.strictObject({ do: z.literal('set'), template: templateSchema }),
  /** A value without meaning that is right for the VR. */
  z.strictObject({ do: z.literal('dummy') }),
  z.strictObject({ do: z.literal('uid') }),
  z.strictObject({
    do: z.literal('date'),
    how: z.discriminatedUnion('by', [
      /** By a number of days of the patient's own, between `-days` and `-1`; whole weeks keep the day of the week. */
      z.strictObject({
        by: z.literal('shift'),
        days: z.number().int().min(1).max(36500).default(3650),
        wholeWeeks: z.boolean().default(false),
      }),
      z.strictObject({ by: z.literal('truncate'), to: z.enum(['year', 'month']) }),
      z.strictObject({ by: z.literal('fixed'), date: z.string().regex(/^\d{8}$/, 'must be a date: YYYYMMDD') }),
    ]),
  }),
  /** `TRIAL-{n:4}`: `sequence` counts patients, `hmac` needs no table but may repeat, `list` takes from a list. */
  z.strictObject({
    do: z.literal('pseudonym'),
    template: templateSchema,
    from: z.enum(['sequence', 'hmac', 'list']).default('sequence'),
    of: z.enum(['patient', 'study', 'value']).default('patient'),
    list: z.array(someText(64)).max(100_000).exactOptional(),
  }),
  /** The keyed hash of the value, in hexadecimal digits. */
  z.strictObject({ do: z.literal('hash'), length: z.number().int().min(4).max(64).default(16) }),
  z.strictObject({ do: z.literal('replace'), ...patternSchema.shape, with: text(1000) }),
  /** Numbers and ages (AS): to a multiple, at most `cap`. */
  z.strictObject({
    do: z.literal('round'),
    to: z.number().positive(),
    cap: z.number().positive().exactOptional(),
  }),
  /** The value of another column of a table (CSV) whose first column is the value. */
  z.strictObject({
    do: z.literal('lookup'),
    table: someText(64),
    column: someText(64),
    missing: z.enum(['quarantine', 'reject', 'keep', 'empty', 'remove']).default('quarantine'),
  }),
  /** Takes names, numbers, dates, telephone numbers and addresses of electronic mail out of free text. */
  z.strictObject({ do: z.literal('clean') }),
  z.strictObject({ do: z.literal('case'), to: z.enum(['upper', 'lower']) }),
]);
export type Action = z.infer<typeof actionSchema>;

// --- The rule set -------------------------------------------------------------------------------------------------

/** The options of PS3.15 E.3, by the column of Table E.1-1. */
export const PS315_OPTIONS = {
  'retain-safe-private': 'Retain Safe Private',
  'retain-uids': 'Retain UIDs',
  'retain-device': 'Retain Device Identity',
  'retain-institution': 'Retain Institution Identity',
  'retain-patient-characteristics': 'Retain Patient Characteristics',
  'retain-full-dates': 'Retain Longitudinal Temporal Information, Full Dates',
  'retain-modified-dates': 'Retain Longitudinal Temporal Information, Modified Dates',
  'clean-descriptors': 'Clean Descriptors',
  'clean-structured-content': 'Clean Structured Content',
  'clean-graphics': 'Clean Graphics',
  'clean-pixel-data': 'Clean Pixel Data',
} as const;
export type Ps315Option = keyof typeof PS315_OPTIONS;

const baseSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z
    .strictObject({
      kind: z.literal('ps315'),
      edition: z.literal(PS315_EDITION, { error: `must be ${PS315_EDITION}: no other edition is built in` }),
      options: z.array(z.enum(Object.keys(PS315_OPTIONS) as [Ps315Option, ...Ps315Option[]])).default([]),
      /** `valid-iod`: the file stays valid, a dummy stands where something must. `strictest`: rather nothing. */
      prefer: z.enum(['valid-iod', 'strictest']).default('valid-iod'),
    })
    .refine(({ options }) => !(options.includes('retain-full-dates') && options.includes('retain-modified-dates')), {
      error: 'full dates and modified dates exclude each other',
      path: ['options'],
    }),
]);

const ruleSchema = z.strictObject({
  /** Stays the same when the rule is moved or edited. */
  id: someText(40),
  on: z.boolean().default(true),
  note: text(500).default(''),
  when: conditionSchema.optional(),
  select: z.array(selectorSchema).min(1, 'must select something').max(1000),
  except: z.array(selectorSchema).max(1000).default([]),
  depth: z.enum(['any', 'top', 'nested']).default('any'),
  action: actionSchema,
});
export type Rule = z.infer<typeof ruleSchema>;

/** PS3.4 B.2.3: a failure or refusal, never a success or a warning. */
const refusalStatusSchema = z
  .number()
  .int()
  .refine((status) => status === 0x0124 || status >> 8 === 0xa7 || status >> 8 === 0xa9 || status >> 12 === 0xc, {
    error: 'must be 0124, A7xx, A9xx or Cxxx',
  });

const gateSchema = z.strictObject({
  id: someText(40),
  on: z.boolean().default(true),
  note: text(500).default(''),
  when: conditionSchema,
  verdict: z.discriminatedUnion('do', [
    /** The comment goes to the sender as it is: at most 64 characters, and no value of the object. */
    z.strictObject({ do: z.literal('reject'), status: refusalStatusSchema.default(0xc001), comment: someText(64) }),
    z.strictObject({ do: z.literal('quarantine'), reason: someText(200) }),
    z.strictObject({ do: z.literal('accept') }),
  ]),
});
export type Gate = z.infer<typeof gateSchema>;

const pixelRuleSchema = z.strictObject({
  id: someText(40),
  on: z.boolean().default(true),
  note: text(500).default(''),
  when: conditionSchema.optional(),
  /** In pixels from the upper left corner. */
  rectangles: z
    .array(
      z.strictObject({
        x: z.number().int().min(0).max(65535),
        y: z.number().int().min(0).max(65535),
        width: z.number().int().min(1).max(65535),
        height: z.number().int().min(1).max(65535),
      }),
    )
    .min(1, 'must have a rectangle')
    .max(100),
});
export type PixelRule = z.infer<typeof pixelRuleSchema>;

const alarmSchema = z.enum(['off', 'warn', 'quarantine']);

export const ruleSetSchema = z
  .strictObject({
    format: z.literal('deid-profile/1', { error: 'is no rule set of this program (format deid-profile/1)' }),
    name: someText(60),
    description: text(2000).default(''),
    base: baseSchema,
    defaults: z
      .strictObject({
        /** Private elements; `safe` keeps those of PS3.15 Table E.3.10-1. */
        private: z.enum(['remove', 'safe', 'keep']).default('remove'),
        /** Elements that PS3.6 does not know. */
        unlisted: z.enum(['keep', 'remove']).default('remove'),
        overlays: z.enum(['keep', 'remove']).default('remove'),
        curves: z.enum(['keep', 'remove']).default('remove'),
      })
      .prefault({}),
    gates: z.array(gateSchema).max(1000).default([]),
    rules: z.array(ruleSchema).max(1000).default([]),
    pixels: z.array(pixelRuleSchema).max(1000).default([]),
    /** PatientIdentityRemoved, the method and its codes (0012,0062-0064). */
    stamp: z.boolean().default(true),
    safety: z
      .strictObject({
        /** What is still in the header that is the patient's own. */
        residual: alarmSchema.default('quarantine'),
        /** Text that may be in the picture. */
        burnedIn: alarmSchema.default('warn'),
      })
      .prefault({}),
    /** The name of the key; the key itself is never part of a rule set. */
    keyRef: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,39}$/, 'must be small letters, digits and hyphens')
      .default('default'),
  })
  .superRefine((ruleSet, context) => {
    const seen = new Set<string>();
    for (const list of ['gates', 'rules', 'pixels'] as const) {
      for (const [index, { id }] of ruleSet[list].entries()) {
        if (seen.has(id)) {
          context.addIssue({ code: 'custom', path: [list, index, 'id'], message: `"${id}" occurs twice` });
        }
        seen.add(id);
      }
    }
  });

/** A rule set that has been read. */
export type RuleSet = z.infer<typeof ruleSetSchema>;
/** A rule set as it may be written: defaults left out. */
export type RuleSetInput = z.input<typeof ruleSetSchema>;

/** A mistake in a rule set, and where it is: `rules[2].select[0].attribute`. */
export interface RuleMistake {
  readonly path: string;
  readonly message: string;
}

/** A rule set, or everything that is wrong with it. Never throws. */
export function parseRuleSet(input: unknown): { ruleSet: RuleSet } | { mistakes: readonly RuleMistake[] } {
  const parsed = ruleSetSchema.safeParse(input);
  if (parsed.success) return { ruleSet: parsed.data };
  return { mistakes: parsed.error.issues.map(({ path, message }) => ({ path: pathText(path), message })) };
}

// --- What a run says ----------------------------------------------------------------------------------------------

/** What became of an element. */
export type Outcome = 'kept' | 'changed' | 'emptied' | 'removed' | 'added';

/** One element before and after, with the reason. Values are shortened; binary ones are described. */
export interface ElementChange {
  /** `(0008,1140)[0].(0008,1155)` */
  readonly path: string;
  readonly tag: Tag;
  readonly keyword: string;
  readonly name: string;
  readonly vr: string;
  readonly depth: number;
  readonly before: string;
  readonly after: string;
  readonly outcome: Outcome;
  /** The id of the rule; undefined when the base, a default, or a lock decided. */
  readonly rule?: string;
  /** Why, in words: `PS3.15 basic: X`, `rule 3`, `locked: Pixel Data depends on it`. */
  readonly reason: string;
}

/** From this score of 100 on, text may be burned into the pixels and somebody should look at the pictures. */
export const BURNED_IN_RISK = 50;

/** Something of the patient's own that is still there. Never holds the value. */
export interface ResidualHit {
  readonly path: string;
  readonly keyword: string;
  /** `name`, `id`, `accession`, `birth-date`, … */
  readonly what: string;
}

/** What applying a rule set to one object comes to. */
export interface RuleRun {
  readonly verdict: 'store' | 'quarantine' | 'reject' | 'unchanged';
  /** Why it is not simply stored; empty otherwise. */
  readonly reason: string;
  readonly changes: readonly ElementChange[];
  readonly residual: readonly ResidualHit[];
  /** 0 to 100: how likely text is burned in, and why. */
  readonly burnedIn: { readonly score: number; readonly reasons: readonly string[] };
  /** How often each rule, by its id, or `base` or `defaults`, decided. */
  readonly counts: Readonly<Record<string, number>>;
  /** The header turned to ISO_IR 192 because a new value needed it. */
  readonly turnedToUnicode: boolean;
}
