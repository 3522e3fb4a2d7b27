export declare const kubernetesVersions: string[];
export declare function schemasFolder(): string | undefined;
export declare function schemaLocations(folder: string): string[];
