/** Copies a text and says so. */

import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { text } from '#renderer/text/en.ts';
import { Button, IconButton } from './button.tsx';
import { copyText } from './clipboard.ts';

export interface CopyButtonProps {
  readonly value: string;
  /** "Copy <what>". */
  readonly what: string;
  /** With words instead of an icon. */
  readonly label?: string;
}

export function CopyButton({ value, what, label }: CopyButtonProps) {
  const [state, setState] = useState<'idle' | 'copied' | 'failed'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2_000);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () => void copyText(value).then((done) => setState(done ? 'copied' : 'failed'));
  const icon = state === 'copied' ? Check : Copy;
  const said = state === 'idle' ? '' : state === 'copied' ? text.common.copied : text.common.copyFailed;
  return (
    <>
      {label === undefined ? (
        <IconButton icon={icon} label={said || text.common.copy(what)} onPress={copy} />
      ) : (
        <Button icon={icon} onPress={copy} size="small">
          {said || label}
        </Button>
      )}
      <span role="status" className="unseen">
        {said}
      </span>
    </>
  );
}
