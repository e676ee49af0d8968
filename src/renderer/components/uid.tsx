/** A UID: monospace, both ends visible, whole in its title, copied with one click. */

import { middleEllipsis } from '#renderer/text/format.ts';
import { CopyButton } from './copy-button.tsx';
import { cx } from './cx.ts';
import styles from './uid.module.css';

export interface UidProps {
  readonly uid: string;
  /** "Copy <what>"; default: "UID". */
  readonly what?: string;
  /** How many characters are shown. */
  readonly most?: number;
  readonly copy?: boolean;
}

export function Uid({ uid, what = 'UID', most = 28, copy = true }: UidProps) {
  return (
    <span className={cx(styles.uid)}>
      <code title={uid}>{middleEllipsis(uid, most)}</code>
      {copy && <CopyButton value={uid} what={what} />}
    </span>
  );
}
