#!/usr/bin/env bash
# Sets up a software GPU for the tests on a machine without a real one (Debian 12 or later, as root):
#   - chromium, ffmpeg, and Mesa's lavapipe (from backports on Debian 12, whose own is too old for WebGPU);
#   - GStreamer's RTSP server, a camera for the tests of live streams;
#   - firefox-esr, for the tests that run in it, too;
#   - a copy of Chromium whose WebGPU runs on lavapipe, started by the wrapper DEST/chromium.
# Idempotent, and quick once done. Progress goes to stderr; the last line of stdout is DEST.
# Usage: install-software-gpu.sh [DEST], default ~/.cache/softgpu
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dest=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/softgpu}
icd=/usr/share/vulkan/icd.d/lvp_icd.json
backports=/etc/apt/sources.list.d/vitreous-backports.sources

say() { echo "set-up: $*" >&2; }
apt_get() {
  DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -qq "$@" </dev/null >/dev/null
}
mesa_version() { dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null || echo 0; }

packages_complete() {
  [[ -x /usr/bin/chromium && -f $icd && -f /usr/include/vulkan/vk_layer.h ]] &&
    command -v ffmpeg gcc >/dev/null && dpkg --compare-versions "$(mesa_version)" ge 25
}

# The machine's own mirror serves backports too; it is named in deb822 or in one-line style.
debian_mirror() {
  local uri
  uri=$(awk '/^URIs:/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true)
  [[ -n $uri ]] || uri=$(awk '$1 == "deb" {for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) {print $i; exit}}' /etc/apt/sources.list 2>/dev/null || true)
  echo "${uri:-http://deb.debian.org/debian}"
}

install_packages() {
  if [[ $(id -u) != 0 ]]; then
    say "packages are missing, and installing them needs root: run 'sudo $here/install-software-gpu.sh $dest' once"
    exit 1
  fi
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  if [[ $codename == bookworm ]] && ! grep -rqs 'bookworm-backports' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list; then
    printf 'Types: deb\nURIs: %s\nSuites: bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
      "$(debian_mirror)" >"$backports"
  fi
  say 'installing chromium, ffmpeg, a C compiler and Vulkan headers by apt (once, about a minute)'
  apt_get update
  apt_get install -y chromium ffmpeg gcc libc6-dev libvulkan-dev libvulkan1
  say "installing Mesa's software Vulkan driver"
  if [[ $codename == bookworm ]]; then
    apt_get install -y -t bookworm-backports mesa-vulkan-drivers libegl-mesa0 libgl1-mesa-dri
  else
    apt_get install -y mesa-vulkan-drivers libegl-mesa0 libgl1-mesa-dri
  fi
  packages_complete || { say "apt finished, but chromium, ffmpeg, gcc, $icd or Mesa 25 is still missing"; exit 1; }
}

make_wrapper() {
  say 'making a Chromium whose WebGPU runs on the software GPU'
  rm -rf "$dest"
  mkdir -p "$dest/layer"
  cp -r /usr/lib/chromium "$dest/app"
  # Chromium loads its software Vulkan driver by file name: the system's Vulkan loader takes its place.
  cp -L "/usr/lib/$(gcc -print-multiarch)/libvulkan.so.1" "$dest/app/libvk_swiftshader.so"
  gcc -shared -fPIC -O2 "$here/layer.c" -o "$dest/layer/libVkLayer_softgpu.so"
  cat >"$dest/layer/VkLayer_softgpu.json" <<JSON
{"file_format_version": "1.2.0", "layer": {"name": "VK_LAYER_softgpu", "type": "GLOBAL",
 "library_path": "$dest/layer/libVkLayer_softgpu.so", "api_version": "1.4.300", "implementation_version": "1",
 "description": "reports lavapipe as Chromium's software adapter",
 "functions": {"vkNegotiateLoaderLayerInterfaceVersion": "vkNegotiateLoaderLayerInterfaceVersion"}}}
JSON
  cat >"$dest/chromium" <<SH
#!/bin/sh
export VK_LAYER_PATH="$dest/layer" VK_INSTANCE_LAYERS=VK_LAYER_softgpu VK_DRIVER_FILES=$icd
exec "$dest/app/chromium" --no-sandbox --enable-unsafe-webgpu --use-webgpu-adapter=swiftshader \\
  --use-gl=angle --use-angle=gl-egl --ignore-gpu-blocklist "\$@"
SH
  chmod +x "$dest/chromium"
  echo "VK_DRIVER_FILES=$icd" >"$dest/node.env"
  # Written last: a set-up that was interrupted starts again.
  echo "$1" >"$dest/version"
}

# A real RTSP server for the tests of live streams; without it they are skipped, with the reason.
install_camera() {
  if [[ $(id -u) != 0 ]]; then return; fi
  say "installing GStreamer's RTSP server by apt (once, about a minute)"
  apt_get update
  apt_get install -y --no-install-recommends python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good ||
    say 'that failed; the test of RTSP will be skipped'
}

# Without it the tests in Firefox are left out.
install_firefox() {
  if [[ $(id -u) != 0 ]]; then return; fi
  say 'installing Firefox by apt (once, about half a minute)'
  apt_get update
  apt_get install -y --no-install-recommends firefox-esr || say 'that failed; the tests in Firefox will be left out'
}

packages_complete || install_packages
[[ -x /usr/bin/firefox-esr ]] || install_firefox
dpkg-query -W gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good python3-gi >/dev/null 2>&1 || install_camera
version=$(/usr/bin/chromium --version 2>/dev/null | tr -d '\n')
if [[ ! -x $dest/chromium || $(cat "$dest/version" 2>/dev/null) != "$version" ]]; then
  make_wrapper "$version"
fi
echo "$dest"
