"""OpenMMLab's libraries, prepared the moment somebody first imports one.

Importing all of them takes seconds, which a program that only looks at
photographs need not spend. Whoever imports one, before this package or after
it, finds them working together and the package's parts in their registries.
"""

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_LIBRARIES = ('mmengine', 'mmcv', 'mmdet', 'mmyolo')


def prepare_openmmlab(registration: str) -> None:
    """Has the libraries prepared when the first of them is imported.

    At once if one already is. It does nothing the second time.

    Args:
        registration: Name of the module that registers the package's parts;
            it is imported with the first look into a registry.
    """
    if any(library in sys.modules for library in _LIBRARIES):
        _install(registration)
    else:
        sys.meta_path.insert(0, _BeforeTheFirst(registration))


class _BeforeTheFirst(MetaPathFinder):
    """Asked for every module that is imported; acts once, for a library."""

    def __init__(self, registration: str) -> None:
        self.registration = registration

    def find_spec(
        self,
        name: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        if name not in _LIBRARIES or self not in sys.meta_path:
            return None
        sys.meta_path.remove(self)
        _install(self.registration)
        return ModuleSpec(name, _HandOver(sys.modules[name]))


class _HandOver(Loader):
    """Gives the module that was imported while its import was looked for."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


def _install(registration: str) -> None:
    # They import torch and mmengine.
    from . import checkpoints, environment, mmcv_ext

    environment.warn_untested()
    mmcv_ext.install()
    environment.import_past_gates()
    checkpoints.install()
    _lay_out_once()
    _register_late(registration)


def _lay_out_once() -> None:
    """Lets a config be laid out as a program once, not at each checkpoint.

    mmengine does so for all that it saves and logs, which takes most of a
    second.
    """
    from mmengine.config import config

    lay_out, known = config.FormatCode, {}

    def remembered(text: str, **style) -> tuple[str, bool]:
        if text not in known:
            known.clear()  # a run has one config
            known[text] = lay_out(text, **style)
        return known[text]

    config.FormatCode = remembered


def _register_late(registration: str) -> None:
    """Lets every registry import a module with the first look into it.

    As mmengine's own argument ``locations`` does for a registry that is made;
    one into which somebody has already looked would not look again.
    """
    import mmengine.registry
    import mmyolo.registry

    for library in (mmengine.registry, mmyolo.registry):
        for value in vars(library).values():
            if not isinstance(value, mmengine.registry.Registry):
                continue
            if registration not in value._locations:
                value._locations.append(registration)
            if value._imported:
                importlib.import_module(registration)
