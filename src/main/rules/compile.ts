/** A rule set as data becomes one that can be applied: checked, with everything it needs, to every object alike. */

import { inflateRawSync } from 'node:zlib';
import type { BlankRegions } from '#main/engine/dataset/body-editor.ts';
import { DataSetReader } from '#main/engine/dataset/data-set-reader.ts';
import type { ElementList } from '#main/engine/dataset/elements.ts';
import { headerInUnicode } from '#main/engine/dataset/header-editor.ts';
import {
  type BodyChanges,
  HEADER_TRANSFORM,
  type HeaderTransform,
  type HeaderTransformFunction,
  type ObjectHeader,
  type ObjectOrigin,
  type RuleAction,
  type TransformOutcome,
} from '#main/engine/dataset/header-transform.ts';
import { type Encoding, encodingOf } from '#main/engine/dataset/transfer-syntax.ts';
import { tagOfKeyword } from '#shared/dicom/dictionary.ts';
import type { DeadRule, RuleSetCheck } from '#shared/rule-commands.ts';
import {
  BURNED_IN_RISK,
  parseRuleSet,
  type ResidualHit,
  type RuleMistake,
  type RuleRun,
  type RuleSet,
} from '#shared/rules.ts';
import { type ActionResources, compileAction, type Needs } from './actions.ts';
import { BURNED_IN_TAGS, burnedInRisk } from './burned-in.ts';
import { compileCondition, type Test } from './conditions.ts';
import { deadRules } from './dead-rules.ts';
import { type CompiledRule, Decisions } from './decisions.ts';
import { createIdentifiers, type Identifiers } from './identifiers.ts';
import { ExplainingJournal, RecordingJournal } from './journal.ts';
import { KeptText } from './kept-text.ts';
import { LastUids } from './last-uids.ts';
import { leftovers } from './leftovers.ts';
import type { LookupTable } from './lookup-table.ts';
import { blankRegions } from './pixel-regions.ts';
import { ps315Rows } from './ps315.ts';
import type { PseudonymStore } from './pseudonym-store.ts';
import { Remembered } from './remembered.ts';
import { residualTokens } from './residual.ts';
import { fingerprint } from './rule-key.ts';
import { NeedsUnicode, ObjectVerdict, RuleSetError } from './rule-set-error.ts';
import { compileSelector } from './selectors.ts';
import { stampFor } from './stamp.ts';
import { OWN_TAGS, Subject } from './subject.ts';
import { type Journal, Treatment, type TreatmentRules } from './treatment.ts';

/** What a rule set has besides itself. */
export interface RuleResources {
  /** 32 bytes; UIDs, dates and hashes come from it. The same key gives the same ones on every machine. */
  readonly key?: Uint8Array | undefined;
  /** Who has which number. */
  readonly pseudonyms?: PseudonymStore | undefined;
  /** Lookup tables by name. */
  readonly tables?: ReadonlyMap<string, LookupTable> | undefined;
  /** Say with every stored object what was done to which elements. @default false */
  readonly record?: boolean;
}

/** An object to look at. */
export interface ObjectToExplain {
  /** The Data Set, without file meta, as stored. */
  readonly bytes: Uint8Array;
  readonly transferSyntaxUid: string;
  readonly association?: Pick<ObjectOrigin, 'callingAeTitle' | 'calledAeTitle' | 'remoteAddress'>;
}

/** Goes to `onBeforeStore`; called as a function it throws. */
export interface CompiledRuleSet extends HeaderTransformFunction {
  readonly ruleSet: RuleSet;
  readonly needs: RuleSetCheck['needs'];
  /** Rules that can never fire. */
  readonly dead: readonly DeadRule[];
  /** It is the Basic Profile of PS3.15 with options, and nothing weakens that. */
  readonly conformant: boolean;
  /**
   * What the rule set does to an object, element by element; the same code that treats received ones.
   * @throws DataSetError for bytes that are no Data Set
   */
  explain(object: ObjectToExplain): RuleRun;
}

/** The days by which the modified-dates option moves: ten years. */
const SHIFT = { days: 3650, wholeWeeks: false };
const NO_COMMENT = 'Refused before storing: rules';
const REFUSED = 0xc001;

interface Parts {
  readonly ruleSet: RuleSet;
  readonly gates: readonly { readonly gate: RuleSet['gates'][number]; readonly when: Test }[];
  readonly rules: readonly CompiledRule[];
  readonly pixels: readonly { readonly pixel: RuleSet['pixels'][number]; readonly when: Test | undefined }[];
  readonly needs: Needs;
  readonly mistakes: readonly RuleMistake[];
}

