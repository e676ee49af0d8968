/** See everything move in ten seconds: images made up here, and a test that calls as a modality would. */

import { FlaskConical, ImagePlus, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { TestSteps } from '#renderer/components/test-steps.tsx';
import { ask, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { ProfileState } from '#shared/state.ts';
import styles from './demo.module.css';

const words = text.receiver.demo;

export interface DemoProps {
  readonly state: ProfileState;
}

export function Demo({ state: { profile, run, test } }: DemoProps) {
  const [pending, setPending] = useState<'send' | 'remove' | 'test'>();
  const { id } = profile;
  const isRunning = run.phase === 'listening';
  const during = async (what: 'send' | 'remove' | 'test', action: () => Promise<void>) => {
    setPending(what);
    await action();
    setPending(undefined);
  };
  const send = async () => {
    const result = await ask('test-images-send', { id });
    if (result) showToast({ kind: 'ok', message: words.sent(result.sent) });
  };
  const remove = async () => {
    const result = await ask('test-images-remove', undefined);
    if (result) showToast({ kind: 'ok', message: words.removed(result.removed) });
  };
  const selfTest = async () => {
    await ask('self-test', { id });
  };
  const isTesting = pending === 'test' || (test?.kind === 'self-test' && !test.done);
  const steps = test?.kind === 'self-test' && (test.done ? pending !== 'test' : true) ? test.steps : [];
  return (
    <Section title={words.title} description={words.hint}>
      <div className={cx(styles.buttons)}>
        <Button
          icon={ImagePlus}
          isDisabled={!isRunning}
          isPending={pending === 'send'}
          onPress={() => void during('send', send)}
        >
          {pending === 'send' ? words.sending : words.send}
        </Button>
        <Button
          icon={FlaskConical}
          isDisabled={!isRunning}
          isPending={isTesting}
          onPress={() => void during('test', selfTest)}
        >
          {isTesting ? words.testing : words.selfTest}
        </Button>
        <Button
          variant="quiet"
          icon={Trash2}
          isPending={pending === 'remove'}
          onPress={() => void during('remove', remove)}
        >
          {words.remove}
        </Button>
      </div>
      {!isRunning && <p className={cx(styles.hint)}>{words.notRunning}</p>}
      {(isTesting || steps.length > 0) && (
        <div className={cx(styles.steps)}>
          <TestSteps label={words.steps} steps={steps} isRunning={isTesting} />
          {!isTesting && (
            <Banner kind={steps.every(({ ok }) => ok) ? 'ok' : 'error'} live>
              {steps.every(({ ok }) => ok) ? words.passed : words.failed}
            </Banner>
          )}
        </div>
      )}
    </Section>
  );
}
