"""The one door of the app and the command line: songs in; predictions, stems, explanations and sound out.

Every step is cached on disk by what it depends on, can report progress, and can be started in the background.
"""

from __future__ import annotations

import json
import os
from copy import copy
from pathlib import Path

from mer_core import registry
from mer_core.jobs import Job
from mer_core.schema import TrackInfo
from mer_core.service._described import Described
from mer_core.service._ellipse import Ellipses
from mer_core.service._harmonics_drawn import HarmonicsDrawn
from mer_core.service._measured import Measured
from mer_core.service._songs import DEMOS
from mer_core.service._stems import SeparatorInfo
from mer_core.service._whatif import WhatIf
from mer_core.shelf import NotStored, ReadOnlyShelf
from mer_core.sonify import SonifyParams
from mer_core.store import Store

__all__ = ["DEMOS", "SeparatorInfo", "Service"]


class Service(Measured, Described, HarmonicsDrawn, Ellipses, WhatIf):
    """Each file beside this one holds the steps of one topic."""

    @classmethod
    def default(cls) -> Service:
        """The service on this user's cache folder (MER_CACHE, else ~/.cache/mer-explorer) and the demo results."""
        root = Path(os.environ.get("MER_CACHE") or Path.home() / ".cache" / "mer-explorer")
        return cls(Store(root, layers=(DEMOS / "results",)))

    def start(self, step: str, info: TrackInfo, *args, **kwargs) -> Job:
        """Run one of the methods above in the background; two askers of the same work share one job."""
        key = (step, info.id, json.dumps([args, kwargs], default=str, sort_keys=True))
        long = self._takes_stems(step, args, kwargs)
        return self.jobs.start(key, lambda report: getattr(self, step)(info, *args, progress=report, **kwargs), long=long)

    def _takes_stems(self, step: str, args: tuple, kwargs: dict) -> bool:
        """Whether this work separates the song first."""
        if step == "predict":
            return "stems" in self.model(kwargs.get("model", args[0] if args else "")).card.takes
        if step == "explain":
            return registry.get("explainers", args[0]).needs_stems
        if step in ("sonify", "descriptor_sound"):
            return (kwargs.get("params") or SonifyParams()).source != "song"
        return step.startswith("stem")

    def stored(self, step: str, info: TrackInfo, *args, **kwargs):
        """What the method `step` gives where all of it is in the store, else None; nothing is computed."""
        reader = copy(self)
        reader.shelf = ReadOnlyShelf(self.store)
        try:
            return getattr(reader, step)(info, *args, **kwargs)
        except NotStored:
            return None
