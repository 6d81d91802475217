"""A model of a server on this machine, over the Messages API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gaff.hooks import ModelLimits, UsageError

from ._body import BodyEncoder
from ._catalogue import is_claude, limits_set_by
from ._credentials import KeySource
from ._environment import Deadlines
from ._faults import Target
from ._http import Connection
from ._local import LocalModel, LocalServer, local_servers
from ._messages_api import MessagesModel, body_additions


def open_local_model(
    provider: str, name: str, environ: Mapping[str, str], ports: Sequence[int]
) -> MessagesModel:
    """Return a model that a server on one of these ports offers.

    No name means the first one there is, and so does a Claude name: it stands in settings for other days.

    Raises:
        UsageError: there is no such model.
    """
    server, model = _chosen("" if is_claude(name) else name, local_servers(ports), ports)
    deadlines = Deadlines.of(environ, patient=True)
    return MessagesModel(
        provider,
        limits_set_by(_limits(model), environ),
        wire=Connection(server.address, {}, deadlines),
        body=BodyEncoder(model.name, cache=None, foreign=True, additions=body_additions(environ)),
        keys=KeySource(),
        headers={},
        target=Target(server.address, model.name, address_from="models.local.ports"),
        deadlines=deadlines,
    )


def _chosen(
    name: str, servers: Sequence[LocalServer], ports: Sequence[int]
) -> tuple[LocalServer, LocalModel]:
    """Return the model of this name and its server; the first one there is for no name."""
    offers = [(server, model) for server in servers for model in server.models]
    for offer in offers:
        if name in ("", offer[1].name, offer[1].name.removesuffix(":latest")):
            return offer
    if not offers:
        looked = ", ".join(map(str, ports))
        raise UsageError(
            f"No model server with a model listens on this machine (looked at ports {looked}); start one."
        )
    listed = ", ".join(model.name for _, model in offers[:10])
    raise UsageError(f"No local server has a model {name!r}; there are: {listed}")


def _limits(model: LocalModel) -> ModelLimits:
    """Return cautious limits: local servers seldom say theirs, and cut silently what is over."""
    window = model.context_window or 32_768
    return ModelLimits(window, min(8192, window // 4))
