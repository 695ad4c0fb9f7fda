"""What the libraries are spared once they are prepared."""

from mmengine.config import Config
from yapf.yapflib import yapf_api


def test_a_config_is_laid_out_once(monkeypatch):
    work, trees = yapf_api.FormatTree, []

    def counted(tree, *args, **kwargs):
        trees.append(tree)
        return work(tree, *args, **kwargs)

    monkeypatch.setattr(yapf_api, 'FormatTree', counted)
    config = Config(dict(model=dict(type='Once', layers=[1, 2])))
    texts = {config.pretty_text, config.pretty_text}
    assert len(texts) == len(trees) == 1
    config.model.layers = [3]
    assert 'layers=[\n        3,' in config.pretty_text
    assert len(trees) == 2
