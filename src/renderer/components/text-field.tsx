/** One line or several lines of text, and the search box that Ctrl+F goes to. */

import { Search, X } from 'lucide-react';
import type { ReactNode } from 'react';
import {
  Button as AriaButton,
  SearchField as AriaSearchField,
  TextField as AriaTextField,
  Group,
  Input,
  TextArea,
} from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { cx } from './cx.ts';
import styles from './field.module.css';
import type { FieldProps } from './field.tsx';
import { ariaField, FieldFrame } from './field.tsx';

export interface TextFieldProps extends FieldProps {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onBlur?: () => void;
  readonly placeholder?: string;
  /** UIDs, titles, addresses. */
  readonly mono?: boolean;
  readonly type?: 'text' | 'password' | 'url';
  /** More than one line. */
  readonly rows?: number;
  readonly maxLength?: number;
  readonly beside?: ReactNode;
}

export function TextField(props: TextFieldProps) {
  const { value, onChange, onBlur, placeholder, mono, type = 'text', rows, maxLength, autoFocus = false } = props;
  const className = cx(styles.input, mono && styles.mono);
  return (
    <AriaTextField
      {...ariaField(props)}
      value={value}
      onChange={onChange}
      {...(onBlur && { onBlur })}
      {...(maxLength !== undefined && { maxLength })}
      type={type}
      autoFocus={autoFocus}
      autoComplete="off"
      spellCheck="false"
    >
      <FieldFrame {...props}>
        {rows === undefined ? (
          <Input className={className} placeholder={placeholder ?? ''} />
        ) : (
          <TextArea className={className} rows={rows} placeholder={placeholder ?? ''} />
        )}
      </FieldFrame>
    </AriaTextField>
  );
}

export interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly className?: string;
  /** Ctrl+F comes here; one on each screen. */
  readonly isMain?: boolean;
  readonly autoFocus?: boolean;
}

export function SearchField({ label, value, onChange, placeholder, className, isMain, autoFocus }: SearchFieldProps) {
  return (
    <AriaSearchField
      aria-label={label}
      value={value}
      onChange={onChange}
      autoFocus={autoFocus ?? false}
      className={cx(styles.field, styles.search, className)}
    >
      <Group className={cx(styles.box)}>
        <span className={cx(styles.glyph)}>
          <Search aria-hidden size={16} />
        </span>
        <Input
          className={cx(styles.input, styles.bare)}
          placeholder={placeholder ?? label}
          spellCheck="false"
          autoComplete="off"
          {...(isMain && { 'data-search': '' })}
        />
        <AriaButton className={cx(styles.clear)} aria-label={text.common.clearSearch}>
          <X aria-hidden size={14} />
        </AriaButton>
      </Group>
    </AriaSearchField>
  );
}
