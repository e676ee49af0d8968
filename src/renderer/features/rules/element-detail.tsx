/** The chosen element of the sample: all of it, and the rules that can be made from it. */

import { ArrowUpRight } from 'lucide-react';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { PatientText } from '#renderer/components/patient-text.tsx';
import { announce } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Action, ElementChange } from '#shared/rules.ts';
import { edit, type Open, show } from './editor-store.ts';
import { entryOf, inserted } from './entries.ts';
import { elementName, OutcomeBadge, reasonWords } from './preview-columns.tsx';
import { isLocked, offeredActions, ruleFor } from './preview-model.ts';
import styles from './rules.module.css';
import { selectorWords } from './sentences.ts';

const words = text.rules.preview;

export interface ElementDetailProps {
  readonly row: ElementChange;
  readonly rows: readonly ElementChange[];
  readonly open: Open;
  readonly isBlurred: boolean;
}

export function ElementDetail({ row, rows, open, isBlurred }: ElementDetailProps) {
  const { draft } = open.editing;
  const { path, vr, before, after, outcome } = row;
  const rule =
    row.rule === undefined
      ? undefined
      : (['rules', 'gates', 'pixels'] as const).find((name) => entryOf(draft, name, row.rule!));
  const decider = reasonWords(row, draft.rules);
  const make = (kind: Action['do']) => {
    const made = ruleFor(draft, rows, row, kind);
    edit(inserted(draft, 'rules', made, 0));
    show({ kind: 'rules', id: made.id });
    const [selector] = made.select;
    announce(words.made(selector ? selectorWords(selector) : elementName(row)));
  };
  return (
    <section className={cx(styles.detail)} aria-label={words.chosen}>
      <div className={cx(styles.row)}>
        <strong>{elementName(row)}</strong>
        <code className={cx(styles.muted)}>
          {path} {vr}
        </code>
        <OutcomeBadge outcome={outcome} />
        <span className={cx(styles.muted)}>
          {decider}
          {decider.toLowerCase() !== row.reason.toLowerCase() && ` – ${row.reason}`}
        </span>
        {rule && (
          <Button size="small" variant="quiet" icon={ArrowUpRight} onPress={() => show({ kind: rule, id: row.rule! })}>
            {words.showRule}
          </Button>
        )}
      </div>
      <div className={cx(styles.detailValues)}>
        {before !== '' && (
          <div>
            <span className={cx(styles.muted)}>{words.columns.before}: </span>
            <PatientText isBlurred={isBlurred}>{before}</PatientText>
          </div>
        )}
        {after !== '' && after !== before && (
          <div>
            <span className={cx(styles.muted)}>{words.columns.after}: </span>
            <PatientText>{after}</PatientText>
          </div>
        )}
      </div>
      {isLocked(row) ? (
        <Badge kind="info" plain>
          {words.lockedHelp}
        </Badge>
      ) : open.row.builtIn ? (
        <span className={cx(styles.muted)}>{words.readOnly}</span>
      ) : (
        <div className={cx(styles.row)}>
          <span className={cx(styles.muted)}>{words.make}</span>
          {offeredActions(row).map((kind) => (
            <Button
              key={kind}
              size="small"
              aria-label={words.makeLabel(words.makes[kind] ?? kind, elementName(row))}
              onPress={() => make(kind)}
            >
              {words.makes[kind] ?? kind}
            </Button>
          ))}
        </div>
      )}
    </section>
  );
}
