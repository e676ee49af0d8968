/** Whom a profile tells of completed studies, how that goes, and a test. Saved by itself: nothing restarts. */

import { Dices, Save, Send } from 'lucide-react';
import { useState } from 'react';
import { Banner, ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { TextField } from '#renderer/components/text-field.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { ask, call, showToast, useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatAgo } from '#renderer/text/format.ts';
import type { Problem, Profile } from '#shared/contract.ts';
import { isReadable, type WebhookState, webhookMistake } from '#shared/webhook.ts';
import { mistakeSentence } from './form-model.ts';
import styles from './settings.module.css';

const words = text.monitoring.webhook;
/** Bytes of a secret that is made here. */
const SECRET_BYTES = 24;
const SHORTEST_SECRET = 16;

export function WebhookPanel({ profile }: { readonly profile: Profile }) {
  const { id, webhook } = profile;
  const state = useReceiver(({ profiles }) => profiles.find((one) => one.profile.id === id)?.webhook);
  const [url, setUrl] = useState(webhook?.url ?? '');
  const [includeIdentifiers, setIdentifiers] = useState(webhook?.includeIdentifiers ?? false);
  /** undefined: as it is; null: none. */
  const [secret, setSecret] = useState<string | null>();
  const [busy, setBusy] = useState<'save' | 'test'>();
  const [problem, setProblem] = useState<Problem>();
  const address = url.trim();
  const mistake = address === '' ? undefined : webhookMistake(address);
  const isShort = typeof secret === 'string' && secret.length < SHORTEST_SECRET;
  const isSigned = secret === undefined ? webhook?.signed === true : secret !== null;
  const isChanged =
    address !== (webhook?.url ?? '') ||
    (webhook !== undefined && includeIdentifiers !== webhook.includeIdentifiers) ||
    secret !== undefined;

  const save = async () => {
    setBusy('save');
    setProblem(undefined);
    const given = secret === undefined ? {} : { secret };
    const wanted = address === '' ? null : { url: address, includeIdentifiers };
    const result = await call('webhook-save', { id, webhook: wanted, ...given });
    setBusy(undefined);
    if (!result.ok) return setProblem(result.error);
    setSecret(undefined);
    showToast({ kind: 'ok', message: address === '' ? words.savedOff : words.saved });
  };
  const test = async () => {
    setBusy('test');
    const done = await ask('webhook-test', { id });
    setBusy(undefined);
    if (done !== undefined) showToast({ kind: 'ok', message: words.tested });
  };

  return (
    <Section title={words.title} description={words.description}>
      <div className={cx(styles.fields)}>
        <div className={cx(styles.option)}>
          <TextField
            label={words.url}
            help={words.urlHelp}
            type="url"
            value={url}
            onChange={setUrl}
            placeholder={words.urlExample}
            error={mistake && mistakeSentence(words.url, mistake)}
          />
        </div>
        {address !== '' && (
          <>
            <div className={cx(styles.option)}>
              <Switch
                label={words.identifiers}
                help={words.identifiersHelp}
                value={includeIdentifiers}
                onChange={setIdentifiers}
              />
            </div>
            <div className={cx(styles.option)}>
              <TextField
                label={words.secret}
                help={webhook?.signed && secret === undefined ? words.secretStored : words.secretHelp}
                value={secret ?? ''}
                onChange={(value) => setSecret(value === '' ? undefined : value)}
                mono
                error={isShort ? words.short : undefined}
                beside={
                  <Button icon={Dices} onPress={() => setSecret(newSecret())}>
                    {words.make}
                  </Button>
                }
              />
              <div className={cx(styles.row)}>
                {secret && <CopyButton value={secret} what={words.secret} label={text.common.copy(words.secret)} />}
                {webhook?.signed && secret !== null && (
                  <Button size="small" variant="quiet" onPress={() => setSecret(null)}>
                    {words.removeSecret}
                  </Button>
                )}
              </div>
            </div>
            {!mistake && isReadable(address) && <Banner kind="warn">{words.readable}</Banner>}
            {!isSigned && <Banner kind="info">{words.unsigned}</Banner>}
          </>
        )}
        {problem && <ProblemBanner problem={problem} live />}
        {webhook && <Progress state={state} />}
        <div className={cx(styles.option)}>
          <div className={cx(styles.row)}>
            <Button
              variant="primary"
              icon={Save}
              isDisabled={!isChanged || mistake !== undefined || isShort}
              isPending={busy === 'save'}
              onPress={() => void save()}
            >
              {words.save}
            </Button>
            {webhook && (
              <Button icon={Send} isDisabled={isChanged} isPending={busy === 'test'} onPress={() => void test()}>
                {busy === 'test' ? words.testing : words.test}
              </Button>
            )}
            {webhook && isChanged && <span className={cx(styles.muted)}>{words.testFirst}</span>}
          </div>
        </div>
      </div>
    </Section>
  );
}

function Progress({ state }: { readonly state: WebhookState | undefined }) {
  const now = useNow(5000);
  const { waiting = 0, lastSuccess, lastProblem } = state ?? {};
  const success = lastSuccess === undefined ? words.never : words.success(formatAgo(lastSuccess, now));
  return (
    <>
      <dl className={cx(styles.facts)}>
        <dt>{words.state}</dt>
        <dd>{`${words.waiting(waiting)}, ${success}`}</dd>
      </dl>
      {lastProblem && (
        <Banner kind="warn" title={words.problem}>
          {`${lastProblem.message} (${formatAgo(lastProblem.time, now)})`}
        </Banner>
      )}
    </>
  );
}

function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, '');
}
