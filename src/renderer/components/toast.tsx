/** Short messages at the corner; each stays until its time is over, longer while it is looked at. */

import { X } from 'lucide-react';
import { useEffect, useState } from 'react';
import { text } from '#renderer/text/en.ts';
import type { Kind } from './badge.tsx';
import { kindIcons } from './badge.tsx';
import { Button, IconButton } from './button.tsx';
import { cx } from './cx.ts';
import styles from './toast.module.css';

export interface Toast {
  readonly id: number;
  readonly kind: Kind;
  readonly message: string;
  readonly code?: string;
  readonly action?: { readonly label: string; readonly onPress: () => void };
}

export interface ToastsProps {
  readonly toasts: readonly Toast[];
  readonly onDismiss: (id: number) => void;
}

export function Toasts({ toasts, onDismiss }: ToastsProps) {
  return (
    <section aria-label={text.common.messages} className={cx(styles.region)}>
      <ol>
        {toasts.map((toast) => (
          <ToastItem key={toast.id} toast={toast} onDismiss={onDismiss} />
        ))}
      </ol>
    </section>
  );
}

function ToastItem({ toast, onDismiss }: { readonly toast: Toast; readonly onDismiss: (id: number) => void }) {
  const [isHeld, setHeld] = useState(false);
  useEffect(() => {
    if (isHeld) return;
    // Errors and choices are not to be missed.
    const timer = setTimeout(
      () => onDismiss(toast.id),
      toast.kind === 'error' ? 15_000 : toast.action ? 10_000 : 6_000,
    );
    return () => clearTimeout(timer);
  }, [isHeld, onDismiss, toast]);
  const Icon = kindIcons[toast.kind];
  return (
    <li
      className={cx(styles.toast, styles[toast.kind])}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <Icon aria-hidden size={18} className={cx(styles.icon)} />
      <div className={cx(styles.words)}>
        {toast.message}
        {toast.code !== undefined && <code className={cx(styles.code)}>{text.common.code(toast.code)}</code>}
      </div>
      {toast.action && (
        <Button
          size="small"
          onPress={() => {
            toast.action?.onPress();
            onDismiss(toast.id);
          }}
        >
          {toast.action.label}
        </Button>
      )}
      <IconButton icon={X} label={text.common.dismiss} onPress={() => onDismiss(toast.id)} />
    </li>
  );
}
