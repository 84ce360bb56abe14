import http.server
import socket
import threading
import time
import urllib.request
from contextlib import contextmanager
from http.client import RemoteDisconnected

import keras
import numpy as np
import pytest

from convnet_widgets import load_model
from convnet_widgets.core import downloads
from convnet_widgets.core.downloads import bounded_downloads
from convnet_widgets.core.weights import WeightsUnavailableError, WeightsWarning

SHAPE = (32, 32, 3)
FILE = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"


class Server:
    """Serves bytes by path on this machine, and notes what was asked for."""

    def __init__(self):
        self.files, self.asked = {}, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.asked.append(self.path)
                outer.answer(self)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.cut = 0

    def answer(self, request):
        data = self.files.get(request.path)
        request.send_response(404 if data is None else 200)
        request.send_header("Content-Length", str(len(data or b"")))
        request.end_headers()
        if data is not None:
            request.wfile.write(data[: len(data) - self.cut])

    def close(self):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="module", autouse=True)
def trained(tmp_path_factory):
    """A weights file as Keras's own download would be, in little: MobileNet of the least width."""
    model = keras.applications.MobileNet(
        weights=None, alpha=0.25, include_top=False, input_shape=(128, 128, 3)
    )
    generator = np.random.default_rng(1)
    for variable in model.weights:
        variable.assign(generator.normal(size=variable.shape))
    path = tmp_path_factory.mktemp("trained") / "trained.weights.h5"
    model.save_weights(path)
    return model, path.read_bytes()


@pytest.fixture
def keras_home(tmp_path, monkeypatch):
    from keras.src.utils import file_utils

    monkeypatch.setattr(file_utils.config, "keras_home", lambda: str(tmp_path / "keras"))
    (tmp_path / "keras").mkdir()
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "keras"


MOBILENET = {"alpha": 0.25, "include_top": False, "input_shape": (128, 128, 3)}
MOBILENET_FILE = "/mobilenet_2_5_128_tf_no_top.weights.h5"


@pytest.fixture
def point_keras_to(monkeypatch, keras_home):
    """Make Keras fetch MobileNet's weights, which it knows no hash of, from an address."""
    module = __import__("keras.src.applications.mobilenet", fromlist=["mobilenet"])
    get_file = module.file_utils.get_file

    def named(name, origin, **options):
        # In Keras's present format of weights, which goes by the name.
        change = lambda text: text.removesuffix(".h5") + ".weights.h5"  # noqa: E731
        return get_file(change(name), change(origin), **options)

    def point(url):
        monkeypatch.setattr(module, "BASE_WEIGHT_PATH", f"{url}/")
        monkeypatch.setattr(
            module, "file_utils", type("FileUtils", (), {"get_file": staticmethod(named)})
        )
        return keras_home

    return point


@contextmanager
def timed(limit):
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < limit


def assert_falls_back(reason=None):
    start = time.perf_counter()
    load_model("MobileNet", "random", **MOBILENET)
    build = time.perf_counter() - start
    # Two seconds of waiting and two builds, with room for a busy machine.
    with timed(8 + 2 * build), pytest.warns(WeightsWarning, match=reason):
        net = load_model("MobileNet", **MOBILENET)
    assert net.weights == "random (seed 0)"
    assert net.is_substitute
    assert net.caption == "MobileNet · weights: random (seed 0), not imagenet"


def assert_refuses(reason=None):
    with pytest.raises(WeightsUnavailableError, match=reason) as caught:
        load_model("MobileNet", "imagenet", **MOBILENET)
    assert "Connect to the network" in str(caught.value)


