/** The columns of the table of a sample before and after. */

import { Minus, PenLine, Plus, Square, SquareDashed } from 'lucide-react';
import { Badge, type Kind } from '#renderer/components/badge.tsx';
import { cx } from '#renderer/components/cx.ts';
import { PatientText } from '#renderer/components/patient-text.tsx';
import type { TableColumn } from '#renderer/components/table.tsx';
import { text } from '#renderer/text/en.ts';
import { formatTag, isPrivate } from '#shared/dicom/tag.ts';
import type { ElementChange, Outcome, Rule } from '#shared/rules.ts';
import styles from './rules.module.css';

const words = text.rules.preview;

const KINDS: Readonly<Record<Outcome, Kind>> = {
  kept: 'neutral',
  changed: 'active',
  emptied: 'active',
  removed: 'warn',
  added: 'ok',
};
const ICONS = { kept: Square, changed: PenLine, emptied: SquareDashed, removed: Minus, added: Plus } as const;

export function OutcomeBadge({ outcome }: { readonly outcome: Outcome }) {
  return (
    <Badge kind={KINDS[outcome]} icon={ICONS[outcome]} plain>
      {words.outcomes[outcome]}
    </Badge>
  );
}

/** The name of the dictionary, or what can be said of an element that is in none. */
export function elementName({ name, tag }: ElementChange): string {
  return name || (isPrivate(tag) ? words.privateElement : words.unknown);
}

/** @param rules the present ones, to name a rule by its number */
export function previewColumns(rules: readonly Rule[], isBlurred: boolean): readonly TableColumn<ElementChange>[] {
  return [
    {
      id: 'tag',
      label: words.columns.tag,
      width: 'minmax(8.5rem, 0.7fr)',
      cell: ({ tag, depth, path }) => (
        <code title={path} style={{ paddingInlineStart: `${depth}rem` }}>
          {formatTag(tag)}
        </code>
      ),
    },
    {
      id: 'name',
      label: words.columns.name,
      width: 'minmax(9rem, 1.2fr)',
      cell: (row) => (
        <span title={row.keyword || elementName(row)} className={cx(row.name === '' && styles.muted)}>
          {elementName(row)}
        </span>
      ),
    },
    { id: 'vr', label: words.columns.vr, width: '3.25rem', cell: ({ vr }) => <code>{vr}</code> },
    {
      id: 'before',
      label: words.columns.before,
      width: 'minmax(8rem, 1.4fr)',
      cell: ({ before, outcome }) =>
        outcome !== 'added' && <Value value={before} isBlurred={isBlurred} isGone={outcome === 'removed'} />,
    },
    {
      id: 'after',
      label: words.columns.after,
      width: 'minmax(8rem, 1.4fr)',
      // What is kept is the same patient data on both sides.
      cell: ({ after, outcome }) =>
        outcome !== 'removed' && <Value value={after} isBlurred={isBlurred && outcome === 'kept'} />,
    },
    {
      id: 'outcome',
      label: words.columns.outcome,
      width: '6.75rem',
      cell: ({ outcome }) => <OutcomeBadge outcome={outcome} />,
    },
    {
      id: 'reason',
      label: words.columns.reason,
      width: 'minmax(8rem, 1fr)',
      cell: (row) => <span title={row.reason}>{reasonWords(row, rules)}</span>,
    },
  ];
}

/** Rules by their present number, which is what the list above shows. */
export function reasonWords({ rule, reason }: ElementChange, rules: readonly Rule[]): string {
  const index = rules.findIndex(({ id }) => id === rule);
  return index < 0 ? reason : text.rules.outline.position(index + 1);
}

interface ValueProps {
  readonly value: string;
  readonly isBlurred: boolean;
  readonly isGone?: boolean;
}

function Value({ value, isBlurred, isGone = false }: ValueProps) {
  if (value === '') return <span className={cx(styles.muted)}>{words.empty}</span>;
  return (
    <PatientText isBlurred={isBlurred} className={cx(isGone && styles.gone)}>
      {value}
    </PatientText>
  );
}
