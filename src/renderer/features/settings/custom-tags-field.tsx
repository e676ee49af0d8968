/** Private attributes to extract, each with a name of one's own and, if wanted, its private creator. */

import { Plus, Trash2 } from 'lucide-react';
import { useId } from 'react';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import type { FieldProps } from '#renderer/components/field.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { text } from '#renderer/text/en.ts';
import { entryOfTag } from '#shared/dicom/dictionary.ts';
import { type CustomTag, parseCustomTag } from '#shared/dicom/sets.ts';
import { isPrivate } from '#shared/dicom/tag.ts';
import { FieldBlock } from './field-block.tsx';
import { type FieldMistake, mistakeSentence } from './form-model.ts';
import styles from './settings.module.css';

const words = text.settings.custom;

export interface CustomTagsFieldProps extends FieldProps {
  readonly value: readonly CustomTag[];
  readonly onChange: (value: readonly CustomTag[]) => void;
  readonly mistakes: readonly FieldMistake[];
}

export function CustomTagsField({ value, onChange, mistakes, ...field }: CustomTagsFieldProps) {
  const id = useId();
  const change = (index: number, entry: CustomTag) => onChange(value.with(index, entry));
  return (
    <FieldBlock {...field} id={id}>
      {value.length === 0 && <span className={cx(styles.muted)}>{words.none}</span>}
      {value.map((entry, index) => {
        const errorOf = (part: keyof CustomTag) => {
          const label = words[part];
          const found = mistakes.filter((mistake) => mistake.index === index && mistake.part === part);
          return found.length === 0 ? undefined : found.map(({ message }) => mistakeSentence(label, message)).join(' ');
        };
        const { tag, name, creator } = entry;
        const note = standardNote(entry);
        return (
          // biome-ignore lint/a11y/useSemanticElements: a row of fields inside a field
          // biome-ignore lint/suspicious/noArrayIndexKey: entries have no identity but their place, and are edited in it
          <div key={index} role="group" aria-label={words.entry(index + 1)} className={cx(styles.custom)}>
            <TextField
              label={words.tag}
              help={words.tagHelp}
              value={tag}
              mono
              placeholder="0009xx01"
              onChange={(next) => change(index, { ...entry, tag: next.trim() })}
              error={errorOf('tag')}
            />
            <TextField
              label={words.name}
              help={words.nameHelp}
              value={name}
              placeholder="FullFidelity"
              onChange={(next) => change(index, { ...entry, name: next })}
              error={errorOf('name')}
            />
            <TextField
              label={words.creator}
              help={words.creatorHelp}
              value={creator ?? ''}
              placeholder="GEMS_IDEN_01"
              onChange={(next) => change(index, next === '' ? { tag, name } : { tag, name, creator: next })}
              error={errorOf('creator')}
            />
            <div className={cx(styles.customRemove)}>
              <IconButton
                icon={Trash2}
                label={words.remove(name || tag || String(index + 1))}
                onPress={() => onChange(value.toSpliced(index, 1))}
              />
            </div>
            {note !== undefined && <p className={cx(styles.wide, styles.muted)}>{note}</p>}
          </div>
        );
      })}
      <div>
        <Button icon={Plus} size="small" onPress={() => onChange([...value, { tag: '', name: '' }])}>
          {words.add}
        </Button>
      </div>
    </FieldBlock>
  );
}

/** Said of an attribute of the standard, which needs no custom tag. */
function standardNote(entry: CustomTag): string | undefined {
  const parsed = parseCustomTag(entry);
  const known = typeof parsed === 'string' || isPrivate(parsed) ? undefined : entryOfTag(parsed);
  return known && words.standard(known.keyword);
}