/**
 * Compiles a rule set (`deid-profile/1`).
 * @throws RuleSetError with every mistake: of the rule set, and of what it needs and does not have
 */
export function compileRuleSet(input: unknown, resources: RuleResources = {}): CompiledRuleSet {
  const parsed = parseRuleSet(input);
  if ('mistakes' in parsed) throw new RuleSetError(parsed.mistakes);
  const identifiers = resources.key && createIdentifiers(resources.key);
  const keyName = resources.key ? fingerprint(resources.key) : '';
  const parts = compileParts(parsed.ruleSet, {
    identifiers,
    tables: resources.tables ?? new Map(),
    number: (scope, identity) => resources.pseudonyms!.number(keyName, scope, identity),
  });
  const mistakes = [...parts.mistakes];
  // Numbers are counted for each key: one that came later would count anew.
  if ((parts.needs.key || parts.needs.sequence) && !resources.key) {
    mistakes.push({ path: 'keyRef', message: `needs the key "${parsed.ruleSet.keyRef}", and there is none` });
  }
  if (parts.needs.sequence && !resources.pseudonyms) {
    mistakes.push({ path: '', message: 'counts patients, and has no table of pseudonyms to count in' });
  }
  if (mistakes.length > 0) throw new RuleSetError(mistakes);
  const application = new Application(parts, identifiers, resources.record ?? false);
  const compiled = (): never => {
    throw new Error('a compiled rule set is not called: give it to onBeforeStore');
  };
  return Object.assign(compiled, {
    [HEADER_TRANSFORM]: application,
    ruleSet: parts.ruleSet,
    needs: needsOf(parts),
    dead: deadRules(parts.rules),
    conformant: isConformant(parts.ruleSet),
    explain: (object: ObjectToExplain) => application.explain(object),
  });
}

/** Everything that is wrong with a rule set, and what can be said about it. Never throws. */
export function checkRuleSet(input: unknown, tables: ReadonlyMap<string, LookupTable> = new Map()): RuleSetCheck {
  const parsed = parseRuleSet(input);
  if ('mistakes' in parsed) {
    return {
      mistakes: parsed.mistakes,
      dead: [],
      needs: { key: false, numbers: false, tables: [] },
      conformant: false,
    };
  }
  const parts = compileParts(parsed.ruleSet, { identifiers: undefined, tables, number: () => 1 });
  return {
    mistakes: parts.mistakes,
    dead: deadRules(parts.rules),
    needs: needsOf(parts),
    conformant: isConformant(parts.ruleSet),
  };
}

function needsOf({ needs }: Parts): RuleSetCheck['needs'] {
  return { key: needs.key || needs.sequence, numbers: needs.sequence, tables: [...needs.tables] };
}

/** The profile of PS3.15, and no rule, gate or default that lets more through than its options do. */
function isConformant({ base, defaults, gates, rules, stamp }: RuleSet): boolean {
  return (
    base.kind === 'ps315' &&
    stamp &&
    defaults.private !== 'keep' &&
    gates.every(({ on, verdict }) => !on || verdict.do !== 'accept') &&
    rules.every(({ on, action }) => !on || action.do !== 'keep')
  );
}

function compileParts(ruleSet: RuleSet, resources: ActionResources): Parts {
  const mistakes: RuleMistake[] = [];
  const needs: Needs = { key: needsKeyForBase(ruleSet), sequence: false, tables: new Set() };
  const failing = (path: string) => (below: string, message: string) => {
    mistakes.push({ path: `${path}${below}`, message });
  };
  const gates = ruleSet.gates
    .map((gate, index) => ({ gate, when: compileCondition(gate.when, failing(`gates[${index}].when`)) }))
    .filter(({ gate }) => gate.on);
  const rules = ruleSet.rules.map((rule, index): CompiledRule => {
    const path = `rules[${index}]`;
    const action = compileAction(rule.action, resources, needs, failing(`${path}.action`));
    const reason = rule.note === '' ? `rule ${index + 1}` : `rule ${index + 1}: ${rule.note}`;
    return {
      rule,
      position: index,
      when: rule.when && compileCondition(rule.when, failing(`${path}.when`)),
      select: rule.select.map((one, at) => compileSelector(one, failing(`${path}.select[${at}]`))),
      except: rule.except.map((one, at) => compileSelector(one, failing(`${path}.except[${at}]`))),
      action,
      decision: {
        act: action.kind === 'text' ? { kind: 'text', apply: action.apply } : { kind: action.kind },
        reason,
        rule: rule.id,
        by: rule.id,
      },
    };
  });
  const pixels = ruleSet.pixels
    .map((pixel, index) => ({
      pixel,
      when: pixel.when && compileCondition(pixel.when, failing(`pixels[${index}].when`)),
    }))
    .filter(({ pixel }) => pixel.on);
  return { ruleSet, gates, rules, pixels, needs, mistakes };
}

