# SPDX-License-Identifier: GPL-3.0-or-later
"""A virtual screen with the studio on it: Xvfb, xdotool for mouse and keyboard, ImageMagick for pictures of the screen."""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

BIN = Path(os.environ["ATELIER_BIN"])
TESTS = BIN.parent / "tests"
# What anybody would notice on any machine. Longer than 50 ms is printed: that is the goal, which a machine shared by several tests does not hold.
LONGEST_STALL_MS = 250 * float(os.environ.get("ATELIER_SLOWER", "1"))


def wait_for(condition, what: str, seconds: float = 60):
    """The condition's first true value; AssertionError with `what` when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


def processes_of(home: Path) -> dict[int, str]:
    """Process ids and command lines of the programs whose HOME is this folder."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # ended meanwhile, or somebody else's
    return found


class Desktop:
    """Xvfb with a home folder of its own. Use as a context manager."""

    def __init__(self, home: Path, shots: Path):
        self.home, self.shots = home, shots
        self.processes: list[subprocess.Popen] = []
        home.mkdir(parents=True, exist_ok=True)
        shots.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1080x24", "-nolisten", "tcp"],
                                       pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as stream:
            number = stream.readline().strip()
        assert number, "Xvfb did not start"
        self.environment = {**os.environ, "DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "HOME": str(self.home), "QT_SCALE_FACTOR": "1",
                            "XDG_CONFIG_HOME": str(self.home / ".config"), "XDG_CACHE_HOME": str(self.home / ".cache"),
                            "XDG_DATA_HOME": str(self.home / ".local/share"), "XDG_RUNTIME_DIR": str(self.home), "LC_ALL": "C.UTF-8",
                            "OMP_NUM_THREADS": "2", "ATELIER_QUEUE": str(self.home / "queue"), "ATELIER_STALLS": str(self.home / "stalls.txt")}
        self.environment.pop("WAYLAND_DISPLAY", None)
        return self

    def stalls(self) -> list[tuple[float, float, str]]:
        """What held the studio's event loop up for more than 50 ms: wall and processor time in ms, event and receiver."""
        file = self.home / "stalls.txt"
        lines = [line.split(" ", 2) for line in file.read_text().splitlines()] if file.exists() else []
        return [(float(wall), float(cpu), what) for wall, cpu, what in lines]

    def __exit__(self, failed, *_):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        for pid in processes_of(self.home):  # engines outlive their window
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.send_signal(signal.SIGTERM)
        self.server.wait(10)
        for wall, cpu, what in self.stalls():
            print(f"event loop held up for {wall:.0f} ms ({cpu:.0f} ms of computing): {what}", flush=True)
        # Waiting for a processor that others use is not the studio's doing; computing that long is.
        worst = max((cpu for _, cpu, _ in self.stalls()), default=0)
        if not failed and worst > LONGEST_STALL_MS:
            raise AssertionError(f"the event loop was held up by {worst:.0f} ms of computing")

    def start(self, program: Path, *arguments) -> subprocess.Popen:
        log = open(self.home / f"{program.name}-{len(self.processes)}.log", "wb")
        process = subprocess.Popen([str(program), *map(str, arguments)], env=self.environment, stdout=log, stderr=subprocess.STDOUT)
        self.processes.append(process)
        return process

    def xdotool(self, *arguments) -> str:
        return subprocess.run(["xdotool", *map(str, arguments)], env=self.environment, check=True, capture_output=True, text=True, timeout=60).stdout.strip()

    def window(self, title: str) -> str:
        """The window whose title matches the expression, once it is shown."""
        def search():
            found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", title], env=self.environment, capture_output=True, text=True).stdout.split()
            return found[-1] if found else None
        return wait_for(search, f"a window titled {title}", 30)

    def keys(self, window: str, *combinations: str):
        # Without a window manager focus is given by hand.
        self.xdotool("windowfocus", window)
        for combination in combinations:
            self.xdotool("key", "--clearmodifiers", combination)
            time.sleep(0.15)

    def type(self, window: str, text: str):
        self.xdotool("windowfocus", window)
        self.xdotool("type", "--delay", "15", text)

    def click(self, window: str, x: int, y: int):
        self.xdotool("mousemove", "--window", window, x, y, "click", 1)
        time.sleep(0.2)

    def drag(self, source: str, target: str, x: int, y: int):
        """From the middle of one window to a point of another, in the small steps that a drag needs."""
        self.xdotool("mousemove", "--window", source, 80, 50, "mousedown", 1)
        for _ in range(6):
            self.xdotool("mousemove_relative", "--", 8, 0)
            time.sleep(0.03)
        for dx in (-60, -30, 0, 1):
            self.xdotool("mousemove", "--window", target, x + dx, y)
            time.sleep(0.15)
        time.sleep(0.3)
        self.xdotool("mouseup", 1)

    def shot(self, name: str) -> Path:
        path = self.shots / f"{name}.png"
        tool = "import" if shutil.which("import") else None
        assert tool, "ImageMagick's import is not installed (scripts/setup --tests)"
        subprocess.run([tool, "-window", "root", str(path)], env=self.environment, check=True, timeout=60)
        return path
