"""The key that signs development tokens: this machine user's own, made at first use."""

import os
import secrets
from pathlib import Path

_BYTES = 32


def development_key() -> str:
    """The key, from THROUGHLINE_DEVELOPMENT_KEY or else from the user's state folder."""
    given = os.environ.get("THROUGHLINE_DEVELOPMENT_KEY")
    return given or _kept(_state() / "throughline" / "development-key")


def _state() -> Path:
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")


def _kept(path: Path) -> str:
    """What the file holds; two processes that make it at once keep one and the same key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    made = path.with_suffix(f".{os.getpid()}")
    if not path.exists():
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(_BYTES))
        try:
            os.link(made, path)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text()
