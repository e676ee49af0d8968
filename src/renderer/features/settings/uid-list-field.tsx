/** The lists of SOP classes and transfer syntaxes: what is in them, a picker, and what was refused so far. */

import { CircleAlert, ListChecks } from 'lucide-react';
import { useId, useState } from 'react';
import { Button } from '#renderer/components/button.tsx';
import { Chips } from '#renderer/components/chips.tsx';
import { cx } from '#renderer/components/cx.ts';
import type { FieldProps } from '#renderer/components/field.tsx';
import { announce } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Refusal } from '#shared/events.ts';
import { type ChoiceGroup, uidName } from './catalogue.ts';
import { FieldBlock } from './field-block.tsx';
import styles from './settings.module.css';
import { SeenList, UidDialog } from './uid-dialog.tsx';

const words = text.settings.uids;

export interface UidListFieldProps extends FieldProps {
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
  readonly wrong: ReadonlySet<number>;
  readonly title: string;
  readonly groups: () => readonly ChoiceGroup[];
  readonly refusals: readonly Refusal[];
  /** The mode, where it makes the list count for nothing. */
  readonly unusedMode: string | undefined;
  /** Adds UIDs and makes the list count. */
  readonly onAccept: (uids: readonly string[]) => void;
}

export function UidListField(props: UidListFieldProps) {
  const { value, onChange, wrong, title, groups, refusals, unusedMode, onAccept, label } = props;
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const open = refusals.filter(({ value: uid }) => unusedMode !== undefined || !value.includes(uid));
  return (
    <FieldBlock {...props} id={id}>
      {unusedMode !== undefined ? (
        <div className={cx(styles.row)}>
          <span className={cx(styles.muted)}>{words.notUsed(unusedMode, value.length)}</span>
          <Button size="small" onPress={() => onAccept([])}>
            {words.useList}
          </Button>
        </div>
      ) : (
        <>
          <div className={cx(styles.row)}>
            <Button icon={ListChecks} onPress={() => setOpen(true)} aria-describedby={id}>
              {words.choose}
            </Button>
            {value.length > 0 && (
              <Button variant="quiet" onPress={() => onChange([])}>
                {words.clear}
              </Button>
            )}
            <span className={cx(styles.muted)}>{value.length === 0 ? words.none : words.count(value.length)}</span>
          </div>
          <Chips
            label={text.common.lists.entries(label)}
            chips={value.map((entry, index) => ({
              id: entry,
              label: uidName(entry) ?? entry,
              title: entry,
              wrong: wrong.has(index),
            }))}
            onRemove={(ids) => onChange(value.filter((entry) => !ids.has(entry)))}
          />
        </>
      )}
      {open.length > 0 && (
        <section aria-label={`${words.seen}: ${label}`} className={cx(styles.seenBlock)}>
          <h3 className={cx(styles.sideTitle, styles.row)}>
            <CircleAlert aria-hidden size={15} />
            {words.seen}
          </h3>
          <SeenList
            refusals={open}
            isAccepted={() => false}
            onAccept={(uid) => {
              onAccept([uid]);
              announce(words.accepted(uidName(uid) ?? uid));
            }}
          />
        </section>
      )}
      {isOpen && (
        <UidDialog
          title={title}
          groups={groups()}
          value={value}
          refusals={refusals}
          onClose={() => setOpen(false)}
          onTake={(next) => {
            onChange(next);
            setOpen(false);
          }}
        />
      )}
    </FieldBlock>
  );
}
