"""Files inside a project whose change has effects elsewhere or later, unseen: others run what they say.

CI workflows, deployment, containers, package scripts, lock files, hooks, settings of tools that run code.
An edit of one is never settled without the reviewer. Source of the idea: arXiv 2604.04978, which found
that edits inside the project past the classifier are where it misses most.
"""

from __future__ import annotations

import re
from typing import Final

from .._paths import folded
from .._protected import protected_part

#: Folders whose every file counts, at any depth of the project.
_FOLDERS: Final = frozenset(
    """
    .github .gitlab .circleci .buildkite .woodpecker .drone .azure-pipelines .githooks .hooks deploy deployment
    deployments k8s kubernetes helm charts manifests terraform infra infrastructure ansible playbooks pulumi ops
    .serverless .vercel .netlify .ebextensions systemd cron.d .venv venv node_modules site-packages .cargo .tox .nox
    .aws .docker .direnv .pre-commit-hooks .changeset .ssh bin
    git-hooks githooks fastlane
    """.split()
)
_FILES: Final = frozenset(
    """
    .gitlab-ci.yml .travis.yml .drone.yml .woodpecker.yml appveyor.yml bitbucket-pipelines.yml jenkinsfile
    azure-pipelines.yml cloudbuild.yaml cloudbuild.yml buildspec.yml codemagic.yaml
    dockerfile containerfile .dockerignore compose.yml compose.yaml docker-compose.yml docker-compose.yaml procfile
    vagrantfile fly.toml vercel.json netlify.toml render.yaml app.yaml app.json serverless.yml serverless.yaml
    skaffold.yaml tiltfile wrangler.toml firebase.json heroku.yml captain-definition railway.json cdk.json
    package.json package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml pnpm-workspace.yaml bun.lock bun.lockb
    lerna.json deno.json deno.lock pyproject.toml setup.py setup.cfg tox.ini noxfile.py poetry.lock uv.lock pdm.lock
    pipfile pipfile.lock conda-lock.yml environment.yml requirements.txt constraints.txt pip.conf sitecustomize.py
    usercustomize.py cargo.toml cargo.lock build.rs rust-toolchain rust-toolchain.toml go.mod go.sum go.work gemfile
    gemfile.lock rakefile composer.json composer.lock pom.xml build.gradle build.gradle.kts settings.gradle
    settings.gradle.kts gradle.properties build.sbt mix.exs mix.lock package.swift package.resolved cmakelists.txt
    pytest.ini conanfile.py conanfile.txt gulpfile.js gruntfile.js .babelrc .swcrc .mocharc.js .mocharc.json
    podfile brewfile earthfile fastfile sconstruct snakefile guardfile capfile thorfile wscript
    makefile gnumakefile justfile taskfile.yml taskfile.yaml meson.build configure bazel.build workspace
    codeowners .gitattributes .gitignore renovate.json dependabot.yml sonar-project.properties crontab
    claude.md claude.local.md agents.md .cursorrules .clinerules .windsurfrules copilot-instructions.md .tool-versions
    .nvmrc .python-version .ruby-version mise.toml .mise.toml lint-staged.config.js .lintstagedrc commitlint.config.js
    .releaserc .releaserc.json release.config.js .goreleaser.yml .goreleaser.yaml
    """.split()
) - {".gitignore", ".dockerignore", ".nvmrc", ".python-version", ".ruby-version"}
#: Hidden files that decide nothing about what runs; every other one is of some program that reads it unseen.
_PLAIN_HIDDEN: Final = frozenset(
    """
    .gitignore .gitkeep .keep .dockerignore .npmignore .prettierignore .eslintignore .stylelintignore .editorconfig .nvmrc
    .node-version .python-version .ruby-version .browserslistrc .env.example .env.sample .env.template .mailmap .nojekyll
    .markdownlint.json .markdownlintignore .spelling .cspell.json .codespellrc .coveragerc .clang-format .rustfmt.toml
    """.split()
)
#: Names without an ending that hold text for people.
_PLAIN_BARE: Final = re.compile(
    r"licen[cs]e.*|copying|readme|changelog|changes|news|notice|authors|contributors|contributing|todo|version|history|"
    r"maintainers|thanks|credits|install|py\.typed"
)
_NAMES: Final = re.compile(
    r"(?:dockerfile|containerfile)[.-].+|.+\.dockerfile|(?:docker-)?compose[.-].+\.ya?ml|requirements[\w.-]*\.(?:txt|in)"
    r"|(?:deploy|release|publish|provision|rollout|install|bootstrap)[\w.-]*\.(?:sh|bash|py|js|ts|rb|ps1|ya?ml)"
    r"|.+\.(?:tf|tfvars|tfstate|pkr\.hcl|nomad|bicep|service|timer|cron|pth|gemspec|csproj|fsproj|sln|plist|lock|sql\.gz)"
    r"|[\w.-]+\.(?:config|conf)(?:\.[\w-]+)*\.(?:[cm]?[jt]s|json)|(?:gulp|grunt|danger|jake|rake|thor)file\..+|(?:turbo|nx|rush|bower)\.json"
    r"|deno\.jsonc|hatch_build\.py|gemini\.md|.+\.(?:nix|bzl|bazel|mk|mak|cmake|gradle|kts|rake|ru|sbt|vcxproj|vbproj|props|targets)"
    r"|\.[\w-]+rc\.[cm]?[jt]s|jest\.setup\.[cm]?[jt]s"
    r"|\.(?:eslint|babel|stylelint|commitlint|lintstaged|mocha|nyc|swc|release)rc(?:\.(?:json|ya?ml))?",
)


def lasting_part(path: str, project: str) -> str | None:
    """Return the part of a path that makes its change reach further than the project; ``None`` where none does."""
    protected = protected_part(path)
    if protected is not None:
        return protected
    inside = path[len(project) :] if project and path.startswith(project) else path
    parts = [folded(part) for part in inside.split("/") if part]
    if not parts:
        return None
    folder = next((part for part in parts if part in _FOLDERS), None)
    name = parts[-1]
    if folder is not None:
        return folder
    return name if name in _FILES or _NAMES.fullmatch(name) else None


def unknown_part(path: str, project: str, *, bare: bool) -> str | None:
    """Return the part of a path that some program may read unseen: a hidden one, or a name without an ending.

    ``bare``: names without an ending count; those that commands are given are of folders as well.
    """
    inside = path[len(project) :] if project and path.startswith(project) else path
    parts = [folded(part) for part in inside.split("/") if part and part not in (".", "..")]
    hidden = next((part for part in parts if part.startswith(".") and part not in _PLAIN_HIDDEN), None)
    if hidden is not None or not parts:
        return hidden
    is_bare = "." not in parts[-1] and not _PLAIN_BARE.fullmatch(parts[-1])
    return parts[-1] if bare and is_bare else None
