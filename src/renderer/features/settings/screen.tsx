/** The settings screen: groups of options of one profile, what holds for the application, and what is not applied yet. */

import { SearchX, Settings2 } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { Badge } from '#renderer/components/badge.tsx';
import { Button } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Empty } from '#renderer/components/empty.tsx';
import { Page, Section } from '#renderer/components/page.tsx';
import { Switch } from '#renderer/components/switch.tsx';
import { SearchField, TextField } from '#renderer/components/text-field.tsx';
import { currentProfile, navigate, openLayer, useReceiver, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Profile } from '#shared/contract.ts';
import { type OptionGroup, optionTexts } from '#shared/options.ts';
import { ApplicationSettings, applicationParts, SelfTest, searchParts } from './application-settings.tsx';
import { ApplyBar } from './apply-bar.tsx';
import { type DraftState, useDraft } from './drafts.ts';
import {
  type FormOption,
  formOptions,
  groupMarks,
  matchesSearch,
  mistakeSentence,
  optionsOfGroup,
  searchTexts,
} from './form-model.ts';
import { KeepingPanel } from './keeping-panel.tsx';
import { OptionField } from './option-field.tsx';
import { ProfileMenu } from './profile-menu.tsx';
import styles from './settings.module.css';
import { TlsPanel } from './tls-panel.tsx';
import { UsedRuleSet } from './used-rule-set.tsx';
import { WebhookPanel } from './webhook-panel.tsx';

const words = text.settings;

/** The groups in the order of the list. */
const GROUPS = [
  'Network',
  'Encryption',
  'Access',
  'Storage',
  'Acceptance',
  'Tags',
  'Studies',
  'Rules',
  'Keeping',
  'S3',
  'Application',
] as const;
type Group = 'Profile' | 'Rules' | 'Keeping' | OptionGroup;

/** What the address asks for: a group or an option. */
function placeOf(detail: string | undefined): { readonly group: Group; readonly option?: FormOption } {
  const option = formOptions().find((name) => name === detail?.split('.')[0]);
  if (option) return { group: optionTexts[option].group, option };
  const group = GROUPS.find((name) => name === detail);
  return { group: detail === 'Profile' || detail === 'name' ? 'Profile' : (group ?? 'Network') };
}

export function SettingsScreen() {
  const profile = useStore((state) => currentProfile(state)?.profile);
  const [query, setQuery] = useState('');
  const search = (
    <SearchField label={words.search} value={query} onChange={setQuery} className={cx(styles.search)} isMain />
  );
  return (
    <Page
      title={words.title}
      actions={
        <div className={cx(styles.tools)}>
          {search}
          <ProfileMenu profile={profile} />
        </div>
      }
    >
      {profile ? (
        <ProfileSettings key={profile.id} profile={profile} query={query.trim()} />
      ) : (
        <>
          <Section title={words.profile.group}>
            <Empty
              icon={Settings2}
              title={words.noProfile}
              actions={<Button onPress={() => openLayer('first-run')}>{words.setUp}</Button>}
            >
              {words.noProfileHelp}
            </Empty>
          </Section>
          <ApplicationSettings query={query.trim()} />
        </>
      )}
    </Page>
  );
}

function ProfileSettings({ profile, query }: { readonly profile: Profile; readonly query: string }) {
  const state = useDraft(profile);
  const detail = useStore(({ route }) => route.detail);
  const { group, option } = placeOf(detail);
  return (
    <div className={cx(styles.layout)}>
      <GroupList state={state} current={query === '' ? group : undefined} />
      <div className={cx(styles.content)}>
        {query === '' ? (
          <GroupContent group={group} state={state} sought={option} />
        ) : (
          <Found query={query} state={state} />
        )}
        <ApplyBar state={state} onShow={(field) => navigate('settings', field)} />
      </div>
    </div>
  );
}

function GroupList({ state, current }: { readonly state: DraftState; readonly current: Group | undefined }) {
  const marks = groupMarks(state.mistakes, state.changes);
  const own = {
    mistakes: state.mistakes.get('name')?.length ?? 0,
    changes: state.changes.filter(({ group }) => group === undefined).length,
  };
  return (
    <nav aria-label={words.groups} className={cx(styles.nav)}>
      <GroupItem group="Profile" marks={own} isCurrent={current === 'Profile'} />
      {GROUPS.map((group) => (
        <GroupItem
          key={group}
          group={group}
          marks={group === 'Rules' || group === 'Keeping' ? undefined : marks.get(group)}
          isCurrent={current === group}
        />
      ))}
    </nav>
  );
}

interface GroupItemProps {
  readonly group: Group;
  readonly marks: { readonly mistakes: number; readonly changes: number } | undefined;
  readonly isCurrent: boolean;
}

