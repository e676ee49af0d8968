/** A message within the page: what happened, why, what to do, and the code that the log shares. */

import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { text } from '#renderer/text/en.ts';
import type { Problem } from '#shared/contract.ts';
import type { Kind } from './badge.tsx';
import { kindIcons } from './badge.tsx';
import styles from './banner.module.css';
import { IconButton } from './button.tsx';
import { cx } from './cx.ts';

export interface BannerProps {
  readonly kind: Kind;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly code?: string;
  readonly actions?: ReactNode;
  readonly onDismiss?: () => void;
  /** Read out at once (error) or when there is time; leave out for what is there from the beginning. */
  readonly live?: boolean;
}

export function Banner({ kind, title, children, code, actions, onDismiss, live = false }: BannerProps) {
  const Icon = kindIcons[kind];
  return (
    <div className={cx(styles.banner, styles[kind])} {...(live && { role: kind === 'error' ? 'alert' : 'status' })}>
      <Icon aria-hidden size={18} className={cx(styles.icon)} />
      <div className={cx(styles.words)}>
        <span className="unseen">{text.common.kinds[kind]}: </span>
        {title !== undefined && <strong>{title}</strong>}
        {children !== undefined && <div>{children}</div>}
        {code !== undefined && <div className={cx(styles.code)}>{text.common.code(code)}</div>}
      </div>
      {actions !== undefined && <div className={cx(styles.actions)}>{actions}</div>}
      {onDismiss && <IconButton icon={X} label={text.common.dismiss} onPress={onDismiss} />}
    </div>
  );
}

/** The same for a {@link Problem}. */
export function ProblemBanner({
  problem,
  ...rest
}: Omit<BannerProps, 'kind' | 'code' | 'children'> & { problem: Problem; kind?: Kind }) {
  return (
    <Banner kind="error" code={problem.code} {...rest}>
      {problem.message}
    </Banner>
  );
}
