/** The frame: rail, screen, status bar, and what lies above them. */

import { LogScreen } from './features/log/screen.tsx';
import { SettingsScreen } from './features/settings/screen.tsx';
import { StudiesScreen } from './features/studies/screen.tsx';
import { useStore } from './store.ts';

const screens = { receiver: LogScreen, studies: StudiesScreen, log: LogScreen, settings: SettingsScreen };

export function App() {
  const screen = useStore(({ route }) => route.screen);
  const isReady = useStore(({ receiver }) => receiver !== undefined);
  const Screen = screens[screen];
  return isReady ? (
    <main style={{ height: '100%', overflow: 'auto' }}>
      <Screen />
    </main>
  ) : null;
}
