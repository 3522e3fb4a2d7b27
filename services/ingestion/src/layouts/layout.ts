/** One image as a layout found it, before labels are merged. */
export interface FoundImage {
  /** Relative to the root, with forward slashes. */
  path: string;
  /** null when the dataset gives none. */
  label: string | null;
  /** null when the dataset gives none. */
  patient: string | null;
}

/** What a layout found on disk, without having opened a single image. */
export interface FoundDataset {
  /** The folder that the paths are relative to. */
  root: string;
  /** In the dataset's own order: as listed in a CSV of the user, else by path, in code units. */
  images: FoundImage[];
  /** Every label that this dataset can give, found or not. */
  labels: readonly string[];
  /** For the audit: what lay there and was not read. */
  warnings: string[];
}

/**
 * Reads one layout.
 *
 * @param path as the user gave it
 * @throws PlatformError `not-found` when nothing is there, `denied` when it may not be read, `invalid` when it is
 *   not what the layout says
 */
export type ReadLayout = (path: string) => Promise<FoundDataset>;
