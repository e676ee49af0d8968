/** What concerns the application as a whole: the lost connection, files that were kept aside. */

import { Banner, ProblemBanner } from '#renderer/components/banner.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { dismissNotice, retryConnection, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import styles from './frame.module.css';

const words = text.common;

export function Notices() {
  const connection = useStore(({ connection: { kind } }) => kind);
  const notices = useStore(({ receiver }) => receiver?.notices);
  const dismissed = useStore((state) => state.dismissed);
  const shown = notices?.filter(({ code }) => !dismissed.includes(code)) ?? [];
  const isLost = connection === 'lost' || connection === 'denied';
  if (!isLost && shown.length === 0) return null;
  return (
    <section aria-label={words.notices.label} className={cx(styles.notices)}>
      {connection === 'lost' && (
        <Banner
          kind="error"
          live
          title={words.connection.lost}
          actions={
            <Button size="small" onPress={retryConnection}>
              {words.connection.retry}
            </Button>
          }
        >
          {words.connection.lostDetail}
        </Banner>
      )}
      {connection === 'denied' && (
        <Banner kind="error" live title={words.connection.denied}>
          {words.connection.deniedDetail}
        </Banner>
      )}
      {shown.map((notice) => (
        <ProblemBanner
          key={notice.code}
          problem={notice}
          kind="warn"
          live
          onDismiss={() => dismissNotice(notice.code)}
        />
      ))}
    </section>
  );
}
