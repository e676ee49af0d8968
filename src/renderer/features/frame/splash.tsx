/** Before the first snapshot: connecting, unreachable, or a link that is no longer valid. */

import { KeyRound, LoaderCircle, Unplug } from 'lucide-react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { retryConnection, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import styles from './frame.module.css';

const words = text.common.connection;

export function Splash() {
  const kind = useStore(({ connection }) => connection.kind);
  const isConnecting = kind !== 'lost' && kind !== 'denied';
  return (
    <main className={cx(styles.splash)} aria-busy={isConnecting}>
      <h1 className="unseen">{text.common.product}</h1>
      {kind === 'lost' ? (
        <Empty icon={Unplug} title={words.lost} actions={<Button onPress={retryConnection}>{words.retry}</Button>}>
          {words.neverDetail}
        </Empty>
      ) : kind === 'denied' ? (
        <Empty icon={KeyRound} title={words.denied}>
          {words.deniedDetail}
        </Empty>
      ) : (
        <Empty icon={LoaderCircle} title={words.connecting} />
      )}
    </main>
  );
}
