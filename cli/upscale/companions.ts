import type { Container } from './container.js';
import type { SourceInfo } from './source-info.js';
import { isCover, type ProbedStream } from './streams.js';

/** A stream beside the film that goes into the output. */
export interface Companion {
  readonly stream: ProbedStream;
  /** Undefined: copied packet by packet. */
  readonly encoder: string | undefined;
  /** A cover: `marked` as such among the streams, or as a file that is `attached`. */
  readonly cover: 'marked' | 'attached' | undefined;
}

/** What becomes of everything in a file that isn't the film's picture. */
export interface Companions {
  readonly streams: readonly Companion[];
  readonly chapters: boolean;
  /** What is done to them, a sentence each. */
  readonly remarks: readonly string[];
  /** What doesn't go into the output. */
  readonly leftOut: readonly string[];
}

/** Nobody hears by how much less than this sound is late. */
const lateSeconds = 0.01;
const nothing: Omit<Companion, 'stream'> = { encoder: undefined, cover: undefined };
const textSubtitles = ['subrip', 'srt', 'ass', 'ssa', 'webvtt', 'text', 'mov_text'];
const matroskaSubtitles = [...textSubtitles, 'hdmv_pgs_subtitle', 'dvd_subtitle', 'dvb_subtitle', 'hdmv_text_subtitle'];

const described = ({ index, codec_type, codec_name, tags }: ProbedStream): string => {
  const words = [codec_name, tags?.language === 'und' ? undefined : tags?.language, tags?.title];
  return `${codec_type ?? 'unknown'} stream ${index} (${words.filter((word) => word !== undefined).join(', ') || 'unknown'})`;
};

/** QuickTime's files keep the names of chapters in a stream, which ffmpeg shows beside the chapters themselves. */
const isChapterText = ({ codec_type, codec_tag_string }: ProbedStream, { chapters }: SourceInfo): boolean =>
  codec_type === 'data' && codec_tag_string === 'text' && chapters.length > 0;

/** How subtitles are written: as they are, by an encoder, or not at all. */
function subtitleEncoder(codec: string, container: Container): string | undefined | false {
  const isText = textSubtitles.includes(codec);
  if (container.isMov) return codec === 'mov_text' ? undefined : isText && 'mov_text';
  if (container.isMatroska) return codec === 'mov_text' ? 'subrip' : matroskaSubtitles.includes(codec) && undefined;
  if (container.isTransport) return ['dvb_subtitle', 'dvb_teletext'].includes(codec) && undefined;
  return false;
}

/** Tags about the file they are in, not about the film. */
const technicalTag =
  /^(encoder|encoded_by|major_brand|minor_version|compatible_brands|duration|handler_name|vendor_id|bps|number_of_|_statistics|service_|software|vitreous_part|isvbr|devicecon|wmf|maxbitrate)/i;

/** What of the picture itself an 8-bit 4:2:0 picture has no room for. */
function lostOfPicture({ pix_fmt = '', closed_captions, side_data_list = [], tags }: ProbedStream): string[] {
  const [, bits] = /p(9|10|12|14|16)(le|be)?$/.exec(pix_fmt) ?? [];
  const [, chroma] = /(422|444|440)/.exec(pix_fmt) ?? [];
  const isSeeThrough = /^(yuva|rgba|bgra|argb|abgr|gbrap|ya)/.test(pix_fmt) || tags?.alpha_mode === '1';
  const sideData = side_data_list.flatMap(({ side_data_type: type = '' }) =>
    /^(Display Matrix|CPB properties|Encryption|)$/.test(type) ? [] : [type],
  );
  return [
    ...(bits ? [`${bits}-bit samples (8 bits are written)`] : []),
    ...(chroma ? [`4:${chroma.charAt(1)}:${chroma.charAt(2)} colour (4:2:0 is written)`] : []),
    ...(isSeeThrough ? ['transparency'] : []),
    ...(closed_captions === 1 ? ['closed captions in the picture'] : []),
    ...new Set(sideData),
  ];
}

/** Decides, stream by stream, by what the container holds. @throws CommandError `ffmpeg-missing`, `input-unreadable`. */
export async function planCompanions(info: SourceInfo, container: Container): Promise<Companions> {
  const streams: Companion[] = [];
  const remarks: string[] = [];
  const leftOut: string[] = lostOfPicture(info.video);
  for (const stream of info.streams) {
    if (stream.index === info.video.index || isChapterText(stream, info)) continue;
    const planned = isCover(stream, info.streams)
      ? await planCover(stream, container)
      : await planStream(stream, container, Number(stream.start_time ?? 0) - info.startSeconds > lateSeconds);
    if (!planned) leftOut.push(isCover(stream, info.streams) ? `cover (stream ${stream.index})` : described(stream));
    else streams.push(planned);
    if (planned?.encoder !== undefined)
      remarks.push(
        `${described(stream)} is encoded${planned.encoder === '' ? '' : ` as ${planned.encoder}`}: ${container.extension} can't hold it as it is`,
      );
  }
  const chapters = info.chapters.length > 0 && container.holdsChapters;
  if (info.chapters.length > 0 && !chapters) leftOut.push(`${info.chapters.length} chapters`);
  const names = Object.keys(info.tags).filter((name) => !technicalTag.test(name));
  const lost = names.filter((name) => !container.heldTags.has(name.toLowerCase()));
  if (lost.length > 0) leftOut.push(`${lost.length === 1 ? 'tag' : 'tags'} ${lost.join(', ')}`);
  return { streams, chapters, remarks, leftOut };
}

async function planCover(stream: ProbedStream, container: Container): Promise<Companion | undefined> {
  if (container.isMatroska) return { ...nothing, stream, cover: 'attached' };
  return (await container.holdsCover(stream)) ? { ...nothing, stream, cover: 'marked' } : undefined;
}

async function planStream(stream: ProbedStream, container: Container, isLate: boolean): Promise<Companion | undefined> {
  switch (stream.codec_type) {
    case 'audio':
      // '': the encoder that ffmpeg takes for this container.
      // Late sound gets silence before it, where all sound begins with the file.
      for (const encoder of container.isAvi && isLate ? [''] : [undefined, 'aac', ''])
        if (await container.holdsSound(stream, encoder)) return { ...nothing, stream, encoder };
      return undefined;
    case 'subtitle': {
      const encoder = subtitleEncoder(stream.codec_name ?? '', container);
      return encoder === false ? undefined : { ...nothing, stream, encoder };
    }
    case 'attachment':
      return container.isMatroska ? { ...nothing, stream } : undefined;
    default:
      return undefined;
  }
}
