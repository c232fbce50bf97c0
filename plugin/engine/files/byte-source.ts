/** A file of known size of which parts can be read: at a URL, given by the page, or on a disk. */
export interface ByteSource {
  /** For messages. */
  readonly where: string;
  readonly sizeBytes: number;
  /**
   * Bytes `begin` to `end`, both within the file.
   *
   * @param onBytes told how many of them have come, as they come
   * @throws VitreousError `weights-http`, `weights-network`, `weights-truncated`; the signal's reason.
   */
  read(begin: number, end: number, options?: ReadOptions): Promise<Uint8Array>;
}

export interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: ((loadedBytes: number) => void) | undefined;
}

/** A folder of a model's files as Hugging Face publishes them: config.json, model.safetensors and others. */
export interface ModelFolder {
  /** For messages. */
  readonly where: string;
  /** A small text file, or undefined where there is none of that name. @throws as {@link ByteSource.read}. */
  text(name: string, signal?: AbortSignal): Promise<string | undefined>;
  /** A large file, or undefined where there is none of that name. @throws as {@link ByteSource.read}. */
  open(name: string, signal?: AbortSignal): Promise<ByteSource | undefined>;
}
