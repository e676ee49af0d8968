/** Words of the studies screen. */

export const studies = {
  title: 'Studies',
} as const;
