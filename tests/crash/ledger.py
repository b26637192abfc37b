"""What clients were told, to be compared with what is there."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

Key = tuple[str, object]


@dataclass(frozen=True)
class Deed:
    """One request that changes something: all of it, or nothing."""

    new: dict[Key, str]


@dataclass
class Ledger:
    """`known` has the value of each thing; `open` the deeds nobody has been told the outcome of."""

    known: dict[Key, str] = field(default_factory=dict)
    open: list[Deed] = field(default_factory=list)
    told: int = 0
    untold: int = 0
    untold_but_done: int = 0
    compared: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def attempt(self, new: dict[Key, str]) -> Deed:
        deed = Deed(new)
        with self.lock:
            self.open.append(deed)
        return deed

    def tell(self, deed: Deed) -> None:
        """The client was told that it is done."""
        with self.lock:
            self.open.remove(deed)
            self.known |= deed.new
            self.told += 1

    def settle(self, read: Callable[[Key], str]) -> list[str]:
        """Compare everything with what is there; what is neither known nor open is lost."""
        lost = []
        for deed in self.open:
            found = {key: read(key) for key in deed.new}
            is_done = found == deed.new
            if not is_done and any(found[key] != self.known.get(key, "") for key in found):
                lost.append(f"half done: {deed.new} – there is {found}")
            self.untold += 1
            self.untold_but_done += is_done
            self.known |= found
        self.open.clear()
        for key, value in self.known.items():
            self.compared += 1
            if (found_value := read(key)) != value:
                lost.append(f"{key}: told {value!r}, there is {found_value!r}")
                self.known[key] = found_value
        return lost
