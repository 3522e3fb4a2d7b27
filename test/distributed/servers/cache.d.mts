export declare function fetched(
  cache: string,
  name: string,
  fill: (folder: string) => Promise<void>,
): Promise<string>;
