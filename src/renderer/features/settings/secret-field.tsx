/** A secret of a profile: it goes in and never comes out. */

import { useId, useState } from 'react';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { TextField } from '#renderer/components/text-field.tsx';
import { useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { type Profile, type SecretName, secretPath } from '#shared/contract.ts';
import { optionTexts, s3Texts } from '#shared/options.ts';
import type { DraftState } from './drafts.ts';
import { FieldBlock } from './field-block.tsx';
import { withSecret } from './form-model.ts';
import styles from './settings.module.css';

const words = text.settings.s3;

export function SecretField({ state, name }: { readonly state: DraftState; readonly name: SecretName }) {
  const { saved, draft, changes, change } = state;
  const { label, help } = name === 'tlsPassphrase' ? optionTexts[name] : s3Texts[name];
  const path = secretPath(name);
  const secrets = useReceiver(({ host }) => host.secrets);
  // Until the profile is saved: then the new one is the stored one.
  const [replacedIn, setReplacedIn] = useState<Profile>();
  const isReplacing = replacedIn === saved;
  const id = useId();
  const isStored = saved.secrets.includes(name);
  const next = draft.secrets[name];
  const isEditing = isReplacing || typeof next === 'string' || !isStored;
  const mark = changes.some((entry) => entry.path === path) && <Badge kind="active">{text.settings.changed}</Badge>;
  const keep = () => {
    setReplacedIn(undefined);
    change(withSecret(draft, name, undefined));
  };
  const explained = `${help} ${secrets.message}`;
  return isEditing && next !== null ? (
    <TextField
      label={label}
      help={explained}
      type="password"
      value={next ?? ''}
      onChange={(value) => change(withSecret(draft, name, value))}
      isDisabled={secrets.kind === 'none'}
      mark={mark}
      autoFocus={isReplacing}
      beside={isStored && <Button onPress={keep}>{words.keep}</Button>}
    />
  ) : (
    <FieldBlock id={id} label={label} help={explained} mark={mark}>
      <div className={cx(styles.row)}>
        {next === null ? (
          <Badge kind="warn">{words.willRemove}</Badge>
        ) : (
          <>
            <Badge kind="ok">{words.stored}</Badge>
            <span className={cx(styles.muted)}>{words.storedHelp}</span>
          </>
        )}
        {next === null ? (
          <Button size="small" onPress={keep}>
            {words.keep}
          </Button>
        ) : (
          <>
            <Button size="small" onPress={() => setReplacedIn(saved)} aria-label={`${words.replace} ${label}`}>
              {words.replace}
            </Button>
            <Button
              size="small"
              variant="danger"
              aria-label={`${words.remove} ${label}`}
              onPress={() => change(withSecret(draft, name, null))}
            >
              {words.remove}
            </Button>
          </>
        )}
      </div>
    </FieldBlock>
  );
}
