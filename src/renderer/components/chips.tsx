/** A list of short entries that can be taken away one by one, with the mouse or Delete. */

import { TriangleAlert, X } from 'lucide-react';
import { Button, Tag, TagGroup, TagList } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import styles from './chips.module.css';
import { cx } from './cx.ts';

export interface Chip {
  readonly id: string;
  readonly label: string;
  /** Smaller, behind the label. */
  readonly detail?: string;
  /** The whole of it, where the label is shortened. */
  readonly title?: string;
  readonly wrong?: boolean;
}

export interface ChipsProps {
  readonly label: string;
  readonly chips: readonly Chip[];
  readonly onRemove: (ids: ReadonlySet<string>) => void;
  readonly mono?: boolean;
}

export function Chips({ label, chips, onRemove, mono = false }: ChipsProps) {
  if (chips.length === 0) return null;
  return (
    <TagGroup aria-label={label} onRemove={(keys) => onRemove(new Set([...keys].map(String)))}>
      <TagList items={chips} className={cx(styles.chips, mono && styles.mono)}>
        {(chip) => (
          <Tag id={chip.id} textValue={chip.label} className={cx(styles.chip, chip.wrong && styles.wrong)}>
            {chip.wrong && <TriangleAlert aria-hidden size={13} />}
            <span className={cx(styles.words)} title={chip.title ?? chip.label}>
              {chip.label}
              {chip.detail !== undefined && <span className={cx(styles.detail)}> {chip.detail}</span>}
            </span>
            <Button slot="remove" className={cx(styles.remove)} aria-label={text.common.remove(chip.label)}>
              <X aria-hidden size={13} />
            </Button>
          </Tag>
        )}
      </TagList>
    </TagGroup>
  );
}
