"""What servers say went wrong, and what that means."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from gaff.hooks import ModelErrorKind
from gaff.plugins.builtin.models._faults import Target, answer_fault, readable

TARGET = Target("https://user:pass@gateway.test:8443/api", "m-1", key_from="ANTHROPIC_API_KEY")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        # Anthropic
        (
            400,
            '{"error":{"type":"invalid_request_error","message":"Your credit balance is too low"}}',
            "billing_error",
        ),
        (
            400,
            '{"error":{"message":"input length and `max_tokens` exceed context limit: 1"}}',
            "prompt_too_long",
        ),
        (429, '{"error":{"type":"rate_limit_error","message":"slow"}}', "rate_limit"),
        (500, '{"error":{"type":"overloaded_error","message":"Overloaded"}}', "overloaded"),
        (404, '{"error":{"type":"not_found_error","message":"model: m-1"}}', "model_not_found"),
        # OpenAI
        (401, '{"error":{"code":"invalid_api_key","message":"no"}}', "authentication_failed"),
        (429, '{"error":{"code":"insufficient_quota","message":"no"}}', "billing_error"),
        (400, '{"error":{"code":"context_length_exceeded","message":"no"}}', "prompt_too_long"),
        (
            404,
            '{"error":{"code":"model_not_found","type":"invalid_request_error","message":"no"}}',
            "model_not_found",
        ),
        # Local servers
        (
            404,
            '{"error":{"message":"model \\"x\\" not found, try pulling it first","type":"api_error"}}',
            "model_not_found",
        ),
        (404, '{"error":"model not found"}', "model_not_found"),
        (404, '{"detail":"Not Found"}', "invalid_request"),
        (404, "404 page not found", "invalid_request"),
        (400, '{"error":{"code":400,"type":"exceed_context_size_error","message":"no"}}', "prompt_too_long"),
        (400, '{"message":"This model\'s maximum context length is 4096 tokens"}', "prompt_too_long"),
        (500, '{"error":{"message":"the context size is exceeded"}}', "server_error"),
        # Anything
        (418, "", "invalid_request"),
        (599, "", "server_error"),
        (503, "[" * 100_000, "server_error"),
        (302, "", "invalid_request"),
    ],
)
def test_kinds(status: int, body: str, kind: ModelErrorKind) -> None:
    """What the server says goes before its status, and words before types."""
    assert answer_fault(status, {}, body.encode(), TARGET).kind == kind


def test_the_address_shows_no_password() -> None:
    """Of the URL only host and port are shown."""
    message = answer_fault(500, {}, b"", TARGET).message
    assert message == "gateway.test:8443 answered 500 Internal Server Error"


def test_texts_of_servers_are_made_harmless() -> None:
    """Control characters, line ends and what turns text around are gone, and long texts are cut."""
    assert readable("a\x1b[31m\r\nb\u202ec\ufeff  d") == "a [31m b c d"
    assert len(readable("word " * 1000)) == 400
    assert readable("key sk-1 sk-1", ("sk-1",)) == "key [key] [key]"


@given(st.integers(100, 999), st.binary(max_size=300), st.text(max_size=30))
def test_any_answer_is_one_line(status: int, body: bytes, header: str) -> None:
    """Whatever a server sends, the error is one line without markup."""
    fault = answer_fault(
        status, {"retry-after": header, "location": header, "request-id": header}, body, TARGET
    )
    assert fault.message.isprintable()
    assert len(fault.message) < 700
    assert fault.retry_after is None or fault.retry_after >= 0


@pytest.mark.parametrize("location", ["http://[", "", "//evil.test/x", "\x1b]0;x\x07"])
def test_any_redirect_is_told(location: str) -> None:
    """Wherever a redirect points, the error says that the key does not go there."""
    message = answer_fault(302, {"location": location}, b"", TARGET).message
    assert "the key is not sent" in message
    assert message.isprintable()
