"""Where credentials are, and how a text speaks of them."""

from __future__ import annotations

import os
import re
from itertools import pairwise
from typing import Final

from .._paths import folded

_FOLDERS: Final = frozenset(
    """
    .ssh .gnupg .aws .azure .gcloud .kube .docker .password-store .1password keyrings .terraform.d .oci
    """.split()
)
_BELOW_CONFIG: Final = frozenset(
    {"gcloud", "gh", "hub", "op", "rclone", "doctl", "heroku", "netlify", "vercel"}
)
_FILES: Final = frozenset(
    """
    .netrc _netrc .pgpass .my.cnf .git-credentials .npmrc .pypirc .htpasswd .vault-token .boto .s3cfg shadow
    gshadow sudoers credentials credentials.json secrets.json service-account.json secrets.yml secrets.yaml
    .bash_history .zsh_history .python_history .psql_history .mysql_history login.keychain-db cookies.sqlite
    key4.db logins.json
    """.split()
)
_SUFFIXES: Final = (".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".asc")
_KEY: Final = re.compile(r"id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?")
_SAMPLES: Final = re.compile(r"\.env\.(?:example|sample|template|dist|test|schema)")
#: Files with an environment that may hold secrets.
_ENVIRONMENT: Final = re.compile(r"\.env(?:\..+)?|.+\.env")

#: A text that names a place of credentials.
IN_TEXT: Final = re.compile(
    r"\.ssh\b|\.aws/|\.gnupg\b|\.kube/config|\.docker/config|\.netrc\b|\.pgpass\b|\.git-credentials\b|\.pypirc\b"
    r"|\.npmrc\b|\.vault-token\b|id_(?:rsa|dsa|ecdsa|ed25519)\b|/etc/(?:shadow|gshadow|sudoers)\b|\bkeychain\b"
    r"|/proc/(?:self|\d+)/environ|\.password-store\b|\.config/(?:gcloud|gh|op)\b|(?<![\w.])\.env(?!\.(?:example|sample|"
    r"template|dist|test|schema)\b|\w)(?:\.\w+)?\b|\bsecrets?\.(?:ya?ml|json|toml|env)\b|credentials\.json\b"
    r"|service-account\S*\.json|\bBEGIN [A-Z ]*PRIVATE KEY|\.(?:bash|zsh|python|psql|mysql)_history\b|\bAKIA[0-9A-Z]{16}\b",
    re.IGNORECASE,
)
#: A command that shows the environment, where keys are handed on.
SHOWS_ENVIRONMENT: Final = re.compile(
    r"(?:^|[;&|(`\s])(?:printenv|env|export\s+-p|declare\s+-[px]|set|history|fc|compgen\s+-e)\s*(?:$|[|;&>)`])"
    r"|\bdocker\s+(?:container\s+)?inspect\b|\bprintenv\s+\S*(?:KEY|TOKEN|SECRET|PASS)|\$\{?\w*(?:SECRET|TOKEN|PASSWORD|API_?KEY|ACCESS_KEY)\w*",
    re.IGNORECASE | re.MULTILINE,
)

#: Words of somebody who looks for credentials.
SEEKS_SECRETS: Final = re.compile(
    r"passw|passphrase|secret|token|api[_-]?key|private[_ -]?key|credential|AKIA|BEGIN [A-Z ]*KEY|\bgh[pousr]_|\bsk-|xox[abp]",
    re.IGNORECASE,
)
#: Folders outside of home whose files are of all kinds, credentials among them.
_STORES: Final = frozenset({"/etc", "/proc", "/home", "/root", "/users", "/var", "/run", "/"})
#: What tools keep of others' code below hidden folders of home: public, and looked at in ordinary work.
_PUBLIC: Final = re.compile(
    r"(?:cargo/registry|rustup|pyenv|rbenv|nvm|npm|cache|m2/repository|gradle/caches|local/(?:lib|share/(?:uv|pnpm|pipx|mise))"
    r"|asdf|sdkman|volta|bun|deno|julia|nuget/packages|pub-cache|vscode(?:-server)?/extensions)(?:/|$)"
)


def holds_secrets(path: str) -> bool:
    """Whether programs keep credentials at an absolute path, or may: hidden files of home that are no public code."""
    if folded(path) in _STORES:
        return True
    home = os.path.realpath(os.path.expanduser("~"))
    inside = path[len(home) + 1 :] if path.startswith(home + "/") else ""
    hidden = inside.startswith(".") or inside.casefold().startswith(("library/", "appdata/"))
    return hidden and not _PUBLIC.match(inside[1:])


def is_secret(path: str) -> bool:
    """Whether an absolute path is one where credentials usually are."""
    parts = [folded(part) for part in path.split("/") if part]
    if not parts:
        return False
    name = parts[-1]
    if not _FOLDERS.isdisjoint(parts) or name in _FILES or _KEY.fullmatch(name):
        return True
    for folder, following in pairwise(parts):
        if folder == ".config" and following in _BELOW_CONFIG:
            return True
    if parts[0] == "proc" and name in ("environ", "mem", "maps"):
        return True
    return is_environment_file(path) or os.path.splitext(name)[1] in _SUFFIXES


def is_environment_file(path: str) -> bool:
    """Whether a path is a file of environment variables, which are often secret; samples are not."""
    name = folded(path.rpartition("/")[2])
    return _ENVIRONMENT.fullmatch(name) is not None and not _SAMPLES.fullmatch(name)
