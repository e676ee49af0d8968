/** Buttons with words, and buttons with an icon whose name is read out and shown as a tooltip. */

import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps as AriaProps, ToggleButton as AriaToggle } from 'react-aria-components';
import styles from './button.module.css';
import { cx } from './cx.ts';
import { WithTooltip } from './tooltip.tsx';

type Common = Pick<
  AriaProps,
  | 'onPress'
  | 'isDisabled'
  | 'isPending'
  | 'type'
  | 'slot'
  | 'autoFocus'
  | 'aria-describedby'
  | 'aria-expanded'
  | 'id'
  | 'form'
>;

export interface ButtonProps extends Common {
  readonly children: ReactNode;
  readonly variant?: 'primary' | 'secondary' | 'quiet' | 'danger';
  readonly size?: 'normal' | 'small' | 'large';
  readonly icon?: LucideIcon;
  readonly className?: string;
  /** Where the visible words alone say too little. */
  readonly 'aria-label'?: string;
}

export function Button({
  children,
  variant = 'secondary',
  size = 'normal',
  icon: Icon,
  className,
  ...rest
}: ButtonProps) {
  return (
    <AriaButton {...rest} className={cx(styles.button, styles[variant], styles[size], className)}>
      {Icon && <Icon aria-hidden size={16} />}
      {children}
    </AriaButton>
  );
}

export interface IconButtonProps extends Common {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly variant?: 'quiet' | 'secondary' | 'danger';
  readonly className?: string;
  /** Shown in the tooltip beside the name. */
  readonly shortcut?: string;
}

export function IconButton({ label, icon: Icon, variant = 'quiet', className, shortcut, ...rest }: IconButtonProps) {
  return (
    <WithTooltip words={label} shortcut={shortcut}>
      <AriaButton {...rest} aria-label={label} className={cx(styles.button, styles.icon, styles[variant], className)}>
        <Icon aria-hidden size={16} />
      </AriaButton>
    </WithTooltip>
  );
}

export interface ToggleIconButtonProps {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly isSelected: boolean;
  readonly onChange: (selected: boolean) => void;
  readonly shortcut?: string;
}

/** An icon that stays pressed. */
export function ToggleIconButton({ label, icon: Icon, shortcut, ...rest }: ToggleIconButtonProps) {
  return (
    <WithTooltip words={label} shortcut={shortcut}>
      <AriaToggle {...rest} aria-label={label} className={cx(styles.button, styles.icon, styles.quiet, styles.toggle)}>
        <Icon aria-hidden size={16} />
      </AriaToggle>
    </WithTooltip>
  );
}
