/** The rail at the left: the screens, and view and help below. */

import type { LucideIcon } from 'lucide-react';
import {
  Command,
  Eye,
  EyeOff,
  Images,
  Moon,
  RadioTower,
  Rows3,
  Rows4,
  ScrollText,
  Settings2,
  ShieldCheck,
  Sun,
  SunMoon,
} from 'lucide-react';
import { Link } from 'react-aria-components';
import type { Screen } from '#renderer/api/routes.ts';
import { formatRoute, SCREENS } from '#renderer/api/routes.ts';
import { IconButton, ToggleIconButton } from '#renderer/components/button.tsx';
import { cx } from '#renderer/components/cx.ts';
import { Menu } from '#renderer/components/menu.tsx';
import { WithTooltip } from '#renderer/components/tooltip.tsx';
import { openLayer, saveSettings, useReceiver, useStore } from '#renderer/store.ts';
import { text } from '#renderer/text/en.ts';
import type { Settings } from '#shared/contract.ts';
import styles from './frame.module.css';
import { shortcut, toggleBlur } from './shortcuts.tsx';

const icons: Readonly<Record<Screen, LucideIcon>> = {
  receiver: RadioTower,
  studies: Images,
  rules: ShieldCheck,
  log: ScrollText,
  settings: Settings2,
};
const words = text.common;

const themeIcons: Readonly<Record<Settings['theme'], LucideIcon>> = { system: SunMoon, light: Sun, dark: Moon };
const themes = ['system', 'light', 'dark'] as const;
const densities = ['comfortable', 'compact'] as const;

export function Rail() {
  const current = useStore(({ route }) => route.screen);
  const settings = useReceiver((state) => state.settings);
  return (
    <header className={cx(styles.rail)}>
      <div className={cx(styles.brand)}>
        <Logo />
        <span className={cx(styles.product)}>{words.product}</span>
      </div>
      <nav aria-label={words.navigation}>
        <ul className={cx(styles.screens)}>
          {SCREENS.map((screen, index) => (
            <RailLink key={screen} screen={screen} isCurrent={screen === current} position={index + 1} />
          ))}
        </ul>
      </nav>
      <div className={cx(styles.tools)}>
        <ToggleIconButton
          label={settings.privacyBlur ? words.view.blurOff : words.view.blurOn}
          icon={settings.privacyBlur ? EyeOff : Eye}
          isSelected={settings.privacyBlur}
          onChange={toggleBlur}
          shortcut="F9"
        />
        <Menu
          label={words.view.more}
          placement="right bottom"
          entries={[
            ...themes.map((theme) => ({
              id: theme,
              label: words.view.themeTo[theme],
              icon: themeIcons[theme],
              isChosen: settings.theme === theme,
              onChoose: () => void saveSettings({ theme }),
            })),
            { id: 'separator-1', separator: true as const },
            ...densities.map((density) => ({
              id: density,
              label: words.view.densityTo[density],
              icon: density === 'compact' ? Rows4 : Rows3,
              isChosen: settings.density === density,
              onChoose: () => void saveSettings({ density }),
            })),
            { id: 'separator-2', separator: true as const },
            {
              id: 'shortcuts',
              label: words.shortcuts.open,
              shortcut: '?',
              onChoose: () => openLayer('shortcuts'),
            },
          ]}
        >
          <IconButton label={words.view.more} icon={themeIcons[settings.theme]} />
        </Menu>
        <IconButton
          label={words.palette.open}
          icon={Command}
          shortcut={shortcut('K')}
          onPress={() => openLayer('palette')}
        />
      </div>
    </header>
  );
}

interface RailLinkProps {
  readonly screen: Screen;
  readonly isCurrent: boolean;
  readonly position: number;
}

function RailLink({ screen, isCurrent, position }: RailLinkProps) {
  const Icon = icons[screen];
  const name = words.screens[screen];
  return (
    <li>
      <WithTooltip words={name} shortcut={shortcut(String(position))} placement="right">
        <Link
          href={formatRoute({ screen })}
          className={cx(styles.link, isCurrent && styles.current)}
          {...(isCurrent && { 'aria-current': 'page' })}
        >
          <Icon aria-hidden size={18} strokeWidth={isCurrent ? 2.2 : 1.9} />
          <span className={cx(styles.linkName)}>{name}</span>
        </Link>
      </WithTooltip>
    </li>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" className={cx(styles.logo)}>
      <title>{words.product}</title>
      <rect width="32" height="32" rx="8" className={cx(styles.logoGround)} />
      <path d="M7 18v4a3 3 0 0 0 3 3h12a3 3 0 0 0 3-3v-4" className={cx(styles.logoQuay)} />
      <path d="M16 6v12m-5-5 5 5 5-5" className={cx(styles.logoArrow)} />
    </svg>
  );
}
