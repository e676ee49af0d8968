/** Every string of the shell that a person reads: tray, menus, dialogs, notifications. The page has its own. */

import type { Condition } from '#shared/state.ts';

const plural = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const conditions: Readonly<Record<Condition, string>> = {
  stopped: 'Stopped',
  starting: 'Starting',
  listening: 'Listening',
  receiving: 'Receiving',
  degraded: 'Degraded',
  error: 'Error',
};

export const text = {
  name: 'Studyport',
  condition: (condition: Condition): string => conditions[condition],

  tray: {
    tooltip: (condition: Condition): string => `Studyport: ${conditions[condition]}`,
    profile: (name: string, condition: Condition): string => `${name}: ${conditions[condition]}`,
    noProfiles: 'No receiver is set up',
    open: 'Open Studyport',
    start: 'Start',
    stop: 'Stop',
    quit: 'Quit Studyport',
  },

  menu: {
    file: 'File',
    edit: 'Edit',
    view: 'View',
    window: 'Window',
    help: 'Help',
    settings: 'Settings…',
    close: 'Close Window',
    quit: 'Quit Studyport',
    find: 'Find',
    commands: 'Commands…',
    screens: ['Receiver', 'Studies', 'Rules', 'Log', 'Settings'],
    shortcuts: 'Keyboard Shortcuts',
    about: 'About Studyport',
    developerTools: 'Developer Tools',
  },

  quit: {
    message: (associations: number): string =>
      associations === 1
        ? 'A sender is still connected.'
        : `${plural(associations, 'sender is', 'senders are')} still connected.`,
    detail:
      'If Studyport quits now, transfers that are under way are cut off and have to be sent again. ' +
      'What was already confirmed to the sender is stored.',
    unsaved: 'Something is not saved yet.',
    unsavedDetail:
      'Settings or rules were changed in the window and not saved. If Studyport quits now, the changes are lost.',
    unsavedToo: 'Changes of settings or rules that are not saved are lost as well.',
    stay: 'Keep Receiving',
    back: 'Back to Studyport',
    quit: 'Quit Anyway',
  },

  hidden: {
    message: 'Studyport keeps receiving.',
    detail:
      'Its window is closed, the receiver runs on. To see it again, choose the Studyport icon beside the clock, or ' +
      'start Studyport once more. This can be changed under Settings, Application.',
    stay: 'Keep Receiving',
    quit: 'Quit Studyport',
  },

  notification: {
    complete: (studies: number): string => (studies === 1 ? 'Study complete' : `${studies} studies complete`),
    completeBody: (images: number): string => `${plural(images, 'image', 'images')} received.`,
    refused: (callers: number): string => (callers === 1 ? 'A caller was refused' : `${callers} callers were refused`),
    refusedBody: (titles: readonly string[]): string =>
      `${titles.join(', ')}. Open Studyport to see why, and what to change.`,
    unnamedCaller: 'A caller without a title',
    disk: 'Storage needs attention',
    more: (count: number): string => `and ${count} more`,
  },

  failed: {
    title: 'Studyport cannot start',
    detail: (message: string): string =>
      `${message}\n\nCheck that its folder can be written to and that the disk is not full, then start Studyport again.`,
  },

  loginItem: {
    title: 'Studyport cannot be started at login',
    detail: (message: string): string =>
      `${message}\n\nGive yourself the right to write to the folder of autostart files, then choose it again in Settings.`,
  },

  secrets: {
    keychain: 'Secrets are kept in the keychain of this computer.',
    noKeychain:
      'This desktop offers no keychain, so secrets cannot be kept safely. Install and unlock GNOME Keyring or KWallet, ' +
      'sign in again and restart Studyport.',
    unreadable:
      'The stored secrets cannot be read. They were probably written by another user or on another computer: enter ' +
      'them again.',
  },

  pickFolder: 'Choose a folder',
} as const;
