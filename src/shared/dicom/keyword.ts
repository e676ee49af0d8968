/** How keywords follow from names and names from keywords (PS3.6 5), so that the tables need only one of the two. */

const SMALL_WORDS = /\b(A|An|And|At|By|For|From|In|Of|On|Or|The|To|With)\b(?!$)/g;

/** The name most keywords stand for: `NumberOfFrames` → `Number of Frames`. */
export function nameFromKeyword(keyword: string): string {
  const words = keyword.replace(/([a-z])(?=[A-Z])|([A-Z0-9])(?=[A-Z][a-z])/g, '$1$2 ');
  const first = words.slice(0, 1);
  return (first + words.slice(1).replace(SMALL_WORDS, (word) => word.toLowerCase()))
    .replace(/\bDate Time\b/g, 'DateTime')
    .replace(/\bX Ray\b/g, 'X-Ray');
}

/** The keyword most names have: `Patient's Name` → `PatientName`. */
export function keywordFromName(name: string): string {
  return name
    .replace(/'s\b/g, '')
    .replace(/\(s\)/g, 's')
    .replace(/µ/g, 'u')
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('');
}
