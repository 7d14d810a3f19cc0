"""How a conversation becomes the text that a model reads, and which of its characters the model learns to write.

Three ways, the first that serves:

1. A template with `{% generation %}` marks says itself what the assistant writes.
2. TRL keeps marked twins of the published templates it knows (Qwen3's among them), which also render earlier
   turns as they were.
3. Otherwise a turn is what its rendering adds: the text of the turns before it, with the prompt to answer, must
   be a beginning of the whole text. A conversation for which it is not is excluded, with that reason.

What the assistant writes includes the token that ends its turn, else it would never learn to stop.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.errors import TemplateError

Turns = Sequence[Mapping[str, str]]

MARKED = re.compile(r"\{%-?\s*generation\s*-?%\}")
CHATML = """{%- for message in messages %}
    {{- '<|im_start|>' + message.role + '\\n' }}
    {%- if message.role == 'assistant' %}
        {%- generation %}
            {{- message.content + '<|im_end|>' }}
        {%- endgeneration %}
        {{- '\\n' }}
    {%- else %}
        {{- message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '<|im_start|>assistant\\n' }}
{%- endif %}"""
"""The form Qwen's models use, without their tools and thinking."""

PROBE = "Zephyr quartz seven."
OTHERWISE = "renders earlier turns otherwise once others follow"
REFUSED = "refuses this order or kind of turns"


class Unrenderable(Exception):
    """One conversation that the template cannot render; the words are ours, never the conversation's."""


@dataclass(frozen=True)
class Rendered:
    """A conversation as text.

    Attributes:
        spans: (start, stop) in characters of `text`, what the assistant writes, in order.
    """

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Template:
    """A chat template of a tokenizer.

    Attributes:
        source: Jinja; untrusted, so it runs in transformers' sandbox.
        origin: where it comes from, in words.
        words: the tokenizer's special tokens by name, which templates may use.
    """

    source: str
    origin: str
    words: Mapping[str, Any]

    @property
    def marked(self) -> bool:
        """True of a template that says what the assistant writes."""
        return MARKED.search(self.source) is not None

    def render(self, turns: Turns) -> Rendered:
        """The conversation as text; Unrenderable where this template does not take it."""
        if self.marked:
            text, spans = self._run(turns, marked=True)
            return Rendered(text, tuple((int(a), int(b)) for a, b in spans))
        text = self._run(turns)[0]
        answers = [i for i, turn in enumerate(turns) if turn["role"] == "assistant"]
        return Rendered(text, tuple(self._added(text, turns, i) for i in answers))

    def _added(self, text: str, turns: Turns, place: int) -> tuple[int, int]:
        """Where the turn's own part of the text is, without the blanks that follow it."""
        before = self._run(turns[:place], prompt=True)[0]
        after = self._run(turns[: place + 1])[0].rstrip()
        if not (text.startswith(before) and text.startswith(after)):
            raise Unrenderable(OTHERWISE)
        return len(before), len(after)

    def _run(self, turns: Turns, *, prompt: bool = False, marked: bool = False) -> tuple[str, Any]:
        from jinja2 import TemplateError as JinjaError
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            rendered: Any = render_jinja_template(
                conversations=[[dict(turn) for turn in turns]],
                chat_template=self.source,
                return_assistant_tokens_mask=marked,
                add_generation_prompt=prompt,
                **self.words,
            )
        except (JinjaError, TypeError, ValueError) as error:
            raise Unrenderable(REFUSED) from error
        texts, spans = rendered
        return texts[0], spans[0] if spans else ()


def template_of(tokenizer: Any, choice: str = "") -> Template:
    """The template to train with: the tokenizer's own, `chatml`, or a .jinja file; TemplateError if it has no
    assistant part."""
    source, origin = _source(tokenizer, choice)
    words = {k: v for k, v in tokenizer.special_tokens_map.items() if isinstance(v, str)}
    template = Template(source, origin, words)
    _check_answers(template)
    return template


def _source(tokenizer: Any, choice: str) -> tuple[str, str]:
    if choice == "chatml":
        return CHATML, "chatml"
    if choice:
        return _file(Path(choice)), choice
    own = tokenizer.chat_template
    if isinstance(own, dict):
        own = own.get("default")
    if not own:
        hint = "give one with --set template=chatml, or the path of a .jinja file"
        raise TemplateError("the tokenizer has no chat template", where=tokenizer.name_or_path, hint=hint)
    return (own, "tokenizer") if MARKED.search(own) else _twin(tokenizer, own)


def _twin(tokenizer: Any, own: str) -> tuple[str, str]:
    """TRL's marked twin of a published template; the template itself where TRL does not know it."""
    from jinja2 import TemplateError as JinjaError
    from trl.chat_template_utils import get_training_chat_template

    try:
        return get_training_chat_template(tokenizer) or own, "tokenizer, with TRL's marks"
    except (ValueError, TypeError, JinjaError):  # its checks render conversations that a template may refuse
        return own, "tokenizer"


def _file(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        hint = "template is chatml or the path of a .jinja file"
        raise TemplateError("the chat template cannot be read", where=str(path), hint=hint) from error


def _check_answers(template: Template) -> None:
    """A template that leaves out what the assistant says would train on nothing."""
    turns = [{"role": "user", "content": "Well?"}, {"role": "assistant", "content": PROBE}]
    hint = "choose another with --set template=chatml, or the path of a .jinja file"
    try:
        found = template.render(turns)
    except Unrenderable as error:
        what = f"the chat template cannot be used: it {error}"
        raise TemplateError(what, where=template.origin, hint=hint) from error
    if not any(PROBE in found.text[a:b] for a, b in found.spans):
        raise TemplateError("the chat template has no assistant part", where=template.origin, hint=hint)