/** UIDs are replaced by the basic profile unless they are retained; dates move by the key. */
function needsKeyForBase({ base }: RuleSet): boolean {
  if (base.kind === 'none') return false;
  return !base.options.includes('retain-uids') || base.options.includes('retain-modified-dates');
}

interface Treated {
  readonly header: ElementList;
  readonly treatment: Treatment;
  /** What is overwritten in its pixels. */
  readonly blank: BlankRegions | undefined;
  /** Why they cannot be overwritten, and what that means for the object. */
  readonly obstacle: ObjectVerdict | undefined;
  readonly turnedToUnicode: boolean;
}

/** A compiled rule set at work: one object after the other. */
class Application implements HeaderTransform {
  readonly #tokens = new Remembered(OWN_TAGS, ({ own }) => residualTokens(own));
  readonly #burnedIn = new Remembered(
    ['SOPClassUID', ...BURNED_IN_TAGS].map((keyword) => tagOfKeyword(keyword)!),
    (subject) => burnedInRisk((keyword) => subject.keyword(keyword)),
  );
  readonly #stamps = new WeakMap<Encoding, ReturnType<typeof stampFor>>();
  readonly #blankedStamps = new WeakMap<Encoding, ReturnType<typeof stampFor>>();
  readonly #parts: Parts;
  readonly #rules: TreatmentRules;
  readonly #records: boolean;

  constructor(parts: Parts, identifiers: Identifiers | undefined, records: boolean) {
    this.#parts = parts;
    this.#records = records;
    this.#rules = {
      decisions: new Decisions(parts.ruleSet, parts.rules),
      rules: parts.rules,
      identifiers,
      shift: SHIFT,
      lastUids: new LastUids(),
      kept: new KeptText(),
    };
    // Built on first need: that is now, not while the first object waits.
    if (parts.ruleSet.base.kind !== 'none') ps315Rows();
  }

  transform(object: ObjectHeader): TransformOutcome {
    const subject = new Subject(object);
    const gate = this.#gateFor(subject);
    if (gate) return gate;
    try {
      const journal = this.#records ? new RecordingJournal() : undefined;
      const treated = this.#treat(subject, () => journal);
      const hits = this.#parts.ruleSet.safety.residual === 'off' ? [] : this.#residual(subject, treated);
      return this.#judge(subject, treated, hits, journal?.actions ?? []);
    } catch (error) {
      if (error instanceof ObjectVerdict) return outcomeOf(error);
      throw error;
    }
  }

  explain({ bytes, transferSyntaxUid, association }: ObjectToExplain): RuleRun {
    const object = objectOf(bytes, transferSyntaxUid, association);
    const subject = new Subject(object);
    const burnedIn = this.#burnedIn.of(subject);
    const nothing = { changes: [], residual: [], burnedIn, counts: {}, turnedToUnicode: false };
    const gate = this.#gateFor(subject);
    if (gate) {
      const reason = 'reason' in gate ? gate.reason : 'a gate lets it pass unchanged';
      return { ...nothing, verdict: gate.verdict, reason };
    }
    let journal = new ExplainingJournal();
    try {
      const treated = this.#treat(subject, () => {
        journal = new ExplainingJournal();
        return journal;
      });
      const residual = this.#residual(subject, treated);
      const outcome = this.#judge(subject, treated, residual, []);
      return {
        verdict: outcome.verdict,
        reason: 'reason' in outcome ? outcome.reason : '',
        changes: journal.changes,
        residual,
        burnedIn,
        counts: Object.fromEntries(journal.counts),
        turnedToUnicode: treated.turnedToUnicode,
      };
    } catch (error) {
      if (!(error instanceof ObjectVerdict)) throw error;
      return { ...nothing, verdict: error.verdict, reason: error.message, changes: journal.changes };
    }
  }

  #gateFor(subject: Subject): Exclude<TransformOutcome, { verdict: 'store' }> | undefined {
    const found = this.#parts.gates.find(({ when }) => when(subject));
    if (!found) return undefined;
    const { verdict } = found.gate;
    switch (verdict.do) {
      case 'accept':
        return { verdict: 'unchanged' };
      case 'quarantine':
        return { verdict: 'quarantine', reason: verdict.reason };
      case 'reject':
        return { verdict: 'reject', status: verdict.status, comment: verdict.comment, reason: 'A gate refuses it' };
    }
  }

  /** Applies the rules; once more in ISO_IR 192 when a new value asks for that. */
  #treat(subject: Subject, journal: () => Journal | undefined): Treated {
    try {
      return this.#treatOnce(subject, journal(), false);
    } catch (error) {
      if (!(error instanceof NeedsUnicode)) throw error;
      const { header, encoding } = subject.object;
      const converted = new Subject({ ...subject.object, header: headerInUnicode(header, encoding) });
      return this.#treatOnce(converted, journal(), true);
    }
  }

  #treatOnce(subject: Subject, journal: Journal | undefined, turnedToUnicode: boolean): Treated {
    const rectangles = this.#parts.pixels.flatMap(({ pixel, when }) =>
      !when || when(subject) ? pixel.rectangles : [],
    );
    const regions = blankRegions(subject, rectangles);
    const [blank, obstacle] = regions instanceof ObjectVerdict ? [undefined, regions] : [regions, undefined];
    const stamp = this.#stampOf(subject.object.encoding, blank !== undefined);
    const treatment = new Treatment(this.#rules, subject, stamp, journal);
    return { header: treatment.run(), treatment, blank, obstacle, turnedToUnicode };
  }

  /** Made once for each encoding: it is the same in every object. */
  #stampOf(encoding: Encoding, blanked: boolean): ReturnType<typeof stampFor> {
    const stamps = blanked ? this.#blankedStamps : this.#stamps;
    const stamp = stamps.get(encoding) ?? stampFor(this.#parts.ruleSet, encoding, blanked);
    stamps.set(encoding, stamp);
    return stamp;
  }

  /** What becomes of a treated object: what is left of the patient's own (`hits`), the risk of text in the pixels. */
  #judge(
    subject: Subject,
    treated: Treated,
    hits: readonly ResidualHit[],
    actions: readonly RuleAction[],
  ): TransformOutcome {
    const { residual, burnedIn } = this.#parts.ruleSet.safety;
    const { header, treatment, blank, obstacle } = treated;
    if (obstacle) return outcomeOf(obstacle);
    const { decisions } = this.#rules;
    const body: BodyChanges = {
      keeps: (tag) => decisions.keepsUnseen(tag, treatment.holds),
      ...(blank && { blank }),
    };
    const warnings: string[] = [];
    if (residual !== 'off' && hits.length > 0) {
      const message = `What is the patient’s own is left in ${places(hits)}`;
      if (residual === 'quarantine') return { verdict: 'quarantine', reason: message, treated: { header, body } };
      warnings.push(message);
    }
    if (burnedIn !== 'off' && !blank) {
      const { score, reasons } = this.#burnedIn.of(subject);
      if (score >= BURNED_IN_RISK) {
        const message = `Text may be burned into the pixels: ${reasons.join(', ')}`;
        if (burnedIn === 'quarantine') return { verdict: 'quarantine', reason: message, treated: { header, body } };
        warnings.push(message);
      }
    }
    return { verdict: 'store', header, body, actions, warnings };
  }

  #residual(subject: Subject, { header }: Treated): readonly ResidualHit[] {
    return leftovers(this.#tokens.of(subject), header, subject.object.encoding, this.#rules.kept);
  }
}

