/** Words of the receiver screen. */

export const receiver = {
  title: 'Receiver',
} as const;
