/** Tags to extract: any attribute of PS3.6 by keyword, name or number, ready-made sets, chips. */

import { useId, useMemo, useState } from 'react';
import { dataSetEntries, describeTag, searchEntries } from '#renderer/components/attributes.ts';
import { Button } from '#renderer/components/button.tsx';
import { Chips } from '#renderer/components/chips.tsx';
import { cx } from '#renderer/components/cx.ts';
import type { FieldProps } from '#renderer/components/field.tsx';
import { ComboBox } from '#renderer/components/select.tsx';
import { splitEntries } from '#renderer/components/split-entries.ts';
import { text } from '#renderer/text/en.ts';
import { formatTag } from '#shared/dicom/tag.ts';
import { tagSets } from './catalogue.ts';
import styles from './settings.module.css';

const words = text.settings.tags;

/** All are searched; nobody reads more than this, and building thousands of choices takes seconds. */
const MOST_CHOICES = 100;

export interface TagsFieldProps extends FieldProps {
  readonly value: readonly string[];
  readonly onChange: (value: readonly string[]) => void;
  readonly wrong: ReadonlySet<number>;
}

export function TagsField({ value, onChange, wrong, ...field }: TagsFieldProps) {
  const [typed, setTyped] = useState('');
  // A choice is made: the list closes, the field stays where the focus is.
  const [chosen, setChosen] = useState(0);
  const id = useId();
  const all = useMemo(dataSetEntries, []);
  const choices = useMemo(
    () =>
      searchEntries(all, typed)
        .filter(({ keyword }) => !value.includes(keyword))
        .slice(0, MOST_CHOICES)
        .map(({ keyword, name, tag, vr, retired }) => ({
          value: keyword,
          label: keyword,
          detail: `${formatTag(tag)} ${vr} · ${name}${retired ? ` (${text.settings.uids.isRetired})` : ''}`,
        })),
    [all, typed, value],
  );
  const add = (entries: readonly string[]) => onChange([...new Set([...value, ...entries])]);
  const choose = (choice: string) => {
    add(splitEntries(choice, !choice.includes('(')));
    setTyped('');
    setChosen((count) => count + 1);
  };
  return (
    <div className={cx(styles.listField)}>
      <ComboBox
        key={chosen}
        autoFocus={chosen > 0}
        {...field}
        choices={choices}
        inputValue={typed}
        onInputChange={setTyped}
        onChoose={choose}
        custom
        mono
        placeholder={words.placeholder}
      />
      <Chips
        label={text.common.lists.entries(field.label)}
        chips={value.map((entry, index) => {
          const { label, detail, known } = describeTag(entry);
          return {
            id: entry,
            label,
            ...(detail.startsWith('(') && !label.startsWith('(') && { detail: detail.slice(0, 11) }),
            title: detail || entry,
            wrong: wrong.has(index) || !known,
          };
        })}
        onRemove={(ids) => onChange(value.filter((entry) => !ids.has(entry)))}
      />
      {value.length > 0 && (
        <div className={cx(styles.row)}>
          <span className={cx(styles.muted)}>{words.count(value.length)}</span>
          <Button variant="quiet" size="small" onPress={() => onChange([])}>
            {words.clear}
          </Button>
        </div>
      )}
      {/* biome-ignore lint/a11y/useSemanticElements: a row of buttons, no part of a form */}
      <div role="group" aria-labelledby={id} className={cx(styles.row)}>
        <span id={id} className={cx(styles.muted)}>
          {words.sets}
        </span>
        {tagSets().map(({ title, tags }) => (
          <Button
            key={title}
            size="small"
            isDisabled={tags.every((tag) => value.includes(tag))}
            aria-label={words.addSetLabel(title, tags.length)}
            onPress={() => add(tags)}
          >
            {words.addSet(title, tags.length)}
          </Button>
        ))}
      </div>
    </div>
  );
}
