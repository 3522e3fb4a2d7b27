/** The last three lines that a program which failed has said on standard error. */
export function lastWords(error: unknown): string {
  const said = (error as { stderr?: string }).stderr ?? '';
  return said.trim().split('\n').slice(-3).join('\n');
}