function GroupItem({ group, marks, isCurrent }: GroupItemProps) {
  return (
    <AriaButton
      className={cx(styles.navItem)}
      onPress={() => navigate('settings', group)}
      {...(isCurrent && { 'aria-current': 'page' })}
    >
      {group}
      {marks !== undefined && marks.mistakes > 0 ? (
        <Badge kind="error">
          <span className="unseen">{words.mistakes(marks.mistakes)}</span>
          <span aria-hidden>{marks.mistakes}</span>
        </Badge>
      ) : (
        marks !== undefined &&
        marks.changes > 0 && (
          <Badge kind="active">
            <span className="unseen">{words.changes(marks.changes)}</span>
            <span aria-hidden>{marks.changes}</span>
          </Badge>
        )
      )}
    </AriaButton>
  );
}

interface GroupContentProps {
  readonly group: Group;
  readonly state: DraftState;
  readonly sought: FormOption | undefined;
}

function GroupContent({ group, state, sought }: GroupContentProps) {
  if (group === 'Profile') return <OwnFields state={state} />;
  if (group === 'Rules') return <UsedRuleSet profile={state.saved} />;
  if (group === 'Keeping') return <KeepingPanel key={state.saved.id} profile={state.saved} />;
  const fields = <OptionFields names={optionsOfGroup(group)} state={state} sought={sought} />;
  if (group !== 'Application') {
    return (
      <>
        {group === 'Encryption' && <TlsPanel state={state} />}
        <Section title={group} description={words.groupHelp[group]}>
          {fields}
        </Section>
        {group === 'Studies' && <WebhookPanel key={state.saved.id} profile={state.saved} />}
      </>
    );
  }
  return (
    <>
      <Section title={words.app.profilePart} description={words.groupHelp[group]}>
        {fields}
      </Section>
      <SelfTest profileId={state.saved.id} />
      <ApplicationSettings query="" />
    </>
  );
}

interface OptionFieldsProps {
  readonly names: readonly FormOption[];
  readonly state: DraftState;
  readonly sought?: FormOption | undefined;
}

function OptionFields({ names, state, sought }: OptionFieldsProps) {
  return (
    <div className={cx(styles.fields)}>
      {names.map((name) => (
        <OptionField key={name} name={name} state={state} isSought={name === sought} />
      ))}
    </div>
  );
}

/** What is the profile's own: its name, and whether it starts by itself. */
function OwnFields({ state }: { readonly state: DraftState }) {
  const { draft, mistakes, changes, change } = state;
  const mark = (path: string) =>
    changes.some((entry) => entry.path === path) && <Badge kind="active">{words.changed}</Badge>;
  const wrong = mistakes.get('name')?.[0];
  return (
    <Section title={words.profile.group} description={words.profile.groupHelp}>
      <div className={cx(styles.fields)}>
        <div className={cx(styles.option)}>
          <TextField
            label={words.profile.name}
            help={words.profile.nameHelp}
            value={draft.name}
            onChange={(name) => change({ ...draft, name })}
            error={wrong && mistakeSentence(words.profile.name, wrong.message)}
            mark={mark('name')}
            isRequired
          />
        </div>
        <div className={cx(styles.option)}>
          <Switch
            label={words.profile.autoStart}
            help={words.profile.autoStartHelp}
            value={draft.autoStart}
            onChange={(autoStart) => change({ ...draft, autoStart })}
            mark={mark('autoStart')}
          />
        </div>
      </div>
    </Section>
  );
}

/** Everything that a search finds, by group. */
function Found({ query, state }: { readonly query: string; readonly state: DraftState }) {
  const host = useReceiver((receiver) => receiver.host);
  const names = formOptions().filter((name) => matchesSearch(query, searchTexts(name)));
  const others = searchParts(applicationParts(host), query).flatMap(({ rows }) => rows);
  const { group, name, nameHelp, autoStart, autoStartHelp } = words.profile;
  const isOwn = matchesSearch(query, [group, name, nameHelp, autoStart, autoStartHelp]);
  const { title, description, identifiers } = text.monitoring.webhook;
  const { retention, verification } = text.guards;
  const isKeeping = matchesSearch(query, [
    ...[text.guards.group, 'retention', retention.title, retention.on, retention.description],
    ...[verification.title, verification.every, verification.description],
  ]);
  const isWebhook = matchesSearch(query, ['webhook', title, description, identifiers]);
  const count = names.length + others.length + (isOwn ? 2 : 0) + (isWebhook ? 1 : 0) + (isKeeping ? 1 : 0);
  return (
    <>
      <p role="status" className={cx(styles.muted)}>
        {words.found(count)}
      </p>
      {count === 0 && (
        <Empty icon={SearchX} title={words.noMatch(query)}>
          {words.noMatchHelp}
        </Empty>
      )}
      {isOwn && <OwnFields state={state} />}
      {GROUPS.map((group) => {
        const found = names.filter((name) => optionTexts[name].group === group);
        return (
          found.length > 0 && (
            <Section key={group} title={group}>
              <OptionFields names={found} state={state} />
            </Section>
          )
        );
      })}
      {isKeeping && <KeepingPanel key={`${state.saved.id} keeping`} profile={state.saved} />}
      {isWebhook && <WebhookPanel key={state.saved.id} profile={state.saved} />}
      <ApplicationSettings query={query} />
    </>
  );
}
