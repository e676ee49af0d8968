/** Names of files that are handed to the user. Pure. */

/** The name of a rule set or a key as the name of a file. */
export function fileName(name: string, ending: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${plain || 'rules'}${ending}`;
}

/** `Site codes.csv` becomes `Site-codes`. */
export function tableName(file: string): string {
  return file
    .replace(/\.[^.]*$/, '')
    .replace(/[^\w-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60);
}
