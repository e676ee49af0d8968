/** A box to tick, also half ticked for a group of which some are chosen. */

import { Check, Minus } from 'lucide-react';
import type { ReactNode } from 'react';
import { Checkbox as AriaCheckbox } from 'react-aria-components';
import styles from './checkbox.module.css';
import { cx } from './cx.ts';

export interface CheckboxProps {
  readonly isSelected: boolean;
  readonly isPartly?: boolean;
  readonly isDisabled?: boolean;
  readonly onChange: (selected: boolean) => void;
  readonly children: ReactNode;
  readonly label?: string;
}

export function Checkbox({
  isSelected,
  isPartly = false,
  isDisabled = false,
  onChange,
  children,
  label,
}: CheckboxProps) {
  return (
    <AriaCheckbox
      isSelected={isSelected}
      isIndeterminate={isPartly}
      isDisabled={isDisabled}
      onChange={onChange}
      className={cx(styles.checkbox)}
      {...(label !== undefined && { 'aria-label': label })}
    >
      <span aria-hidden className={cx(styles.box)}>
        {isPartly ? <Minus size={14} strokeWidth={3} /> : isSelected && <Check size={14} strokeWidth={3} />}
      </span>
      <span className={cx(styles.checkWords)}>{children}</span>
    </AriaCheckbox>
  );
}
