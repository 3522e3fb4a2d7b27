/** Results, for people or programs. */
export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** A result for a program. */
export function printJson(value: unknown): void {
  print(JSON.stringify(value, null, 2));
}

/** What is going on, for whoever watches. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
