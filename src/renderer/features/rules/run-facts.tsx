/** What becomes of the sample as a whole: the verdict, what is left of the patient's own, text that may be burned in. */

import { type ReactNode, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { Badge, type Kind } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Dialog } from '#renderer/components/dialog.tsx';
import { text } from '#renderer/text/en.ts';
import type { RuleRun } from '#shared/rules.ts';
import { show } from './editor-store.ts';
import styles from './rules.module.css';

const words = text.rules.preview;

const VERDICTS: Readonly<Record<RuleRun['verdict'], Kind>> = {
  store: 'ok',
  quarantine: 'warn',
  reject: 'error',
  unchanged: 'warn',
};
/** From here on text in the picture is likely. */
const LIKELY = 50;

export interface RunFactsProps {
  readonly run: RuleRun;
  readonly isPending: boolean;
  readonly isStale: boolean;
}

export function RunFacts({ run, isPending, isStale }: RunFactsProps) {
  const { verdict, reason, residual, burnedIn, turnedToUnicode } = run;
  const [open, setOpen] = useState<'residual' | 'burned-in'>();
  const close = () => setOpen(undefined);
  return (
    <div className={cx(styles.facts)}>
      <span role="status" className={cx(styles.row)}>
        <Badge kind={VERDICTS[verdict]}>{words.verdicts[verdict]}</Badge>
        {reason !== '' && <span>{reason}</span>}
        {isStale && <Badge kind="warn">{words.stale}</Badge>}
        {isPending && <span className={cx(styles.muted)}>{words.pending}</span>}
      </span>
      {residual.length === 0 ? (
        <Badge kind="ok" plain>
          {words.residual(0)}
        </Badge>
      ) : (
        <Fact onPress={() => setOpen('residual')}>
          <Badge kind="error">{words.residual(residual.length)}</Badge>
        </Fact>
      )}
      {burnedIn.reasons.length === 0 ? (
        <Badge kind="neutral" plain>
          {words.burnedInNone}
        </Badge>
      ) : (
        <Fact onPress={() => setOpen('burned-in')}>
          <Badge kind={burnedIn.score >= LIKELY ? 'warn' : 'neutral'}>{words.burnedIn(burnedIn.score)}</Badge>
        </Fact>
      )}
      {turnedToUnicode && (
        <Badge kind="info" plain>
          {words.unicode}
        </Badge>
      )}
      <Dialog title={words.residualTitle} isOpen={open === 'residual'} onClose={close}>
        <ul className={cx(styles.bullets)}>
          {residual.map(({ path, keyword, what }) => (
            <li key={`${path} ${what}`}>
              {words.residualLine(words.own[what] ?? what, keyword || path)} <code>{path}</code>
            </li>
          ))}
        </ul>
      </Dialog>
      <Dialog
        title={words.burnedInTitle}
        isOpen={open === 'burned-in'}
        onClose={close}
        footer={
          <Button
            onPress={() => {
              show({ kind: 'safety' });
              close();
            }}
          >
            {text.rules.safety.title}
          </Button>
        }
      >
        <ul className={cx(styles.bullets)}>
          {burnedIn.reasons.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      </Dialog>
    </div>
  );
}

/** A fact with more behind it. */
function Fact({ onPress, children }: { readonly onPress: () => void; readonly children: ReactNode }) {
  return (
    <AriaButton className={cx(styles.fact)} aria-haspopup="dialog" onPress={onPress}>
      {children}
    </AriaButton>
  );
}
