"""Where Demucs' weights lie on this machine, what they are, and how they come here when the user asks."""

import hashlib
import io
import os
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import yaml

from mer_core.errors import WeightsError
from mer_core.schema import Progress, silent

NAMESPACE = "adefossez"  # the first author's place on the Hugging Face hub, where Demucs 4.1 looks first
SIZES = {"htdemucs": 84, "htdemucs_ft": 336, "htdemucs_6s": 55}  # MB, about
TERMS = "released under the MIT licence; trained in part on MUSDB18-HQ, whose tracks are for non-commercial research"


@dataclass(frozen=True)
class Weights:
    """One model's files: each network of the bag, and the bag's description where there is one."""

    files: tuple[Path, ...]  # .th or .safetensors, in the bag's order
    bag: Path | None = None  # yaml

    @property
    def digest(self) -> str:
        """sha256 over all files, hex; computed once for files of the same size and age."""
        paths = (*self.files, *([self.bag] if self.bag else []))
        return _digest(tuple((p, p.stat().st_size, p.stat().st_mtime_ns) for p in paths))


def chosen() -> tuple[str, Path | None]:
    """(model, folder): MER_DEMUCS_MODEL, else htdemucs; MER_DEMUCS, else None for the hub's own cache."""
    folder = os.environ.get("MER_DEMUCS", "")
    return os.environ.get("MER_DEMUCS_MODEL", "") or "htdemucs", Path(folder) if folder else None


def find(model: str, folder: Path | None) -> Weights | None:
    """The files of `model` in `folder`, or in the hub's or torch's cache; None where any is missing. No network."""
    if folder is not None:
        return _in_folder(model, folder, folder) if folder.is_dir() else None
    descriptions = Path(find_spec("demucs").origin).parent / "remote"
    return _in_hub_cache(model) or _in_folder(model, _torch_cache(), descriptions)


def missing(model: str, folder: Path | None) -> str:
    """A sentence for the user: what is missing, how large, whose, under what terms, and what to do."""
    size = f"about {SIZES[model]} MB" if model in SIZES else "a few hundred MB"
    where = f"in {folder}, which MER_DEMUCS names" if folder else "on this machine"
    todo = (f"put the .th files there, with {model}.yaml where the model is a bag" if folder else
            "download it when asked to, or put the files in a folder and name it in MER_DEMUCS")
    return (f"The weights of Demucs {model} are not {where} ({size}, {TERMS}; {address(model)}). "
            f"To use them, {todo}.")


def address(model: str) -> str:
    return f"https://huggingface.co/{repository(model)}"


def repository(model: str) -> str:
    """The model's place on the hub, as demucs.hf.hf_repo_name names it, which cannot be asked without torch."""
    kind, _, rest = model.partition("htdemucs")
    if kind:
        return f"{NAMESPACE}/Demucs-{model}"
    return f"{NAMESPACE}/HTDemucs{rest.replace('_', '-', 1)}"


def load(weights: Weights):
    """The network, or the bag of networks, ready to use; raises WeightsError where a file is not what its name says.

    A .th file is a pickle, as Demucs publishes it, and can run code: only name a folder that you trust.
    """
    from demucs.apply import BagOfModels

    networks = [_load_one(path) for path in weights.files]
    facts = yaml.safe_load(weights.bag.read_text(encoding="utf-8")) if weights.bag else None
    model = BagOfModels(networks, facts.get("weights"), facts.get("segment")) if facts else networks[0]
    return model.eval()


def download(model: str, *, progress: Progress = silent) -> Weights:
    """Fetch `model` into the hub's cache; raises WeightsError offline. Only ever called when the user asks."""
    from huggingface_hub import hf_hub_download

    try:
        progress(0.0, f"asking {address(model)}")
        bag = Path(hf_hub_download(repository(model), f"{model}.yaml"))
        names = [f"{signature}.safetensors" for signature in _signatures(bag)]
        for i, name in enumerate(names):
            hf_hub_download(repository(model), name, tqdm_class=_reporting(progress, i, len(names)))
    except (OSError, ValueError) as error:  # the hub's errors are children of these
        raise WeightsError(f"The weights of Demucs {model} could not be fetched from {address(model)}: "
                           f"{error} Nothing was changed. Try again with a connection, or name a folder in "
                           f"MER_DEMUCS.") from error
    progress(1.0, "downloaded")
    return find(model, None)


def _reporting(progress: Progress, index: int, count: int) -> type:
    """A progress bar class for the hub that draws nothing and tells `progress`, which may raise Cancelled."""
    from tqdm import tqdm

    class Reporting(tqdm):
        def __init__(self, *args, **kwargs):
            kwargs.pop("name", None)
            super().__init__(*args, **kwargs | {"file": io.StringIO()})

        def update(self, n=1):
            shown = super().update(n)
            share = min(self.n / self.total, 1) if self.total else 0
            progress((index + share) / count, f"downloading file {index + 1} of {count}")
            return shown
    return Reporting


def _load_one(path: Path):
    from demucs import hf, states
    from demucs.repo import ModelLoadingError, check_checksum

    try:
        if path.suffix == ".safetensors":
            return hf.load_safetensors_model(path)
        if "-" in path.stem:
            check_checksum(path, path.stem.rsplit("-", 1)[1])
        return states.load_model(path)
    except ModelLoadingError as error:
        raise WeightsError(f"{path.name} is not the file it says it is ({error}); fetch it again") from error


def _in_folder(model: str, folder: Path, descriptions: Path) -> Weights | None:
    bag = descriptions / f"{model}.yaml"
    signatures = _signatures(bag) if bag.is_file() else [model]
    kinds = ("{}-*.th", "{}.th", "{}.safetensors")
    files = [next((f for kind in kinds for f in sorted(folder.glob(kind.format(s)))), None) for s in signatures]
    return Weights(tuple(files), bag if bag.is_file() else None) if all(files) else None


def _in_hub_cache(model: str) -> Weights | None:
    from huggingface_hub import try_to_load_from_cache

    bag = try_to_load_from_cache(repository(model), f"{model}.yaml")
    if not isinstance(bag, str):
        return None
    files = [try_to_load_from_cache(repository(model), f"{s}.safetensors") for s in _signatures(Path(bag))]
    return Weights(tuple(map(Path, files)), Path(bag)) if all(isinstance(f, str) for f in files) else None


def _torch_cache() -> Path:
    """torch.hub's folder of checkpoints, found as torch does but without importing it."""
    home = os.environ.get("TORCH_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "torch"
    return Path(home) / "hub" / "checkpoints"


def _signatures(bag: Path) -> list[str]:
    return list(yaml.safe_load(bag.read_text(encoding="utf-8"))["models"])


@cache
def _digest(stamps: tuple) -> str:
    total = hashlib.sha256()
    for path, _, _ in stamps:
        with open(path, "rb") as file:
            total.update(hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()
