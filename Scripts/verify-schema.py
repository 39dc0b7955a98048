#!/usr/bin/env python3
"""Runs schemathesis against a running `mynah serve`, with the server's OpenAPI description.

    python3 -m venv .venv
    .venv/bin/pip install schemathesis
    .venv/bin/python Scripts/verify-schema.py http://127.0.0.1:8080 --examples 100

Valid and invalid requests are generated from /openapi.yaml. No response may have a status of 500 or above, or one that
the description lacks; bodies and headers must match the description; invalid requests must be rejected.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys
import tempfile
import urllib.request

# Whether a request with the right types is valid also depends on the model, so not all of them are accepted.
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
          "response_schema_conformance", "unsupported_method"]
# The longest valid requests run for minutes; these limits are high enough for requests that are accepted.
LIMITS = {"maximum: 65536": "maximum: 32", "maxItems: 65536": "maxItems: 64", "maxLength: 1048576": "maxLength: 2000",
          "maximum: 128": "maximum: 8", "maxItems: 1024": "maxItems: 4"}
# An invalid request may also be too large.
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 404, 405, 413, 414, 415, 429, 431]
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("url")
    parser.add_argument("--examples", type=int, default=100, help="requests for each operation (default: 100)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--key", help="a bearer token")
    options = parser.parse_args()
    beside = str(pathlib.Path(sys.executable).parent)
    program = shutil.which("schemathesis", path=beside) or shutil.which("schemathesis")
    if not program:
        sys.exit("error: schemathesis is missing; install it as described at the top.")
    with urllib.request.urlopen(f"{options.url}/openapi.yaml", timeout=30) as response:
        kind, text = response.headers.get_content_type(), response.read().decode()
    if kind != "application/yaml":
        sys.exit(f"error: the content type of /openapi.yaml is {kind}, expected application/yaml")
    small = text
    for limit, smaller in LIMITS.items():
        if limit not in text:
            sys.exit(f"error: the description has no '{limit}'")
        small = small.replace(limit, smaller)
    failed = []
    for mode, description, checks in (("positive", small, CHECKS),
                                      ("negative", text, CHECKS + ["negative_data_rejection"])):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "openapi.yaml").write_text(description)
            (pathlib.Path(folder) / "schemathesis.toml").write_text(CONFIGURATION)
            command = [program, "run", "openapi.yaml", "--url", options.url, "--checks", ",".join(checks),
                       "--mode", mode, "--max-examples", str(options.examples), "--seed", str(options.seed),
                       "--workers", "1", "--request-timeout", "60", "--generation-database", "none", "--no-color",
                       "--continue-on-failure", "--warnings", "off"]
            if options.key:
                command += ["--header", f"Authorization: Bearer {options.key}"]
            if subprocess.run(command, cwd=folder).returncode != 0:
                failed.append(mode)
    with urllib.request.urlopen(f"{options.url}/health", timeout=10) as response:
        if response.status != 200:
            sys.exit("error: the server is not healthy afterwards")
    if failed:
        sys.exit(f"error: schemathesis found failures in {' and '.join(failed)} mode")


if __name__ == "__main__":
    main()
