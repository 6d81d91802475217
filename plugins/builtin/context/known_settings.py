"""Tells of settings that nothing reads: misspelt keys, and documented ones that are not used here.

Source of the documented names: code.claude.com/docs/en/settings.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from gaff.hooks import Notice, SessionStart, SettingValue, hookimpl, is_object

#: Keys that the kernel itself reads, and the one that names the schema for editors.
_KERNEL: Final = frozenset({"$schema", "env", "model", "plugins"})
#: Unknown keys told for one file; a file with more of them is no settings file.
_TOLD: Final = 10


@hookimpl
def gaff_session_start(event: SessionStart) -> None:
    """Tell for each settings file what is not used in it; not again where the same session goes on."""
    session = event.context.session
    if session is None or event.source in ("clear", "compact"):
        return
    read = {setting.name.split(".")[0] for setting in session.kernel.known_settings} | _KERNEL
    for level in session.settings.by_level():
        for line in _unused(level, read):
            session.publish(Notice("warning", line))


def _unused(level: SettingValue, read: Collection[str]) -> Iterator[str]:
    keys = [key for key in level.value if key not in read] if is_object(level.value) else []
    unknown = [key for key in keys if key not in DOCUMENTED]
    for key in unknown[:_TOLD]:
        yield f"{level.path}: unknown setting {key!r}{_hint(key, read)}"
    if len(unknown) > _TOLD:
        yield f"{level.path}: {len(unknown) - _TOLD} more unknown settings"
    if documented := [key for key in keys if key in DOCUMENTED]:
        yield f"{level.path}: not used by this version of gaff: {', '.join(documented)}"


def _hint(key: str, read: Collection[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(key, [*read, *DOCUMENTED], 1)
    return f"; did you mean {near[0]!r}?" if near else ""


#: Settings of the public contract that a file may hold although no plugin here reads them.
DOCUMENTED: Final = frozenset(
    """
    agent allowManagedHooksOnly allowManagedMcpServersOnly allowManagedPermissionRulesOnly
    allowedHttpHookUrls allowedMcpServers allowedProviders alwaysThinkingEnabled apiKeyHelper
    appendPlugins askUserQuestionTimeout attribution autoCompactEnabled autoCompactWindow
    autoContinueAtUsageLimit autoMemoryDirectory autoMemoryEnabled autoMode autoUpdatesChannel
    availableModels availableModelsMatch awaySummaryEnabled awsAuthRefresh awsCredentialExport
    axScreenReader bashEditDiffEnabled bashOutputMaxChars blockedMarketplaces claudeMd
    claudeMdExcludes cleanupPeriodDays companyAnnouncements copyOnSelect crossSessionInbound
    defaultShell deniedMcpServers deniedModels dialogExpiry disableAgentView disableAllHooks
    disableBundledSkills disableClaudeAiConnectors disableSideloadFlags disableSkillShellExecution
    disableWorkflows disabledMcpjsonServers editorMode effortLevel enableAllProjectMcpServers
    enableArtifact enabledMcpjsonServers enabledPlugins enforceAvailableModels env
    extraKnownMarketplaces fallbackModel fileCheckpointingEnabled fileSuggestion footerLinksRegexes
    forceLoginMethod forceLoginOrgUUID gcpAuthRefresh hooks httpHookAllowedEnvVars
    includeCoAuthoredBy includeGitInstructions isolatePeerMachines language managedMcpServers
    maxEffortLevel maxProseWidth minimumVersion model modelOverrides modelPicker modelPricing
    modelSettings otelHeadersHelper outputStyle permissions plansDirectory pluginConfigs
    preferredNotifChannel prefersReducedMotion prependPlugins processWrapper promptCacheTtl
    promptSuggestionEnabled remoteControlAtStartup requiredMaximumVersion requiredMinimumVersion
    respectGitignore respondToBashCommands sandbox showClearContextOnPlanAccept
    showThinkingSummaries showTurnDuration skillListingBudgetFraction skillListingMaxDescChars
    skillOverrides skipAutoPermissionPrompt skipDangerousModePermissionPrompt spellcheck
    spinnerTipsEnabled spinnerVerbs statusLine strictKnownMarketplaces strictPluginOnlyCustomization
    subagentStatusLine syncClaudeAiSkills syntaxHighlightingDisabled teammateMode
    terminalProgressBarEnabled theme tui useAutoModeDuringPlan verbose viewMode vimInsertModeRemaps
    workflowSizeGuideline worktree
    """.split()
)
