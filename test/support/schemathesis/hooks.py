"""What Schemathesis cannot know about Reeve: values of Reeve's own formats, and that well formed input is never refused for its form."""
import os

import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

WIKI = os.environ["CONTRACT_WIKI"]  # api.php of a wiki that answers
BOT_USER, BOT_PASSWORD = os.environ["CONTRACT_BOT_USER"], os.environ["CONTRACT_BOT_PASSWORD"]
names = st.from_regex(r"[a-z]{1,12}(-[a-z]{1,8})?\.example\.(org|net)(:[1-9][0-9]{1,3})?", fullmatch=True)

schemathesis.openapi.format("host", st.one_of(st.sampled_from(["en.example.org", "de.example.org"]), names))
schemathesis.openapi.format("web-address", st.sampled_from([WIKI, f"{WIKI}?of=another"]))
schemathesis.openapi.format("time-zone", st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Etc/GMT+1"]))

# Codes that api/fields.ts gives to a field whose form is wrong, whatever else is true.
FORM = {"required", "type", "too-long", "too-short", "too-many", "too-large", "too-small", "empty", "choice", "format", "unknown-field"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """A wiki stays one that answers and lets its bot in: one that was led astray would be silent, rightly, from then on."""
    if not isinstance(case.body, dict) or (case.meta is not None and not case.meta.generation.mode.is_positive):
        return
    if str(case.body.get("apiUrl", "")).startswith("https://en.example.org/"):  # the document's example
        case.body["apiUrl"] = WIKI
    for name, value in {"botUser": BOT_USER, "botPassword": BOT_PASSWORD}.items():
        if isinstance(case.body.get(name), str):
            case.body[name] = value


@schemathesis.check
def form_is_taken(ctx, response, case):
    """Whatever the document calls valid has a valid form for the API, too."""
    meta = case.meta
    if meta is None or not meta.generation.mode.is_positive or response.status_code != 422 or case.media_type not in (None, "application/json"):
        return
    wrong = [error for error in response.json().get("errors", []) if error["code"] in FORM]
    assert not wrong, f"Valid by the document, refused for its form: {wrong}"


@schemathesis.hook
def filter_case(context, case):
    """A list sent as text or CSV is any text: none is of a wrong form, so what is wrong about such a request must be elsewhere."""
    if case.media_type not in ("text/plain", "text/csv") or case.meta is None:
        return True
    body = case.meta.components.get(ParameterLocation.BODY)
    return body is None or body.mode.is_positive