function places(hits: readonly ResidualHit[]): string {
  const names = [...new Set(hits.map(({ keyword, path }) => keyword || path))];
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

function outcomeOf({ verdict, message }: ObjectVerdict): TransformOutcome {
  return verdict === 'quarantine'
    ? { verdict, reason: message }
    : { verdict, status: REFUSED, comment: NO_COMMENT, reason: message };
}

/** The header of a Data Set as stored. */
function objectOf(
  stored: Uint8Array,
  transferSyntaxUid: string,
  association: ObjectToExplain['association'],
): ObjectHeader {
  const encoding = encodingOf(transferSyntaxUid);
  const bytes = encoding.deflated ? inflateRawSync(stored) : stored;
  const reader = new DataSetReader({
    encoding,
    lastTag: 0,
    wholeHeader: true,
    maxHeaderBytes: Number.POSITIVE_INFINITY,
    required: [],
  });
  reader.push(bytes);
  if (!reader.header) reader.finish();
  const header = reader.header!;
  const partial: ObjectHeader = {
    header,
    encoding,
    origin: {
      callingAeTitle: association?.callingAeTitle ?? '',
      calledAeTitle: association?.calledAeTitle ?? '',
      remoteAddress: association?.remoteAddress ?? '',
      sopClassUid: '',
      transferSyntaxUid,
    },
  };
  const sopClassUid = new Subject(partial).text(0x00080016) ?? '';
  return { ...partial, origin: { ...partial.origin, sopClassUid } };
}
