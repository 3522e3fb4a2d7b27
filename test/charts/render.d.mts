export declare const cases: string[];
export declare function renderedPath(name: string): string;
export declare function render(
  name: string,
  options?: { helm?: string; args?: string[]; version?: string },
): string;
