/** Puts the screens into the frame. */

import { FirstRun } from './features/first-run/first-run.tsx';
import { Frame, Manners, Voices } from './features/frame/frame.tsx';
import { Splash } from './features/frame/splash.tsx';
import { LogScreen } from './features/log/screen.tsx';
import { ReceiverScreen } from './features/receiver/screen.tsx';
import { RulesScreen } from './features/rules/screen.tsx';
import { SettingsScreen } from './features/settings/screen.tsx';
import { StudiesScreen } from './features/studies/screen.tsx';
import { useStore } from './store.ts';

const screens = {
  receiver: ReceiverScreen,
  studies: StudiesScreen,
  rules: RulesScreen,
  log: LogScreen,
  settings: SettingsScreen,
};

export function App() {
  const screen = useStore(({ route }) => route.screen);
  const isReady = useStore(({ receiver }) => receiver !== undefined);
  const isFirstRun = useStore(
    ({ layer, receiver, isFirstRunSkipped }) =>
      layer === 'first-run' || (receiver !== undefined && !receiver.settings.firstRunDone && !isFirstRunSkipped),
  );
  const Screen = screens[screen];
  return (
    <>
      {!isReady ? (
        <Splash />
      ) : isFirstRun ? (
        <FirstRun />
      ) : (
        <Frame>
          <Screen />
        </Frame>
      )}
      {isReady && <Manners />}
      <Voices />
    </>
  );
}
