/** A rule as a sentence: "Remove StudyComments, in any depth, when Modality is CT". Pure. */

import { text } from '#renderer/text/en.ts';
import { sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';
import {
  type Action,
  type Condition,
  type Gate,
  NAMED_LISTS,
  OWN_VALUES,
  type PixelRule,
  PS315_OPTIONS,
  type Rule,
  type RuleSet,
  type Selector,
  type ValueTest,
} from '#shared/rules.ts';

const words = text.rules.sentence;

/** A sentence does not become longer than people read: so many elements or values are named. */
const MOST_NAMED = 3;

export function ruleSentence({ action, select, except, depth, when }: Rule): string {
  return [
    actionSentence(action, selectorsWords(select)),
    except.length > 0 ? words.except(selectorsWords(except)) : '',
    words.depths[depth],
    when ? words.when(conditionWords(when)) : '',
  ].join('');
}

export function gateSentence({ verdict, when }: Gate): string {
  return words.gates[verdict.do](conditionWords(when));
}

export function pixelSentence({ rectangles, when }: PixelRule): string {
  return words.pixels(rectangles.length) + (when ? words.when(conditionWords(when)) : '');
}

export function baseSentence({ base }: RuleSet): string {
  return base.kind === 'none' ? words.noBase : words.base(base.options.map((option) => PS315_OPTIONS[option]));
}

export function defaultsSentence({ defaults }: RuleSet): string {
  const said = words.defaults;
  const parts = [
    said.private[defaults.private],
    said.unlisted[defaults.unlisted],
    said.overlays[defaults.overlays],
    said.curves[defaults.curves],
  ];
  return capital(parts.join(' · '));
}

export function safetySentence({ stamp, safety }: RuleSet): string {
  const said = text.rules.safety;
  return capital(
    said.summary([
      stamp ? said.stamped : said.notStamped,
      said.leftOver[safety.residual],
      said.burned[safety.burnedIn],
    ]),
  );
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}

function actionSentence(action: Action, what: string): string {
  const said = words.actions;
  switch (action.do) {
    case 'set':
      return said.set(what, words.quoted(action.template));
    case 'date': {
      const { how } = action;
      if (how.by === 'shift') return said.shift(what, how.days, how.wholeWeeks);
      return how.by === 'truncate' ? said.truncate(what, how.to) : said.set(what, how.date || words.somewhere);
    }
    case 'pseudonym':
      return said.pseudonym(what, action.template || words.somewhere);
    case 'hash':
      return said.hash(what, action.length);
    case 'replace':
      return said.replace(what, action.pattern || words.somewhere, words.quoted(action.with));
    case 'round':
      return said.round(what, action.to, action.cap);
    case 'lookup':
      return said.lookup(what, action.table || words.somewhere, action.column || words.somewhere);
    case 'case':
      return said[action.to](what);
    default:
      return said[action.do](what);
  }
}

function named(list: readonly string[], join: (list: readonly string[]) => string): string {
  const shown = list.length <= MOST_NAMED + 1 ? list : list.slice(0, MOST_NAMED);
  return join(shown.length === list.length ? shown : [...shown, words.more(list.length - shown.length)]);
}

function selectorsWords(selectors: readonly Selector[]): string {
  if (selectors.length === 0) return words.nothing;
  return named(selectors.map(selectorWords), words.and);
}

/** One selector in the middle of a sentence. */
export function selectorWords(selector: Selector): string {
  const said = words.selectors;
  switch (selector.kind) {
    case 'attribute':
      return selector.attribute || words.somewhere;
    case 'wildcard':
      return said.wildcard(selector.tag);
    case 'range':
      return said.range(selector.from || words.somewhere, selector.to || words.somewhere);
    case 'vr':
      return said.vr(selector.vr);
    case 'keyword':
      return said.keyword(selector.pattern || words.somewhere);
    case 'private': {
      const { creator, group, element } = selector;
      const by = creator || words.somewhere;
      return element === undefined ? said.privateBlock(by, group) : said.privateElement(by, group, element);
    }
    case 'path':
      return selector.path || words.somewhere;
    case 'list': {
      const list = NAMED_LISTS[selector.list].replace(/ \(.*\)$/, '');
      return list.charAt(0).toLowerCase() + list.slice(1);
    }
    case 'value':
      return said.value(
        typeof selector.contains === 'string'
          ? OWN_VALUES[selector.contains]
          : said.like(selector.contains.pattern || words.somewhere),
      );
  }
}

/** A condition behind "when". */
export function conditionWords(condition: Condition): string {
  const said = words.conditions;
  switch (condition.kind) {
    case 'all':
      return groupWords(condition.of, words.and, said.always);
    case 'any':
      return groupWords(condition.of, words.or, said.never);
    case 'not':
      return said.not(conditionWords(condition.of));
    case 'attribute':
      return testWords(condition.attribute || words.somewhere, condition.test);
    case 'association':
      return said[condition.field](
        condition.in.length === 0 ? words.somewhere : named(condition.in.map(uidWords), words.or),
      );
  }
}

function groupWords(
  conditions: readonly Condition[],
  join: (list: readonly string[]) => string,
  otherwise: string,
): string {
  if (conditions.length === 0) return otherwise;
  const isSole = conditions.length === 1;
  return join(
    conditions.map((one) => {
      const isGroup = (one.kind === 'all' || one.kind === 'any') && one.of.length > 1 && !isSole;
      return isGroup ? words.conditions.group(conditionWords(one)) : conditionWords(one);
    }),
  );
}

function testWords(what: string, test: ValueTest): string {
  const said = words.conditions;
  switch (test.op) {
    case 'present':
    case 'absent':
    case 'empty':
      return said[test.op](what);
    case 'in':
      return said.in(what, test.values.length === 0 ? words.somewhere : named(test.values, words.or));
    case 'matches':
      return said.matches(what, test.pattern || words.somewhere);
    case 'before':
    case 'after':
      return said[test.op](what, test.date || words.somewhere);
    default:
      return said[test.op](what, String(test.value) || words.somewhere);
  }
}

function uidWords(value: string): string {
  return sopClassName(value) ?? transferSyntaxName(value) ?? value;
}
