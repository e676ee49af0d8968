/** A dialog above the page, and the one that asks before something is done. */

import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { text } from '#renderer/text/en.ts';
import { Button, IconButton } from './button.tsx';
import { cx } from './cx.ts';
import styles from './overlay.module.css';

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  /** Buttons at the bottom. */
  readonly footer?: ReactNode;
  readonly size?: 'normal' | 'wide' | 'huge';
  /** It wants an answer: a click outside does not close it. */
  readonly isAlert?: boolean;
}

export function Dialog({ title, isOpen, onClose, children, footer, size = 'normal', isAlert = false }: DialogProps) {
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && onClose()}
      isDismissable={!isAlert}
      className={cx(styles.overlay)}
    >
      <Modal className={cx(styles.modal, size === 'wide' && styles.wide, size === 'huge' && styles.huge)}>
        <AriaDialog role={isAlert ? 'alertdialog' : 'dialog'} className={cx(styles.dialog)}>
          <header className={cx(styles.dialogHeader)}>
            <Heading slot="title" className={cx(styles.dialogTitle)}>
              {title}
            </Heading>
            <IconButton icon={X} label={text.common.close} onPress={onClose} slot={null} />
          </header>
          <div className={cx(styles.dialogBody)}>{children}</div>
          {footer !== undefined && <footer className={cx(styles.dialogFooter)}>{footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

export interface ConfirmDialogProps extends Omit<DialogProps, 'footer' | 'isAlert'> {
  /** The verb: "Delete", "Stop". */
  readonly action: string;
  readonly onConfirm: () => void;
  readonly isDanger?: boolean;
}

export function ConfirmDialog({ action, onConfirm, isDanger = false, ...rest }: ConfirmDialogProps) {
  return (
    <Dialog
      {...rest}
      isAlert
      footer={
        <>
          <Button onPress={rest.onClose} autoFocus>
            {text.common.cancel}
          </Button>
          <Button variant={isDanger ? 'danger' : 'primary'} onPress={onConfirm}>
            {action}
          </Button>
        </>
      }
    />
  );
}
