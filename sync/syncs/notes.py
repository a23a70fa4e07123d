"""What was found wrong or doubtful while a configuration was read, a sentence each."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Notes:
    """Sentences about one sync. Mistakes keep it from being published; warnings do not."""

    sync: str
    mistakes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def mistake(self, sentence: object) -> None:
        self._add(self.mistakes, str(sentence))

    def warning(self, sentence: str) -> None:
        self._add(self.warnings, sentence)

    def _add(self, sentences: list[str], sentence: str) -> None:
        whole = f"{self.sync}: {sentence}"
        if whole not in sentences:
            sentences.append(whole)
