/** A stream in ffprobe's JSON. */
export interface ProbedStream {
  readonly index: number;
  readonly codec_type?: 'video' | 'audio' | 'subtitle' | 'data' | 'attachment';
  readonly codec_name?: string;
  readonly codec_tag_string?: string;
  readonly width?: number;
  readonly height?: number;
  readonly channels?: number;
  readonly sample_rate?: string;
  readonly pix_fmt?: string;
  readonly bits_per_raw_sample?: string;
  readonly closed_captions?: number;
  readonly field_order?: string;
  readonly sample_aspect_ratio?: string;
  readonly color_space?: string;
  readonly color_range?: string;
  readonly color_transfer?: string;
  readonly color_primaries?: string;
  readonly avg_frame_rate?: string;
  readonly r_frame_rate?: string;
  readonly nb_frames?: string;
  readonly time_base?: string;
  readonly start_pts?: number;
  readonly start_time?: string;
  readonly duration?: string;
  readonly side_data_list?: readonly { readonly side_data_type?: string; readonly rotation?: number }[];
  readonly disposition?: Readonly<Record<string, number>>;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ProbedFormat {
  readonly format_name?: string;
  readonly start_time?: string;
  readonly duration?: string;
  readonly size?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface ProbedChapter {
  readonly start_time?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A picture beside the film: a cover, a thumbnail. Not every container marks it; one frame beside a film is one, too. */
export function isCover(stream: ProbedStream, streams: readonly ProbedStream[]): boolean {
  if (stream.codec_type !== 'video') return false;
  if (stream.disposition?.attached_pic === 1 || stream.disposition?.timed_thumbnails === 1) return true;
  const pictures = ['mjpeg', 'png', 'bmp', 'webp', 'gif'];
  return (
    pictures.includes(stream.codec_name ?? '') &&
    streams.some(({ index, codec_type, codec_name }) => {
      return index !== stream.index && codec_type === 'video' && !pictures.includes(codec_name ?? '');
    })
  );
}

/** The film among a file's streams: as ffmpeg chooses, the largest picture, and before all others one that is marked as default. */
export function pictureStream(streams: readonly ProbedStream[]): ProbedStream | undefined {
  const films = streams.filter((stream) => stream.codec_type === 'video' && !isCover(stream, streams));
  const score = ({ width = 0, height = 0, disposition }: ProbedStream): number =>
    width * height + (disposition?.default === 1 ? 5_000_000 : 0);
  return films.toSorted((a, b) => score(b) - score(a))[0];
}
