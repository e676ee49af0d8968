/** One of a few choices (Select), or of many with typing (ComboBox). */

import { Check, ChevronDown } from 'lucide-react';
import {
  ComboBox as AriaComboBox,
  Select as AriaSelect,
  Button,
  Group,
  Input,
  ListBox,
  ListBoxItem,
  ListLayout,
  Popover,
  SelectValue,
  Virtualizer,
} from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { cx } from './cx.ts';
import styles from './field.module.css';
import type { FieldProps } from './field.tsx';
import { ariaField, FieldFrame } from './field.tsx';
import overlay from './overlay.module.css';

export interface Choice<Value extends string = string> {
  readonly value: Value;
  readonly label: string;
  /** A second, smaller line. */
  readonly detail?: string;
}

export interface SelectProps<Value extends string> extends FieldProps {
  readonly choices: readonly Choice<Value>[];
  readonly value: Value | null;
  readonly onChange: (value: Value) => void;
  readonly placeholder?: string;
}

export function Select<Value extends string>(props: SelectProps<Value>) {
  const { choices, value, onChange, placeholder } = props;
  return (
    <AriaSelect
      {...ariaField(props)}
      value={value}
      onChange={(key) => onChange(key as Value)}
      {...(placeholder !== undefined && { placeholder })}
    >
      <FieldFrame {...props}>
        <Button className={cx(styles.choice)}>
          <SelectValue className={cx(styles.value)}>
            {({ selectedText, defaultChildren }) => selectedText || defaultChildren}
          </SelectValue>
          <ChevronDown aria-hidden size={16} />
        </Button>
      </FieldFrame>
      <Popover className={cx(overlay.popover)} offset={4}>
        <ListBox items={choices.map((choice) => ({ ...choice, id: choice.value }))} className={cx(overlay.list)}>
          {(choice) => <ChoiceItem choice={choice} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

export interface ComboBoxProps extends FieldProps {
  readonly choices: readonly Choice[];
  /** What is typed. */
  readonly inputValue: string;
  readonly onInputChange: (value: string) => void;
  /** A choice was taken, or (custom) what was typed. */
  readonly onChoose: (value: string) => void;
  /** Other text than the choices may be entered. */
  readonly custom?: boolean;
  readonly placeholder?: string;
  readonly mono?: boolean;
}

/** Choices are filtered by the caller or, by default, by what is typed; thousands of them stay quick. */
export function ComboBox(props: ComboBoxProps) {
  const { choices, inputValue, onInputChange, onChoose, custom = false, placeholder, mono, autoFocus = false } = props;
  return (
    <AriaComboBox
      {...ariaField(props)}
      items={choices.map((choice) => ({ ...choice, id: choice.value }))}
      inputValue={inputValue}
      onInputChange={onInputChange}
      value={null}
      onChange={(key) => {
        if (key !== null) onChoose(String(key));
      }}
      allowsCustomValue={custom}
      allowsEmptyCollection
      menuTrigger="input"
      autoFocus={autoFocus}
      defaultFilter={() => true}
    >
      <FieldFrame {...props}>
        <Group className={cx(styles.box)}>
          <Input
            className={cx(styles.input, styles.bare, mono && styles.mono)}
            placeholder={placeholder ?? ''}
            onKeyDown={({ key, currentTarget }) => {
              // Nothing was chosen before and nothing is now: react-aria sees no change to tell of.
              const isChoice = currentTarget.hasAttribute('aria-activedescendant');
              if (key === 'Enter' && custom && !isChoice && inputValue.trim() !== '') onChoose(inputValue.trim());
            }}
          />
          <Button className={cx(styles.step)} aria-label={text.common.showOptions}>
            <ChevronDown aria-hidden size={16} />
          </Button>
        </Group>
      </FieldFrame>
      <Popover className={cx(overlay.popover)} offset={4}>
        <Virtualizer layout={ListLayout} layoutOptions={{ estimatedRowHeight: 36 }}>
          <ListBox
            className={cx(overlay.list)}
            renderEmptyState={() => <div className={cx(overlay.none)}>{text.common.noMatch}</div>}
          >
            {(choice: Choice & { id: string }) => <ChoiceItem choice={choice} />}
          </ListBox>
        </Virtualizer>
      </Popover>
    </AriaComboBox>
  );
}

function ChoiceItem({ choice }: { readonly choice: Choice }) {
  return (
    <ListBoxItem id={choice.value} textValue={choice.label} className={cx(overlay.item)}>
      {({ isSelected }) => (
        <>
          <span className={cx(overlay.itemWords)}>
            {choice.label}
            {choice.detail !== undefined && <span className={cx(overlay.itemDetail)}>{choice.detail}</span>}
          </span>
          {isSelected && <Check aria-hidden size={16} className={cx(overlay.tick)} />}
        </>
      )}
    </ListBoxItem>
  );
}
