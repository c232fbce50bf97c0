# An RTSP camera for the tests, by GStreamer's RTSP server: serves the H.264 that it is sent as RTP. Prints its RTSP port and the UDP port that it
# listens on; ends with its standard input. With two arguments, user and password, it lets nobody else in. Exit code 3: GStreamer's RTSP server is
# not installed.
import socket
import sys
import threading

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer
except (ImportError, ValueError) as missing:
    print(missing, file=sys.stderr)
    sys.exit(3)

Gst.init(None)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
    probe.bind(("127.0.0.1", 0))
    udp_port = probe.getsockname()[1]

factory = GstRtspServer.RTSPMediaFactory()
factory.set_shared(True)
factory.set_launch(
    f'( udpsrc address=127.0.0.1 port={udp_port} caps="application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96"'
    " ! rtph264depay ! h264parse ! rtph264pay name=pay0 pt=96 config-interval=-1 )"
)
server = GstRtspServer.RTSPServer()
if len(sys.argv) == 3:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(sys.argv[1], sys.argv[2]), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
server.set_address("127.0.0.1")
server.set_service("0")
server.get_mount_points().add_factory("/camera", factory)
if server.attach(None) == 0:
    sys.exit("the RTSP server cannot be started")
print(server.get_bound_port(), udp_port, flush=True)

loop = GLib.MainLoop()
threading.Thread(target=lambda: (sys.stdin.read(), loop.quit()), daemon=True).start()
loop.run()
