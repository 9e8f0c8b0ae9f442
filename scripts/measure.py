#!/usr/bin/env python3
"""Measures the gateway and the engine on generated 837P files, and prints a Markdown table.

    scripts/measure.py [--program target/release/tradewind] [--claims 83000] [--large 830000]

Per file: claims per second from the drop over SFTP to the 999 in /out, with its peak memory, and `validate`'s MB per CPU-second and
peak memory. The simulated payer runs as a process of its own. Figures depend on the machine; compare them with others of the same run.
"""
import argparse, os, pathlib, re, resource, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def peak_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status).group(1)) / 1024


def home(program, folder):
    """A home folder as `serve` makes it, with plain files allowed and free ports."""
    ports = {"2222": port(), "8080": port(), "8090": port()}
    first = subprocess.Popen([program, "serve", "--home", folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    deadline = time.time() + 30
    while not (folder / "tradewind.toml").exists() and time.time() < deadline:
        time.sleep(0.05)
    first.send_signal(signal.SIGTERM)
    first.wait(60)
    for name in ["tradewind.toml", "partners/payer.toml"]:
        text = (folder / name).read_text()
        for old, new in ports.items():
            text = text.replace(f":{old}", f":{new}")
        (folder / name).write_text(text.replace("run = true", "run = false"))
    clinic = folder / "partners/clinic.toml"
    clinic.write_text(clinic.read_text().replace('signed = "required"', 'signed = "required"\nplain-allowed = true'))
    return ports


def sftp(folder, ports, command):
    key = folder / "clients/clinic/id_ed25519"
    known = folder / "known_hosts"
    known.write_text(f"[127.0.0.1]:{ports['2222']} " + (folder / "keys/ssh_host_ed25519_key.pub").read_text())
    arguments = ["sftp", "-q", "-b", "-", "-P", str(ports["2222"]), "-i", str(key), "-o", f"UserKnownHostsFile={known}",
                 "-o", "IdentitiesOnly=yes", "clinic@127.0.0.1"]
    return subprocess.run(arguments, input=command, text=True, capture_output=True, check=True).stdout


def gateway(program, claims_file, claims):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="tradewind-measure-"))
    try:
        ports = home(program, folder)
        record = folder / "record.ndjson"
        payer = subprocess.Popen([program, "payer", "--listen", f"127.0.0.1:{ports['8090']}", "--record", str(record)],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log = open(folder / "log", "w")
        serve = subprocess.Popen([program, "serve", "--home", str(folder)], stdout=subprocess.PIPE, stderr=log, text=True)
        for line in serve.stdout:
            if line.strip() == "ready":
                break
        start = time.time()
        sftp(folder, ports, f"put {claims_file} in/claims.x12\n")
        dropped = time.time() - start
        while "999_" not in sftp(folder, ports, "ls out\n"):
            trace(serve.pid, start, "translate")
            time.sleep(0.1)
        seconds = time.time() - start
        peak_999 = peak_mb(serve.pid)
        while pending(metrics(ports)):
            trace(serve.pid, start, "deliver")
            time.sleep(1)
        whole, peak = time.time() - start, peak_mb(serve.pid)
        for process in (serve, payer):
            process.send_signal(signal.SIGTERM)
            process.wait(60)
        return dropped, seconds, claims / seconds, peak_999, claims / whole, peak
    finally:
        shutil.rmtree(folder)


def metrics(ports):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ports['8080']}/metrics", timeout=120) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError:
        return ""


def trace(pid, start, phase):
    """Memory over time, on standard error, where TRACE is set."""
    if os.environ.get("TRACE"):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        resident = int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024
        print(f"{time.time() - start:8.1f} s  {phase:10} {resident:6.0f} MB", file=sys.stderr, flush=True)


def pending(text):
    if 'state="answered"' not in text:
        return True
    open_states = [line for line in text.splitlines() if re.search(r'kind="item".*state="(accepted|sending|sent|staged|acknowledged|unknown)"', line)]
    return any(float(line.split()[-1]) > 0 for line in open_states)


def validate(program, claims_file):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.Popen([program, "validate", "--snip", "5", str(claims_file)], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(run.pid, 0)
    cpu = usage.ru_utime + usage.ru_stime
    return os.path.getsize(claims_file) / 1e6 / cpu, usage.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default="target/release/tradewind")
    parser.add_argument("--claims", type=int, default=83_000)
    parser.add_argument("--large", type=int, default=830_000)
    options = parser.parse_args()
    program = str(pathlib.Path(options.program).resolve())
    print("| claims | file, MB | drop, s | drop → 999, s | claims/s to 999 | peak to 999, MB | claims/s until all answered | peak, MB "
          "| validate, MB per CPU-s | peak, MB |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for claims in [options.claims, options.large]:
        if not claims:
            continue
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder) / "claims.x12"
            subprocess.run([program, "generate", "005010X222A1", "--count", str(claims), "--sender", "ZZ:CLINIC", "--receiver",
                            "ZZ:TRADEWIND", "--payer", "PAYER01", "-o", str(file)], check=True)
            dropped, seconds, rate, peak_999, whole_rate, peak = gateway(program, file, claims)
            speed, memory = validate(program, file)
            size = os.path.getsize(file) / 1e6
            print(f"| {claims} | {size:.1f} | {dropped:.2f} | {seconds:.2f} | {rate:.0f} | {peak_999:.0f} | {whole_rate:.0f} | {peak:.0f} "
                  f"| {speed:.0f} | {memory:.0f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
