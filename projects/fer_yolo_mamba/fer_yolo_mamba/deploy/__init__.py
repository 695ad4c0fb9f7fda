"""The network in another runtime, and the proof that it says the same.

Needs the extra ``export``: ``pip install 'fer-yolo-mamba[export]'``. Importing
:mod:`.onnx_network` alone imports neither torch nor an OpenMMLab library.
"""
