/** A tooltip beside a control: its name, and its shortcut. */

import type { ReactNode } from 'react';
import { Tooltip, TooltipTrigger } from 'react-aria-components';
import { cx } from './cx.ts';
import styles from './overlay.module.css';

export interface WithTooltipProps {
  readonly words: string;
  readonly shortcut?: string | undefined;
  readonly placement?: 'top' | 'bottom' | 'left' | 'right';
  readonly isDisabled?: boolean;
  /** One focusable control of react-aria. */
  readonly children: ReactNode;
}

export function WithTooltip({ words, shortcut, placement = 'top', isDisabled = false, children }: WithTooltipProps) {
  return (
    <TooltipTrigger delay={500} closeDelay={80} isDisabled={isDisabled}>
      {children}
      <Tooltip placement={placement} offset={6} className={cx(styles.tooltip)}>
        {words}
        {shortcut !== undefined && <kbd className={cx(styles.kbd)}>{shortcut}</kbd>}
      </Tooltip>
    </TooltipTrigger>
  );
}
