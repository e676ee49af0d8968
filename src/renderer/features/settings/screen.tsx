/** The settings screen. */

import { Page } from '#renderer/components/page.tsx';
import { text } from '#renderer/text/en.ts';

export function SettingsScreen() {
  return <Page title={text.settings.title}>{null}</Page>;
}
