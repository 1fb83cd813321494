"""`make observatory`: the MDN HTTP Observatory's own code on the deployment. Every rule must pass, with 130 points.

No site can have more than 145 in its version 1.4.8. Five of those are for cookies, which our readers get none of;
five for scripts with a checksum, and the first page loads no script; five come once browsers preload the name.

Needs npm and nginx. The Observatory asks at the ports 80 and 443, so a few lines lead it to ours; its list of
preloaded names, which it would fetch from elsewhere, is left empty.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.deploy.stack import NGINX, running_stack

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "var" / "observatory"
PACKAGE = FOLDER / "node_modules" / "@mdn" / "mdn-http-observatory"
VERSION = "1.4.8"
ENOUGH = 130
LEAD_TO_OUR_PORTS = """
const { Socket } = require("node:net");
const ports = { 80: process.env.HTTP_PORT, 443: process.env.HTTPS_PORT };
const connect = Socket.prototype.connect;
Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options.port in ports) Object.assign(options, { port: ports[options.port], host: "127.0.0.1" });
  return connect.apply(this, given);
};
"""


def install() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    if not PACKAGE.exists():
        # Without scripts: what they fetch lies outside of the registry.
        quietly = ["--silent", "--ignore-scripts", "--no-audit", "--no-fund"]
        package = f"@mdn/mdn-http-observatory@{VERSION}"
        subprocess.run(["npm", "install", *quietly, "--prefix", str(FOLDER), package], check=True)
    (PACKAGE / "conf" / "hsts-preload.json").write_text("{}")
    (FOLDER / "ports.cjs").write_text(LEAD_TO_OUR_PORTS)


def main() -> None:
    if NGINX is None or not shutil.which("npm"):
        sys.exit("`make observatory` needs nginx and npm; on Debian: apt-get install nginx-light npm")
    install()
    with running_stack(SITE_URL="https://localhost") as stack:
        environment = {
            **os.environ,
            "NODE_OPTIONS": f"--require={FOLDER / 'ports.cjs'}",
            "HTTP_PORT": str(stack.http_port),
            "HTTPS_PORT": str(stack.https_port),
            "NODE_EXTRA_CA_CERTS": str(stack.folder / "certificate.pem"),
        }
        command = ["node", str(PACKAGE / "src" / "scan.js"), "localhost"]
        result = json.loads(subprocess.run(command, env=environment, capture_output=True, text=True).stdout)
    if "error" in result:
        sys.exit(result["error"])
    for name, test in result["tests"].items():
        print(f"{'ok  ' if test['pass'] else 'MISS'} {test['scoreModifier']:+4d}  {name}: {test['result']}")
    scan = result["scan"]
    print(f"{scan['score']} points, grade {scan['grade']}")
    sys.exit(scan["score"] < ENOUGH or scan["testsFailed"] > 0)


if __name__ == "__main__":
    main()
