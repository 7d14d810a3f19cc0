"""Small models and items for tests of evaluation."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.benchmarks.suite import RawItem, Reading, Suite, build_suite
from training.evaluation.asking import Chat, Failed, Likelihood, Question, Said
from training.evaluation.functionals import Continuation

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)


def tiny_qwen3(seed: int = 0, vocabulary: int = 97) -> Any:
    """A Qwen3 of 30,000 random weights, in float64 so that identities can be shown."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=vocabulary,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        max_position_embeddings=128,
        tie_word_embeddings=True,
        initializer_range=0.2,
    )
    return Qwen3ForCausalLM(config).double().eval()


def continuations(count: int, seed: int = 0, vocabulary: int = 97) -> list[Continuation]:
    """Rows of different lengths."""
    draw = random.Random(seed)

    def tokens(least: int, most: int) -> tuple[int, ...]:
        return tuple(draw.randrange(vocabulary) for _ in range(draw.randint(least, most)))

    return [Continuation(tokens(1, 12), tokens(1, 6)) for _ in range(count)]


def byte_tokenizer(template: str | None = CHATML) -> Any:
    """A token for each byte, and three of ChatML's."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    inner = Tokenizer(models.BPE({c: i for i, c in enumerate(alphabet)}, []))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([AddedToken(t) for t in ("<|endoftext|>", "<|im_start|>", "<|im_end|>")])
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=template
    )


def saved_model(folder: Path, seed: int = 0, template: str | None = CHATML) -> Path:
    """A folder with a tiny Qwen3 of random weights and a tokenizer of bytes; its context is 1,024 tokens."""
    tokenizer = byte_tokenizer(template)
    model = tiny_qwen3(seed, len(tokenizer)).float()
    model.config.max_position_embeddings = 1024
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def number_suite(count: int = 4, name: str = "gsm8k") -> Suite:
    """Questions whose answers are numbers: the answer of test/3 is 6."""
    items = [RawItem(f"test/{n}", f"What is twice {n}?", answer=str(2 * n)) for n in range(count)]
    return build_suite(name, "made up", Reading(items))


def letter_suite(count: int = 4, name: str = "mine") -> Suite:
    """Questions with four options, of which B, C, D, A, B ... is right."""
    items = [
        RawItem(
            f"test/{n}",
            f"Which number is {n}?",
            options=tuple(str(n + place - (n + 1) % 4) for place in range(4)),
            answer="ABCD"[(n + 1) % 4],
            subject=f"part {n % 2}",
        )
        for n in range(count)
    ]
    return build_suite(name, "made up", Reading(items))


def suite_file(path: Path, count: int = 4) -> Path:
    """The items of `number_suite` as a file."""
    lines = [{"id": str(n), "question": f"What is twice {n}?", "answer": str(2 * n)} for n in range(count)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


@dataclass
class Scripted:
    """A backend that says what a function makes of the last message, and counts what it is asked."""

    says: Callable[[str], str | Failed]
    batch: int = 1
    parallel: int = 1
    likely: Callable[[str, str], float] = lambda prompt, answer: -float(len(answer))
    asked: list[str] = field(default_factory=list)
    stopped: bool = False

    def generate(self, chats: Sequence[Chat]) -> list[Said | Failed]:
        prompts = [chat[-1].content for chat in chats]
        self.asked += prompts
        said = [self.says(p) for p in prompts]
        return [
            s if isinstance(s, Failed) else Said(s, "stop", len(p), len(s), 0.1)
            for s, p in zip(said, prompts, strict=True)
        ]

    def likelihoods(self, questions: Sequence[Question]) -> list[tuple[Likelihood, ...] | Failed]:
        return [
            tuple(Likelihood(self.likely(q.chat[-1].content, a), len(a)) for a in q.answers)
            for q in questions
        ]

    def stop(self) -> None:
        self.stopped = True
