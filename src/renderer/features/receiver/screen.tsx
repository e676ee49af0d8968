/** The receiver screen: is it listening, on which address, has anyone tried, and why was it refused. */

import { RadioTower } from 'lucide-react';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Page, Section } from '#renderer/components/page.tsx';
import { currentProfile, openLayer, useReceiver, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { AddressCard } from './address-card.tsx';
import { Associations } from './associations.tsx';
import { Commitments } from './commitments.tsx';
import { DamagedFiles } from './damaged-files.tsx';
import { Demo } from './demo.tsx';
import { FileFeed } from './file-feed.tsx';
import { ProfileStrip } from './profile-strip.tsx';
import { Refusals } from './refusals.tsx';
import styles from './screen.module.css';
import { StateCard } from './state-card.tsx';
import { Throughput } from './throughput.tsx';
import { Uploads } from './uploads.tsx';
import { Waiting } from './waiting.tsx';

const words = text.receiver;

export function ReceiverScreen() {
  const current = useStore(currentProfile);
  const several = useReceiver(({ profiles }) => profiles.length > 1);
  if (!current) {
    return (
      <Page title={words.title}>
        <Section title={words.none.title}>
          <Empty
            icon={RadioTower}
            title={words.none.title}
            actions={
              <Button variant="primary" onPress={() => openLayer('first-run')}>
                {words.none.setUp}
              </Button>
            }
          >
            {words.none.hint}
          </Empty>
        </Section>
      </Page>
    );
  }
  const { id } = current.profile;
  const { totals, associations, ended } = current;
  // Three empty lists teach less than what to do next.
  const isFresh = totals.files === 0 && associations.length === 0 && ended.length === 0;
  return (
    <Page title={words.title}>
      {several && <ProfileStrip selected={id} />}
      <div className={cx(styles.grid)}>
        <div className={cx(styles.top)}>
          <StateCard key={id} state={current} />
        </div>
        <div className={cx(styles.side)}>
          <AddressCard profile={current.profile} run={current.run} />
          <Demo key={id} state={current} />
        </div>
        <div className={cx(styles.main)}>
          {current.uploads && <Uploads profileId={id} run={current.run} uploads={current.uploads} />}
          {current.verification && <DamagedFiles key={id} profileId={id} verification={current.verification} />}
          {current.refusals.length > 0 && <Refusals profile={current.profile} refusals={current.refusals} />}
          {current.commitments.length > 0 && <Commitments commitments={current.commitments} />}
          {isFresh ? (
            <Waiting
              isRunning={current.run.phase === 'listening'}
              port={String(current.run.address?.port ?? current.profile.options.port)}
            />
          ) : (
            <>
              <Associations key={id} profileId={id} open={current.associations} ended={current.ended} />
              <Throughput samples={current.samples} isRunning={current.run.phase === 'listening'} />
            </>
          )}
        </div>
        {!isFresh && (
          <div className={cx(styles.feed)}>
            <FileFeed key={id} profileId={id} total={current.totals.files} />
          </div>
        )}
      </div>
    </Page>
  );
}
