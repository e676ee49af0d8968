/** The parts of a rule set in the order in which they decide: gates, rules, base, everything else; then pixels, stamp and safety. */

import type { LucideIcon } from 'lucide-react';
import { BookCheck, FileText, Layers, Plus, Stamp } from 'lucide-react';
import type { ReactNode } from 'react';
import { useId } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { text } from '#renderer/text/en.ts';
import type { RuleSet } from '#shared/rules.ts';
import { blankGate, blankPixels, blankRule } from './blanks.ts';
import { edit, isShown, show, useEditor } from './editor-store.ts';
import { type Entry, inserted, type ListName, type Place } from './entries.ts';
import { EntryList } from './entry-list.tsx';
import { mistakesAt } from './mistakes.ts';
import styles from './rules.module.css';
import { baseSentence, defaultsSentence, safetySentence } from './sentences.ts';

const words = text.rules.outline;

export interface OutlineProps {
  readonly ruleSet: RuleSet;
  readonly isReadOnly: boolean;
}

export function Outline({ ruleSet, isReadOnly }: OutlineProps) {
  const add = <Name extends ListName>(name: Name, entry: Entry<Name>, at?: number) => {
    edit(inserted(ruleSet, name, entry, at));
    show({ kind: name, id: entry.id }, true);
  };
  return (
    <div className={cx(styles.paneBody, styles.outline)}>
      <Part
        title={words.gates}
        help={ruleSet.gates.length === 0 ? words.gatesNone : words.gatesHelp}
        add={isReadOnly ? undefined : { label: words.addGate, onPress: () => add('gates', blankGate(ruleSet)) }}
      >
        <EntryList ruleSet={ruleSet} name="gates" isReadOnly={isReadOnly} />
      </Part>
      <Part
        title={words.rules}
        help={ruleSet.rules.length > 0 ? words.order : isReadOnly ? words.rulesNoneReadOnly : words.rulesNone}
        add={isReadOnly ? undefined : { label: words.addRule, onPress: () => add('rules', blankRule(ruleSet), 0) }}
      >
        <EntryList ruleSet={ruleSet} name="rules" isReadOnly={isReadOnly} />
      </Part>
      <div className={cx(styles.sections)}>
        <SectionRow place={{ kind: 'base' }} icon={BookCheck} title={words.base} summary={baseSentence(ruleSet)} />
        <SectionRow
          place={{ kind: 'defaults' }}
          icon={Layers}
          title={words.defaults}
          summary={defaultsSentence(ruleSet)}
        />
      </div>
      <Part
        title={words.pixels}
        help={ruleSet.pixels.length === 0 ? words.pixelsNone : undefined}
        add={isReadOnly ? undefined : { label: words.addPixels, onPress: () => add('pixels', blankPixels(ruleSet)) }}
      >
        <EntryList ruleSet={ruleSet} name="pixels" isReadOnly={isReadOnly} />
      </Part>
      <div className={cx(styles.sections)}>
        <SectionRow place={{ kind: 'safety' }} icon={Stamp} title={words.safety} summary={safetySentence(ruleSet)} />
        <SectionRow place={{ kind: 'general' }} icon={FileText} title={words.general} summary={ruleSet.description} />
      </div>
    </div>
  );
}

interface PartProps {
  readonly title: string;
  readonly help: string | undefined;
  readonly add: { readonly label: string; readonly onPress: () => void } | undefined;
  readonly children: ReactNode;
}

function Part({ title, help, add, children }: PartProps) {
  const id = useId();
  return (
    <section aria-labelledby={id} className={cx(styles.part)}>
      <div className={cx(styles.partHead)}>
        <h3 id={id}>{title}</h3>
        {help !== undefined && <p className={cx(styles.muted)}>{help}</p>}
        {add && (
          <Button size="small" variant="quiet" icon={Plus} onPress={add.onPress}>
            {add.label}
          </Button>
        )}
      </div>
      {children}
    </section>
  );
}

interface SectionRowProps {
  readonly place: Place;
  readonly icon: LucideIcon;
  readonly title: string;
  readonly summary: string;
}

function SectionRow({ place, icon: Icon, title, summary }: SectionRowProps) {
  const isCurrent = useEditor((state) => isShown(state.place, place));
  const wrong = useEditor(({ checked }) => mistakesAt(checked?.mistakes ?? [], place).length);
  return (
    <AriaButton
      className={cx(styles.sectionRow)}
      onPress={() => show(place)}
      {...(isCurrent && { 'aria-current': 'true' })}
    >
      <Icon aria-hidden size={16} />
      <span className={cx(styles.sectionTitle)}>{title}</span>
      <span className={cx(styles.summary)}>{summary}</span>
      {wrong > 0 && <Badge kind="error">{words.wrong(wrong)}</Badge>}
    </AriaButton>
  );
}
