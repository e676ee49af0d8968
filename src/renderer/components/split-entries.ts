/** Lists that are typed or pasted. */

/** Splits what was typed or pasted into entries of a list: by commas, semicolons and line ends, and by blanks where asked. */
export function splitEntries(text: string, blanks: boolean): string[] {
  const parts = text.split(blanks ? /[\s,;]+/ : /[,;\n\r\t]+/);
  return [...new Set(parts.map((part) => part.trim().replace(/^["']|["']$/g, '')).filter(Boolean))];
}
