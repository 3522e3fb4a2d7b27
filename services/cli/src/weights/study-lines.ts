/** The lines that bring weights of the library into a study file. */
export function studyLines(name: string, { mustAccept }: { mustAccept: boolean }): string {
  return [
    'sources:',
    `  ${name}:`,
    `    registered: ${name}`,
    ...(mustAccept
      ? ['    acceptDifferences: true # another network than ours; see `palimpsest weights inspect`']
      : []),
  ].join('\n');
}
