/** The values that a modality administrator needs, to copy and to print. */

import { Printer } from 'lucide-react';
import { Badge } from '#renderer/components/badge.tsx';
import { Banner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { CopyButton } from '#renderer/components/copy-button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Section } from '#renderer/components/page.tsx';
import { PrintSheet } from '#renderer/components/print-sheet.tsx';
import { useReceiver } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { formatDate, formatDateTime } from '#renderer/text/format.ts';
import type { Profile } from '#shared/contract.ts';
import type { RunState } from '#shared/events.ts';
import { optionDefaults } from '#shared/options.ts';
import styles from './address-card.module.css';
import type { Reachable } from './addresses.ts';
import { reachable } from './addresses.ts';

const words = text.receiver.address;

export interface AddressCardProps {
  readonly profile: Profile;
  readonly run: RunState;
}

export function AddressCard({ profile, run }: AddressCardProps) {
  const host = useReceiver((state) => state.host);
  const { options } = profile;
  const aeTitle = run.address?.aeTitle ?? options.callingAeTitle ?? optionDefaults.callingAeTitle;
  const port = String(run.address?.port ?? options.port);
  const place = reachable(host, run.address?.host ?? options.host ?? '');
  const tls = run.address?.tls;
  const everything = [
    `${words.aeTitle}: ${aeTitle}`,
    `${words.port}: ${port}`,
    `${words.hostName}: ${place.hostName}`,
    ...place.addresses.map(({ address }) => `${words.addresses}: ${address}`),
    ...(tls ? [`${words.fingerprint}: ${tls.fingerprint}`] : []),
  ].join('\n');
  return (
    <Section
      title={words.title}
      description={words.hint}
      actions={
        <>
          <CopyButton value={everything} what={words.copyAllWhat} label={words.copyAll} />
          <Button size="small" icon={Printer} onPress={() => window.print()}>
            {words.print}
          </Button>
        </>
      }
    >
      <div className={cx(styles.pair)}>
        <Value label={words.aeTitle} value={aeTitle} isBig />
        <Value label={words.port} value={port} isBig />
      </div>
      <Value label={words.hostName} value={place.hostName} />
      <div className={cx(styles.value)}>
        <span className={cx(styles.label)}>{words.addresses}</span>
        {place.addresses.length === 0 ? (
          <p>{words.none}</p>
        ) : (
          <ul className={cx(styles.addresses)}>
            {place.addresses.map(({ address, note }) => (
              <li key={address}>
                <code>{address}</code>
                <CopyButton value={address} what={address} />
                <span className={cx(styles.note)}>{note}</span>
              </li>
            ))}
          </ul>
        )}
      </div>
      {tls && (
        <div className={cx(styles.value)}>
          <span className={cx(styles.label)}>{words.tls}</span>
          <span className={cx(styles.line)}>
            <Badge kind="ok">{words.tlsOn}</Badge>
            <CopyButton value={tls.fingerprint} what={words.fingerprint} />
          </span>
          <p className={cx(styles.hint)}>{words.tlsHint(formatDate(tls.notAfter))}</p>
        </div>
      )}
      {place.isLocal && <Banner kind="warn">{words.local}</Banner>}
      {run.phase !== 'listening' && <p className={cx(styles.hint)}>{words.notRunning}</p>}
      <Sheet profile={profile} aeTitle={aeTitle} port={port} place={place} tls={tls} />
    </Section>
  );
}

interface ValueProps {
  readonly label: string;
  readonly value: string;
  readonly isBig?: boolean;
}

function Value({ label, value, isBig = false }: ValueProps) {
  return (
    <div className={cx(styles.value)}>
      <span className={cx(styles.label)}>{label}</span>
      <span className={cx(styles.line)}>
        <code className={cx(isBig && styles.big)}>{value}</code>
        <CopyButton value={value} what={label} />
      </span>
    </div>
  );
}

interface SheetProps {
  readonly profile: Profile;
  readonly aeTitle: string;
  readonly port: string;
  readonly place: Reachable;
  readonly tls: NonNullable<RunState['address']>['tls'];
}

function Sheet({ profile: { name, options }, aeTitle, port, place, tls }: SheetProps) {
  const titles = (list: readonly string[] | undefined) => (list?.length ? list.join(', ') : words.sheetAny);
  const rows: readonly (readonly [string, string])[] = [
    [words.aeTitle, aeTitle],
    [words.port, port],
    [words.hostName, place.hostName],
    [words.addresses, place.addresses.map(({ address }) => address).join('\n')],
    [words.sheetProtocol, tls ? words.sheetProtocolTls : words.sheetProtocolValue],
    ...(tls ? [[words.fingerprint, tls.fingerprint] as const] : []),
    [words.sheetCalled, titles(options.acceptedCalledAeTitles)],
    [words.sheetCalling, titles(options.acceptedCallingAeTitles)],
  ];
  return (
    <PrintSheet>
      <h1>{words.sheetTitle}</h1>
      <p>{name}</p>
      <p>{words.sheetIntro}</p>
      <table>
        <tbody>
          {rows.map(([label, value]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>
                {value.split('\n').map((line) => (
                  <div key={line}>{line}</div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{words.sheetPrinted(formatDateTime(Date.now()))}</p>
    </PrintSheet>
  );
}
