"""What a permission update does to a list of rules, and to the ``permissions`` of a settings file."""

from __future__ import annotations

from collections.abc import Sequence

from gaff.hooks import Json, PermissionUpdate, Rule, Section, SettingsError


def apply_to_rules(rules: Sequence[Rule], update: PermissionUpdate) -> tuple[Rule, ...]:
    """Return the rules of one behavior after an update of them."""
    if update.type == "removeRules":
        return tuple(rule for rule in rules if rule not in update.rules)
    kept = () if update.type == "replaceRules" else rules
    return tuple(dict.fromkeys((*kept, *update.rules)))


def apply_to_settings(permissions: Section, update: PermissionUpdate, path: str) -> None:
    """Change the ``permissions`` of the settings file at ``path`` in place.

    ``bypassPermissions`` is never written, and ``auto`` only where it is read: in the user's own settings.

    Raises:
        SettingsError: what the file holds is not of the documented shape.
    """
    if update.type == "setMode":
        lasts = update.mode != "auto" or update.destination == "userSettings"
        if update.mode is not None and update.mode != "bypassPermissions" and lasts:
            permissions["defaultMode"] = update.mode
        return
    if update.type.endswith("Directories"):
        key, texts = "additionalDirectories", update.directories
    else:
        key, texts = update.behavior, tuple(str(rule) for rule in update.rules)
    found = _list(permissions, key, path)
    if update.type.startswith("remove"):
        permissions[key] = [item for item in found if item not in texts]
    else:
        kept = [] if update.type == "replaceRules" else found
        permissions[key] = [*kept, *(text for text in dict.fromkeys(texts) if text not in kept)]


def _list(permissions: Section, key: str, path: str) -> list[Json]:
    found = permissions.get(key, [])
    if not isinstance(found, list):
        raise SettingsError(f"{path}: permissions.{key} is not a list; fix the file, nothing was saved")
    return found