def test_downloads_and_then_needs_no_network(server, trained, point_keras_to):
    model, data = trained
    server.files[MOBILENET_FILE] = data
    point_keras_to(server.url)
    for weights in ("auto", "imagenet"):
        net = load_model("MobileNet", weights, **MOBILENET)
        assert net.weights == "imagenet"
        assert not net.is_substitute
        for ours, theirs in zip(net.model.weights, model.weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
        server.close()
    assert server.asked == [MOBILENET_FILE]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def test_connection_refused(point_keras_to):
    point_keras_to(f"http://127.0.0.1:{free_port()}")
    assert_falls_back("refused")
    assert_refuses("refused")


def test_server_that_never_answers(point_keras_to, monkeypatch):
    monkeypatch.setattr("convnet_widgets.core.weights.PATIENCE", 1.0)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen()
        point_keras_to(f"http://127.0.0.1:{s.getsockname()[1]}")
        assert_falls_back("no answer within 2 s")
        assert_refuses("no answer within 1 s")


def test_host_name_that_is_never_found(point_keras_to, monkeypatch):
    monkeypatch.setattr("convnet_widgets.core.weights.PATIENCE", 1.0)
    release = threading.Event()

    def lookup(*_, **__):
        release.wait(30)
        raise socket.gaierror("no such host")

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    point_keras_to("http://weights.invalid")
    assert_falls_back("no answer within 2 s")
    assert_refuses("no answer")
    release.set()


def test_dropped_packets(point_keras_to):
    # A full queue of connections: the kernel drops what comes, as a firewall does.
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(s.getsockname())
        point_keras_to(f"http://127.0.0.1:{s.getsockname()[1]}")
        try:
            assert_falls_back("no answer within 2 s")
        finally:
            for client in waiting:
                client.close()


def test_not_there(server, point_keras_to):
    point_keras_to(server.url)
    assert_falls_back("404")
    assert_refuses("404")


def test_truncated_download(server, trained, point_keras_to):
    server.files[MOBILENET_FILE] = trained[1]
    server.cut = 1000
    home = point_keras_to(server.url)
    assert_falls_back("retrieval incomplete|got only")
    assert not list(home.rglob("*.h5"))
    assert_refuses()


def test_corrupt_download_without_a_hash(server, point_keras_to):
    server.files[MOBILENET_FILE] = b"<html>log in to the network first</html>"
    point_keras_to(server.url)
    assert_falls_back()
    assert_refuses()


@pytest.mark.usefixtures("keras_home")
def test_corrupt_download_with_a_hash(server, monkeypatch):
    server.files[f"/{FILE}"] = b"not the weights"
    vgg19 = __import__("keras.src.applications.vgg19", fromlist=["vgg19"])
    monkeypatch.setattr(vgg19, "WEIGHTS_PATH_NO_TOP", f"{server.url}/{FILE}")
    with pytest.warns(WeightsWarning, match="corrupted"):
        net = load_model("VGG19", include_top=False, input_shape=SHAPE)
    assert net.weights == "random (seed 0)"
    with pytest.raises(WeightsUnavailableError, match="corrupted"):
        load_model("VGG19", "imagenet", include_top=False, input_shape=SHAPE)


def test_what_imagenet_does_not_go_with_is_no_matter_of_the_network(server, point_keras_to):
    point_keras_to(server.url)
    keywords = {"alpha": 0.25, "input_shape": (128, 128, 3), "classes": 10}
    with pytest.raises(ValueError, match="classes.*1000"):
        load_model("MobileNet", "imagenet", **keywords)
    with pytest.warns(WeightsWarning, match="classes.*1000"):
        assert load_model("MobileNet", **keywords).model.output_shape == (None, 10)
    assert server.asked == []


# The context alone


def test_proxies_keep_working(server, monkeypatch):
    server.files["http://weights.invalid/file"] = b"by the proxy"
    monkeypatch.setenv("http_proxy", server.url)
    with (
        bounded_downloads(5.0) as asked,
        urllib.request.urlopen("http://weights.invalid/file") as r,
    ):
        assert r.read() == b"by the proxy"
    assert asked == ["http://weights.invalid/file"]


def test_opener_is_restored(monkeypatch):
    monkeypatch.setattr(urllib.request, "_opener", None)
    for before in (None, urllib.request.build_opener()):
        urllib.request.install_opener(before)
        with pytest.raises(ZeroDivisionError), bounded_downloads(1.0):
            raise ZeroDivisionError
        assert urllib.request._opener is before


def test_an_opener_installed_before_is_used(monkeypatch, server):
    class Mine(urllib.request.HTTPHandler):
        def http_open(self, request):
            request.add_header("X-Mine", "yes")
            return super().http_open(request)

    seen = []
    monkeypatch.setattr(server, "answer", lambda request: seen.append(request.headers["X-Mine"]))
    monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(Mine))
    with bounded_downloads(5.0), pytest.raises(RemoteDisconnected):
        urllib.request.urlopen(server.url)
    assert seen == ["yes"]


def test_a_download_that_stands_still(monkeypatch):
    monkeypatch.setattr(downloads, "_STALL", 0.5)

    def serve(listener):
        connection, _ = listener.accept()
        connection.recv(1000)
        connection.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        time.sleep(2)
        connection.close()

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        with (
            timed(1.5),
            bounded_downloads(5.0),
            urllib.request.urlopen(url) as response,
            pytest.raises(TimeoutError),
        ):
            response.read()
        thread.join()
