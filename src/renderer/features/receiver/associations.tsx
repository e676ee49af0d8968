/** Open associations, live, each with its contexts and a way to cut it; below, the latest that ended. */

import { Cable, CircleX, ScrollText } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Kind } from '#renderer/components/badge.tsx';
import { Badge } from '#renderer/components/badge.tsx';
import { Button, IconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { ConfirmDialog, Dialog } from '#renderer/components/dialog.tsx';
import { Empty } from '#renderer/components/empty.tsx';
import { Section } from '#renderer/components/page.tsx';
import { Uid } from '#renderer/components/uid.tsx';
import { useNow } from '#renderer/components/use-now.ts';
import { ask, navigate, showToast } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatAgo, formatBytes, formatDuration, formatPlural, formatRate } from '#renderer/text/format.ts';
import { sopClassName, transferSyntaxName } from '#shared/dicom/uids.ts';
import type { AssociationState } from '#shared/events.ts';
import styles from './associations.module.css';
import type { Readings } from './rates.ts';
import { rateOf, readOff } from './rates.ts';

const words = text.receiver.associations;

const outcomeKinds: Readonly<Record<AssociationState['outcome'], Kind>> = {
  open: 'active',
  released: 'ok',
  aborted: 'warn',
  rejected: 'error',
};

export interface AssociationsProps {
  readonly profileId: string;
  readonly open: readonly AssociationState[];
  readonly ended: readonly AssociationState[];
}

export function Associations({ profileId, open, ended }: AssociationsProps) {
  const now = useNow();
  const readings = useRates(open, now);
  const [aborting, setAborting] = useState<AssociationState>();
  const [explained, setExplained] = useState<AssociationState>();
  const abort = async ({ associationId, callingAeTitle }: AssociationState) => {
    setAborting(undefined);
    const done = await ask('association-abort', { id: profileId, associationId });
    if (done !== undefined) showToast({ kind: 'info', message: words.aborted(callingAeTitle) });
  };
  const latest = ended.slice(0, 3);
  return (
    <Section title={words.title} actions={open.length > 0 && <Badge kind="active">{words.open(open.length)}</Badge>}>
      {open.length === 0 && latest.length === 0 && (
        <Empty icon={Cable} title={words.empty}>
          {words.emptyHint}
        </Empty>
      )}
      <ul className={cx(styles.list)}>
        {open.map((association) => (
          <li key={association.associationId} className={cx(styles.row)}>
            <Titles association={association} />
            <Contexts association={association} onShow={() => setExplained(association)} />
            <Amount association={association} />
            <span className={cx(styles.rate)}>{formatRate(rateOf(readings, association.associationId) ?? 0)}</span>
            <span className={cx(styles.time)}>
              <span className="unseen">{words.elapsed}: </span>
              {formatDuration(now - association.opened)}
            </span>
            <IconButton
              icon={CircleX}
              variant="danger"
              label={words.abortNamed(association.callingAeTitle)}
              onPress={() => setAborting(association)}
            />
          </li>
        ))}
      </ul>
      {latest.length > 0 && (
        <>
          <h3 className={cx(styles.recent)}>{words.recent}</h3>
          <ul className={cx(styles.list)}>
            {latest.map((association) => (
              <li key={association.associationId} className={cx(styles.row, styles.past)}>
                <Titles association={association} />
                <span>
                  <Badge kind={outcomeKinds[association.outcome]}>{words.outcome[association.outcome]}</Badge>
                </span>
                <Amount association={association} />
                <span className={cx(styles.rate)} />
                <span className={cx(styles.time)}>{formatAgo(association.ended ?? association.opened, now)}</span>
                <IconButton
                  icon={ScrollText}
                  label={words.timeline}
                  onPress={() => navigate('log', association.associationId)}
                />
              </li>
            ))}
          </ul>
        </>
      )}
      <ConfirmDialog
        title={words.abortTitle(aborting?.callingAeTitle ?? '')}
        isOpen={aborting !== undefined}
        onClose={() => setAborting(undefined)}
        action={words.abort}
        isDanger
        onConfirm={() => aborting && void abort(aborting)}
      >
        <p>{words.abortQuestion}</p>
      </ConfirmDialog>
      {explained && <ContextsDialog association={explained} onClose={() => setExplained(undefined)} />}
    </Section>
  );
}

/** What has been received so far, once a second: never while drawing, which may happen at any time. */
function useRates(open: readonly AssociationState[], now: number): Readings {
  const latest = useRef(open);
  latest.current = open;
  const [readings, setReadings] = useState<Readings>(new Map());
  useEffect(() => {
    setReadings((old) => (old.size === 0 && latest.current.length === 0 ? old : readOff(old, latest.current, now)));
  }, [now]);
  return readings;
}

function Titles({ association }: { readonly association: AssociationState }) {
  const { callingAeTitle, calledAeTitle, remoteAddress, tls, user } = association;
  return (
    <span className={cx(styles.titles)}>
      <span>
        <code>{callingAeTitle || text.receiver.contact.unnamed}</code>
        <span aria-hidden> → </span>
        <code>{calledAeTitle}</code>
      </span>
      <span className={cx(styles.from)}>
        {words.from(remoteAddress)}
        {user !== undefined && ` · ${words.user(user)}`}
        {tls && (
          <>
            {' · '}
            <span title={words.tlsWords(tls.protocol, tls.cipher, tls.peerCertificate)}>{words.tls}</span>
          </>
        )}
      </span>
    </span>
  );
}

function Contexts({ association: { contexts }, onShow }: { association: AssociationState; onShow: () => void }) {
  const refused = contexts.filter(({ result }) => result !== 0).length;
  return (
    <span>
      <Button
        size="small"
        variant="quiet"
        onPress={onShow}
        className={cx(styles.contextsButton, refused > 0 && styles.someRefused)}
      >
        {words.contexts(contexts.length - refused, refused)}
      </Button>
    </span>
  );
}

function Amount({ association: { files, bytes } }: { readonly association: AssociationState }) {
  return (
    <span className={cx(styles.amount)}>
      {formatPlural(files, 'file')} · {formatBytes(bytes)}
    </span>
  );
}

function ContextsDialog({ association, onClose }: { association: AssociationState; onClose: () => void }) {
  return (
    <Dialog title={words.contextsTitle(association.callingAeTitle)} isOpen onClose={onClose} size="wide">
      <p>{words.contextsHint}</p>
      <ul className={cx(styles.contexts)}>
        {association.contexts.map(({ id, abstractSyntax, transferSyntax, result }) => (
          <li key={id}>
            <div className={cx(styles.contextWords)}>
              <strong>{sopClassName(abstractSyntax) ?? text.receiver.files.unknownClass}</strong>
              <Uid uid={abstractSyntax} most={44} />
              {result === 0 && <span>{transferSyntaxName(transferSyntax) ?? transferSyntax}</span>}
            </div>
            <Badge kind={result === 0 ? 'ok' : 'warn'}>{words.contextResult[result] ?? words.contextResult[2]}</Badge>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
