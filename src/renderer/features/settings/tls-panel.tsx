/** What the files of TLS hold, while they are chosen, and a certificate of one's own in one click. */

import { FileBadge, FileSearch } from 'lucide-react';
import { Fragment, type ReactNode, useEffect, useState } from 'react';
import { Banner, ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { ask, call, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatDate } from '#renderer/text/format.ts';
import type { Result, TlsInspection } from '#shared/contract.ts';
import type { DraftState } from './drafts.ts';
import { cleanOptions, type Draft, effective, withOption } from './form-model.ts';
import styles from './settings.module.css';

const words = text.settings.tls;
/** Typing a path asks at every pause, not at every key; in milliseconds. */
const PAUSE = 400;

export function TlsPanel({ state }: { readonly state: DraftState }) {
  const { draft, update } = state;
  const [isMaking, setMaking] = useState(false);
  const [again, setAgain] = useState(0);
  const isNamed = hasFiles(draft);
  const found = useInspection(state, isNamed, again);
  const make = async () => {
    setMaking(true);
    const made = await ask('tls-self-signed', undefined);
    setMaking(false);
    if (!made) return;
    update((latest) => withSelfSigned(latest, made));
    showToast({ kind: 'ok', message: words.made });
  };
  return (
    <Section
      title={words.title}
      description={words.description}
      actions={
        isNamed && (
          <Button size="small" icon={FileSearch} onPress={() => setAgain(again + 1)}>
            {words.look}
          </Button>
        )
      }
    >
      <div className={cx(styles.listField)}>
        {!isNamed && <p className={cx(styles.muted)}>{words.none}</p>}
        {found && !found.ok && <ProblemBanner problem={found.error} title={words.unusable} live />}
        {found?.ok && <Facts facts={found.value} />}
        <div className={cx(styles.row)}>
          <Button icon={FileBadge} onPress={() => void make()} isPending={isMaking}>
            {isMaking ? words.making : words.make}
          </Button>
          <span className={cx(styles.muted)}>{words.makeHelp}</span>
        </div>
      </div>
    </Section>
  );
}

function Facts({ facts }: { readonly facts: TlsInspection }) {
  const { subject, issuer, selfSigned, notBefore, notAfter, names, fingerprint, authorities, warnings } = facts;
  const rows: readonly (readonly [string, ReactNode])[] = [
    [words.subject, subject || words.unnamed],
    [words.issuer, selfSigned ? words.selfSigned : issuer],
    [words.valid, words.period(formatDate(notBefore), formatDate(notAfter))],
    [words.names, names.length === 0 ? words.noNames : names.join(', ')],
    [
      words.fingerprint,
      <>
        <code>{fingerprint}</code> <CopyButton value={fingerprint} what={words.fingerprint} />
      </>,
    ],
    ...(authorities.length > 0 ? [[words.authorities, authorities.join('; ')] as const] : []),
  ];
  return (
    <>
      {warnings.map((problem) => (
        <ProblemBanner key={problem.code} problem={problem} kind="warn" />
      ))}
      {warnings.length === 0 && <Banner kind="ok">{words.good(formatDate(notAfter))}</Banner>}
      <dl className={cx(styles.facts)}>
        {rows.map(([label, value]) => (
          <Fragment key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </Fragment>
        ))}
      </dl>
    </>
  );
}

function hasFiles({ options }: Draft): boolean {
  const { tlsPkcs12File, tlsCertificateFile, tlsKeyFile } = options;
  return Boolean(tlsPkcs12File) || (Boolean(tlsCertificateFile) && Boolean(tlsKeyFile));
}

/** TLS on, with these files in place of what was named before; whoever has chosen a profile keeps it. */
function withSelfSigned(draft: Draft, files: { readonly certificateFile: string; readonly keyFile: string }): Draft {
  let next = withOption(draft, 'tlsCertificateFile', files.certificateFile);
  next = withOption(next, 'tlsKeyFile', files.keyFile);
  next = withOption(next, 'tlsPkcs12File', undefined);
  return effective(draft.options, 'tls') === 'off' ? withOption(next, 'tls', 'bcp195') : next;
}

/** What the files named in the draft hold; undefined while that is not known. @param again asks anew when it changes */
function useInspection(
  { draft, saved }: DraftState,
  isNamed: boolean,
  again: number,
): Result<TlsInspection> | undefined {
  const [found, setFound] = useState<{ readonly key: string; readonly result: Result<TlsInspection> }>();
  const { tls, tlsCertificateFile, tlsKeyFile, tlsPkcs12File, tlsCaFile } = draft.options;
  const { tlsPassphrase } = draft.secrets;
  const options = JSON.stringify(cleanOptions({ tls, tlsCertificateFile, tlsKeyFile, tlsPkcs12File, tlsCaFile }));
  const key = `${again} ${options} ${String(tlsPassphrase)} ${saved.secrets.includes('tlsPassphrase')}`;
  const { id } = saved;
  useEffect(() => {
    if (!isNamed) return;
    let over = false;
    const timer = setTimeout(async () => {
      const secrets = tlsPassphrase === undefined ? {} : { tlsPassphrase };
      const result = await call('tls-inspect', { id, options: JSON.parse(options), secrets });
      if (!over) setFound({ key, result });
    }, PAUSE);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [key, options, tlsPassphrase, id, isNamed]);
  return isNamed && found?.key === key ? found.result : undefined;
}
