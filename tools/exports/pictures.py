#!/usr/bin/env python3
"""Takes the pictures of docs/exports.md: exports in TensorBoard, MLflow and Optuna's dashboard, in headless Chromium.

Run through `just export-pictures DIR`, where DIR is what `just check-exports --keep DIR` left.
"""
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))
sys.path.insert(0, str(HERE))
from check import TOOLS  # noqa: E402
from compare import environment  # noqa: E402
from opened import free_port  # noqa: E402

PICTURES = HERE.parent.parent / "docs" / "pictures"


def wait_for(url):
    for _ in range(240):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.5)
    sys.exit(f"nothing answers at {url}")


def picture(name, command, port, page, folder, python, size="1280,720", wait=5):
    """The page of a tool that `command` starts, as docs/pictures/NAME.png."""
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_for(base)
        time.sleep(wait)
        raw = Path(folder).resolve() / f"{name}.png"
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={size}",
                   "--virtual-time-budget=60000", f"--screenshot={raw}"]
        subprocess.run(["chromium", *options, base + page], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    finally:
        server.terminate()
        server.wait()
    target = PICTURES / f"{name}.png"
    PICTURES.mkdir(exist_ok=True)
    small = "import sys; from PIL import Image; Image.open(sys.argv[1]).convert('RGB').resize((1280, int(sys.argv[3])))"
    small += ".quantize(48).save(sys.argv[2], optimize=True)"
    width, height = map(int, size.split(","))
    subprocess.run([python, "-c", small, raw, target, str(height * 1280 // width)], check=True)
    print(f"{target}: {target.stat().st_size:,} bytes")


def main():
    folder, python = sys.argv[1], environment("exports", TOOLS).absolute()
    tool = python.parent
    wanted = sys.argv[2:] or ["tensorboard", "mlflow", "optuna"]
    if "tensorboard" in wanted:
        port = free_port()
        command = [tool / "tensorboard", "--logdir", "tensorboard", "--port", str(port), "--host", "127.0.0.1"]
        picture("tensorboard", command, port, "/#hparams", folder, python, size="2000,700", wait=20)
    if "mlflow" in wanted:
        port = free_port()
        command = [tool / "mlflow", "ui", "--backend-store-uri", "sqlite:///mlflow.db", "--port", str(port), "--host", "127.0.0.1"]
        import sqlite3
        (experiment,) = sqlite3.connect(Path(folder) / "mlflow.db").execute(
            "select experiment_id from experiments where name = 'study'").fetchone()
        picture("mlflow", command, port, f"/#/experiments/{experiment}/runs?compareRunsMode=CHART&workflowType=machine_learning",
                folder, python, size="1900,900", wait=10)
    if "optuna" in wanted:
        port = free_port()
        command = [tool / "optuna-dashboard", "study.log", "--port", str(port), "--host", "127.0.0.1"]
        picture("optuna", command, port, "/dashboard/studies/0", folder, python, size="1280,1100")


if __name__ == "__main__":
    main()
