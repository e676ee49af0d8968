/** The order in which transfer syntaxes are preferred: dragged, or moved with arrows. */

import { ArrowDown, ArrowUp, GripVertical, ListChecks, X } from 'lucide-react';
import { useId, useState } from 'react';
import { Button as AriaButton, GridList, GridListItem, useDragAndDrop } from 'react-aria-components';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import type { FieldProps } from '#renderer/components/field.tsx';
import { announce } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { transferSyntaxGroups, uidName } from './catalogue.ts';
import { FieldBlock } from './field-block.tsx';
import { moved, placed } from './form-model.ts';
import styles from './settings.module.css';
import { UidDialog } from './uid-dialog.tsx';

const words = text.settings.uids;

export interface PreferenceFieldProps extends FieldProps {
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
  readonly wrong: ReadonlySet<number>;
}

export function PreferenceField(props: PreferenceFieldProps) {
  const { value, onChange, wrong } = props;
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ 'text/plain': String(key) })),
    onReorder: ({ keys, target }) =>
      onChange(placed(value, [...keys].map(String), String(target.key), target.dropPosition === 'after')),
  });
  const move = (entry: string, by: number) => {
    const next = moved(value, entry, by);
    onChange(next);
    announce(words.moved(uidName(entry) ?? entry, next.indexOf(entry) + 1));
  };
  return (
    <FieldBlock {...props} id={id}>
      <div className={cx(styles.row)}>
        <Button icon={ListChecks} onPress={() => setOpen(true)}>
          {words.choose}
        </Button>
        {value.length > 0 && (
          <Button variant="quiet" onPress={() => onChange([])}>
            {words.clear}
          </Button>
        )}
        <span className={cx(styles.muted)}>{value.length > 1 ? words.orderHelp : ''}</span>
      </div>
      {value.length > 0 && (
        <GridList
          aria-label={words.order}
          items={value.map((entry, index) => ({ id: entry, index }))}
          dragAndDropHooks={dragAndDropHooks}
          className={cx(styles.order)}
          keyboardNavigationBehavior="tab"
        >
          {({ id: entry, index }) => {
            const name = uidName(entry) ?? entry;
            return (
              <GridListItem id={entry} textValue={name} className={cx(styles.orderItem)}>
                <AriaButton slot="drag" className={cx(styles.handle)}>
                  <GripVertical aria-hidden size={15} />
                </AriaButton>
                <span className={cx(styles.number)}>{index + 1}</span>
                <span className={cx(styles.grow)}>
                  {name}
                  {wrong.has(index) && ' ⚠'}
                  {name !== entry && <span className={cx(styles.uid)}>{entry}</span>}
                </span>
                <IconButton
                  icon={ArrowUp}
                  label={words.up(name)}
                  isDisabled={index === 0}
                  onPress={() => move(entry, -1)}
                />
                <IconButton
                  icon={ArrowDown}
                  label={words.down(name)}
                  isDisabled={index === value.length - 1}
                  onPress={() => move(entry, 1)}
                />
                <IconButton
                  icon={X}
                  label={text.common.remove(name)}
                  onPress={() => onChange(value.filter((other) => other !== entry))}
                />
              </GridListItem>
            );
          }}
        </GridList>
      )}
      {isOpen && (
        <UidDialog
          title={words.preferenceTitle}
          groups={transferSyntaxGroups()}
          value={value}
          refusals={[]}
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
