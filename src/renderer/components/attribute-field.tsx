/** One attribute: any of PS3.6 by keyword, name or number, or a tag that the standard does not know. */

import { useMemo, useState } from 'react';
import { text } from '#renderer/text/en.ts';
import { formatTag } from '#shared/dicom/tag.ts';
import { dataSetEntries, describeTag, searchEntries } from './attributes.ts';
import type { FieldProps } from './field.tsx';
import { ComboBox } from './select.tsx';

/** All are searched; nobody reads more than this. */
const MOST_CHOICES = 60;

export interface AttributeFieldProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
}

export function AttributeField({ value, onChange, help, ...field }: AttributeFieldProps) {
  // A choice is made: the list closes, the field stays where the focus is.
  const [chosen, setChosen] = useState(0);
  const all = useMemo(dataSetEntries, []);
  const choices = useMemo(
    () =>
      searchEntries(all, value)
        .slice(0, MOST_CHOICES)
        .map(({ keyword, name, tag, vr, retired }) => ({
          value: keyword,
          label: keyword,
          detail: `${formatTag(tag)} ${vr} · ${name}${retired ? ` (${text.common.retired})` : ''}`,
        })),
    [all, value],
  );
  const known = value === '' ? '' : describeTag(value).detail;
  return (
    <ComboBox
      key={chosen}
      autoFocus={chosen > 0}
      {...field}
      help={known || help}
      choices={choices}
      inputValue={value}
      onInputChange={onChange}
      onChoose={(choice) => {
        onChange(choice);
        setChosen((count) => count + 1);
      }}
      custom
      mono
      placeholder={text.common.attributeExample}
    />
  );
}
