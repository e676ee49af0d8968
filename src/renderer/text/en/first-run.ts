/** Words of the first run. */

export const firstRun = {
  title: 'Set up',
} as const;
