/** Words of the log screen. */

export const log = {
  title: 'Log',
} as const;
