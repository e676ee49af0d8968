/** Everything by name: screens, profiles, views and settings (Ctrl+K). */

import { Search } from 'lucide-react';
import {
  Autocomplete,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  TextField,
  useFilter,
} from 'react-aria-components';
import { RULES_TABS, SCREENS } from '#renderer/api/routes.ts';
import { cx } from '#renderer/components/cx.ts';
import { ask, navigate, openLayer, saveSettings, showToast, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import { optionNames, optionTexts } from '#shared/options.ts';
import type { ReceiverState } from '#shared/state.ts';
import styles from './frame.module.css';
import { shortcut, toggleBlur } from './shortcuts.tsx';

const words = text.common.palette;
const view = text.common.view;

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly keys?: string;
  readonly run: () => void;
}

interface EntryGroup {
  readonly title: string;
  readonly entries: readonly Entry[];
}

export function Palette() {
  const isOpen = useStore(({ layer }) => layer === 'palette');
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => !open && openLayer(undefined)}
      isDismissable
      className={cx(styles.paletteOverlay)}
    >
      <Modal className={cx(styles.palette)}>
        <Dialog aria-label={words.title} className={cx(styles.paletteDialog)}>
          <PaletteContent />
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function PaletteContent() {
  const { contains } = useFilter({ sensitivity: 'base' });
  const groups = entryGroups(useStore.getState().receiver!);
  // "stu port": every word somewhere.
  const filter = (label: string, typed: string) =>
    typed
      .split(/\s+/)
      .filter(Boolean)
      .every((word) => contains(label, word));
  const run = (entry: Entry) => {
    openLayer(undefined);
    entry.run();
  };
  return (
    <Autocomplete filter={filter}>
      <TextField aria-label={words.placeholder} autoFocus className={cx(styles.paletteField)}>
        <Search aria-hidden size={18} />
        <Input placeholder={words.placeholder} spellCheck="false" autoComplete="off" />
      </TextField>
      <Menu
        aria-label={words.title}
        className={cx(styles.paletteList)}
        renderEmptyState={() => <div className={cx(styles.paletteNone)}>{text.common.noMatch}</div>}
      >
        {groups.map((group) => (
          <MenuSection key={group.title} aria-label={group.title}>
            <Header className={cx(styles.paletteHeader)}>{group.title}</Header>
            {group.entries.map((entry) => (
              <MenuItem
                key={entry.id}
                id={entry.id}
                textValue={entry.label}
                onAction={() => run(entry)}
                className={cx(styles.paletteItem)}
              >
                <span>{entry.label}</span>
                {entry.keys !== undefined && <kbd className={cx(styles.key)}>{entry.keys}</kbd>}
              </MenuItem>
            ))}
          </MenuSection>
        ))}
      </Menu>
      <p className={cx(styles.paletteHint)}>{words.hint}</p>
    </Autocomplete>
  );
}

function entryGroups({ profiles, host, settings }: ReceiverState): readonly EntryGroup[] {
  return [
    {
      title: words.sections.screens,
      entries: SCREENS.map<Entry>((screen, index) => ({
        id: `screen-${screen}`,
        label: words.go(text.common.screens[screen]),
        keys: shortcut(String(index + 1)),
        run: () => navigate(screen),
      })).concat(
        RULES_TABS.map((tab) => ({
          id: `rules-${tab}`,
          label: words.goPart(text.common.screens.rules, text.rules.tabs[tab]),
          run: () => navigate('rules', tab),
        })),
      ),
    },
    {
      title: words.sections.receiver,
      entries: [
        ...profiles.flatMap(({ profile: { id, name }, run }): Entry[] => [
          run.phase === 'stopped' || run.phase === 'failed'
            ? { id: `start-${id}`, label: words.start(name), run: () => void ask('receiver-start', { id }) }
            : { id: `stop-${id}`, label: words.stop(name), run: () => void ask('receiver-stop', { id }) },
          ...(run.phase === 'listening'
            ? [{ id: `test-${id}`, label: words.sendTest(name), run: () => void sendTestImages(id) }]
            : []),
          ...(host.canReveal
            ? [{ id: `open-${id}`, label: words.openFolder(name), run: () => void ask('folder-open', { id }) }]
            : []),
        ]),
        { id: 'remove-test', label: words.removeTest, run: () => void removeTestImages() },
        { id: 'first-run', label: words.firstRun, run: () => openLayer('first-run') },
      ],
    },
    {
      title: words.sections.view,
      entries: [
        { id: 'blur', label: settings.privacyBlur ? view.blurOff : view.blurOn, keys: 'F9', run: toggleBlur },
        ...(['system', 'light', 'dark'] as const).map((theme) => ({
          id: `theme-${theme}`,
          label: view.themeTo[theme],
          run: () => void saveSettings({ theme }),
        })),
        ...(['comfortable', 'compact'] as const).map((density) => ({
          id: `density-${density}`,
          label: view.densityTo[density],
          run: () => void saveSettings({ density }),
        })),
        { id: 'shortcuts', label: text.common.shortcuts.open, keys: '?', run: () => openLayer('shortcuts') },
      ],
    },
    {
      title: words.sections.settings,
      entries: optionNames()
        .filter((name) => name !== 'logger')
        .map((name) => ({
          id: `option-${name}`,
          label: words.setting(optionTexts[name].label, optionTexts[name].group),
          run: () => navigate('settings', name),
        })),
    },
  ];
}

async function sendTestImages(id: string): Promise<void> {
  navigate('receiver');
  const result = await ask('test-images-send', { id });
  if (result) showToast({ kind: 'ok', message: text.receiver.demo.sent(result.sent) });
}

async function removeTestImages(): Promise<void> {
  const result = await ask('test-images-remove', undefined);
  if (result) showToast({ kind: 'ok', message: text.receiver.demo.removed(result.removed) });
}
