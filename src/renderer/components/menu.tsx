/** A menu behind a button. */

import type { LucideIcon } from 'lucide-react';
import { Check } from 'lucide-react';
import type { ReactNode } from 'react';
import { Menu as AriaMenu, MenuItem, MenuTrigger, Popover, Separator } from 'react-aria-components';
import { cx } from './cx.ts';
import styles from './overlay.module.css';

export type MenuEntry =
  | {
      readonly id: string;
      readonly label: string;
      readonly icon?: LucideIcon;
      readonly shortcut?: string;
      readonly isChosen?: boolean;
      readonly isDisabled?: boolean;
      readonly onChoose: () => void;
    }
  | { readonly id: string; readonly separator: true };

export interface MenuProps {
  readonly label: string;
  readonly entries: readonly MenuEntry[];
  /** The button: a Button or IconButton. */
  readonly children: ReactNode;
  readonly placement?: 'bottom end' | 'bottom start' | 'top start' | 'right bottom';
}

export function Menu({ label, entries, children, placement = 'bottom end' }: MenuProps) {
  return (
    <MenuTrigger>
      {children}
      <Popover className={cx(styles.popover)} placement={placement} offset={4}>
        <AriaMenu aria-label={label} className={cx(styles.list)}>
          {entries.map((entry) =>
            'separator' in entry ? (
              <Separator key={entry.id} className={cx(styles.separator)} />
            ) : (
              <MenuItem
                key={entry.id}
                id={entry.id}
                textValue={entry.label}
                isDisabled={entry.isDisabled ?? false}
                onAction={entry.onChoose}
                className={cx(styles.item)}
              >
                {entry.icon && <entry.icon aria-hidden size={16} />}
                <span className={cx(styles.itemWords)}>{entry.label}</span>
                {entry.shortcut !== undefined && <kbd className={cx(styles.kbd)}>{entry.shortcut}</kbd>}
                {entry.isChosen && <Check aria-hidden size={16} className={cx(styles.tick)} />}
              </MenuItem>
            ),
          )}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
